"""The source of the Python standard library that runs this program: real code, nothing to download.

Files in the order of their names, as plain ASCII, up to the wished number of characters. Its hash differs between
Python versions; a run records it.
"""

from __future__ import annotations

import sysconfig
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

from seqviz.core.knobs import knob
from seqviz.data.content import TextContent
from seqviz.data.corpora import Corpus, CorpusConfig, corpora
from seqviz.data.corpora.user_text import split_in_order
from seqviz.data.plain_text import plain_ascii, text_sha256

_LEFT_OUT = {"site-packages", "dist-packages", "test", "tests", "idlelib", "lib2to3", "pydoc_data", "__pycache__"}
PROBE = "for name, value in sorted(self.items()):\n    return name"


class PythonSourceConfig(CorpusConfig):
    characters: int = knob(1_000_000, low=10_000, high=20_000_000, log=True, label="characters",
                           help="How much of the source is read, from the first file on.")  # fmt: skip


@corpora.register("python_source")
class PythonSource(Corpus):
    """The standard library's own source code: brackets to close, indents to keep, names to repeat."""

    Config: ClassVar[type[CorpusConfig]] = PythonSourceConfig
    title = "Python source"
    gives = "text"
    config: PythonSourceConfig

    def read(self) -> TextContent:
        text = _first_characters(self.config.characters)
        return split_in_order(text, text_sha256(text), valid_share=0.1, probe=PROBE)


def _first_characters(wanted: int) -> str:
    pieces: list[str] = []
    missing = wanted
    for path in source_files(Path(sysconfig.get_path("stdlib"))):
        piece = plain_ascii(path.read_bytes().decode("utf-8", "replace"))[:missing]
        pieces.append(piece)
        missing -= len(piece)
        if missing <= 0:
            break
    if not pieces:
        raise ValueError("corpus: this Python comes without the source of its standard library")
    return "".join(pieces)


def source_files(root: Path) -> Iterator[Path]:
    """Every .py file below `root` but tests and installed packages, by name: the same order on every machine."""
    for path in sorted(root.iterdir(), key=lambda p: p.name):
        if path.name in _LEFT_OUT or path.name.startswith(("config-", "_sysconfigdata")):
            continue
        if path.is_dir():
            yield from source_files(path)
        elif path.suffix == ".py":
            yield path
