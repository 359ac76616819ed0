"""Text that somebody has already split: NAME.train.txt, NAME.valid.txt and NAME.test.txt in one folder.

So lie the Penn Treebank and other texts on which perplexities are published; one sentence a line, words between white
space, rare ones already replaced by <unk>.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from seqviz.core.knobs import knob
from seqviz.data.content import SentenceLines
from seqviz.data.corpora import Corpus, CorpusConfig, corpora
from seqviz.data.corpora.user_text import named
from seqviz.data.regular_files import shown_name
from seqviz.data.text_files import LoadedText, read_text

_NAME = re.compile(r"(?P<prefix>(?:.*\.)?)(?P<part>train|valid|test)\.txt")
_LONGEST_PROBE = 46


class SplitTextConfig(CorpusConfig):
    path: str = knob("", kind="path", label="folder",
                     help="Where NAME.train.txt, NAME.valid.txt and NAME.test.txt lie, or one of them.")  # fmt: skip


@corpora.register("split_text")
class SplitText(Corpus):
    """Sentences, one a line, split beforehand into training, validation and test files."""

    Config: ClassVar[type[CorpusConfig]] = SplitTextConfig
    title = "Folder of split text"
    gives = "sentence_lines"
    config: SplitTextConfig

    def read(self) -> SentenceLines:
        if not self.config.path:
            raise ValueError("corpus.path: name the folder where NAME.train.txt and NAME.valid.txt lie")
        files = parts(Path(self.config.path).expanduser())
        texts = {part: named("corpus.path", read_text, path) for part, path in files.items()}
        lines = {part: sum(map(bool, map(str.strip, loaded.text.split("\n")))) for part, loaded in texts.items()}
        sizes = ", ".join(f"{part} {count}" for part, count in lines.items())
        return SentenceLines(
            f"{files['train'].name.removesuffix('.train.txt')}, sentences: {sizes}",
            combined_hash(texts),
            texts["train"].text,
            texts["valid"].text,
            texts["test"].text if "test" in texts else "",
            notices=tuple(f"{files[part].name}: {text}" for part, loaded in texts.items() for text in loaded.notices),
            probe=_first_words(texts["valid"].text),
        )


def parts(path: Path) -> dict[str, Path]:
    """The files of a split, by part: those in a folder, or those that belong to a named file. There may be no test.

    Raises
    ------
    ValueError
        one line: nothing there, a part missing, or several splits in one folder.
    """
    folder, wanted = path, None
    if path.is_file():
        match = _NAME.fullmatch(path.name)
        if match is None:
            raise ValueError(f"corpus.path: {shown_name(path)} is not named like NAME.train.txt")
        folder, wanted = path.parent, match["prefix"]
    elif not path.is_dir():
        raise ValueError(f"corpus.path: there is no folder {shown_name(path)}")
    found: dict[str, dict[str, Path]] = {}
    for file in sorted(folder.iterdir()):
        match = _NAME.fullmatch(file.name)
        if match is not None and wanted in (None, match["prefix"]):
            found.setdefault(match["prefix"], {})[match["part"]] = file
    return _one_split(found, folder)


def _one_split(found: Mapping[str, dict[str, Path]], folder: Path) -> dict[str, Path]:
    whole = {prefix: files for prefix, files in found.items() if {"train", "valid"} <= files.keys()}
    if not whole:
        raise ValueError(
            f"corpus.path: {shown_name(folder)} holds no NAME.train.txt with a NAME.valid.txt beside it"
            + (f"; there is {', '.join(sorted(p.name for f in found.values() for p in f.values()))}" if found else "")
        )
    if len(whole) > 1:
        names = ", ".join(files["train"].name for files in whole.values())
        raise ValueError(f"corpus.path: {shown_name(folder)} holds several splits; name one of {names}")
    files = next(iter(whole.values()))
    return {part: files[part] for part in ("train", "valid", "test") if part in files}


def combined_hash(texts: Mapping[str, LoadedText]) -> str:
    """One SHA-256 for all files: of their own, in order."""
    return hashlib.sha256("".join(loaded.sha256 for loaded in texts.values()).encode("ascii")).hexdigest()


def _first_words(text: str) -> str:
    """A probe from unseen text: the first words of its first line that is long enough."""
    lines = [" ".join(line.split()) for line in text[:20_000].splitlines()]
    line = next((line for line in lines if len(line) >= 24), lines[0] if lines else "")
    return line if len(line) <= _LONGEST_PROBE else line[:_LONGEST_PROBE].rsplit(" ", 1)[0]
