"""Your own text: a file, or words typed or pasted into the window."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar, TypeVar

from seqviz.core.knobs import knob
from seqviz.data.content import TextContent
from seqviz.data.corpora import Corpus, CorpusConfig, corpora
from seqviz.data.text_files import LoadedText, read_text, text_from_paste

T = TypeVar("T")


class UserTextConfig(CorpusConfig):
    path: str = knob("", kind="path", label="file", help="A text file: .txt, .md, .py ...; also inside .gz or .zip.")
    text: str = knob("", label="pasted text", help="Used when no file is named.", advanced=True)
    valid_share: float = knob(0.1, low=0.01, high=0.9, label="validation share",
                              help="The last part of the text, kept apart to be judged on.", advanced=True)  # fmt: skip


@corpora.register("text")
class UserText(Corpus):
    """Any text of yours, split in order: the last tenth judges."""

    Config: ClassVar[type[CorpusConfig]] = UserTextConfig
    title = "Your own text"
    gives = "text"
    config: UserTextConfig

    def read(self) -> TextContent:
        if self.config.path:
            loaded = named("corpus.path", read_text, Path(self.config.path).expanduser())
            text, sha256, notices = loaded.text, loaded.sha256, loaded.notices
        elif self.config.text:
            pasted = named("corpus.text", text_from_paste, self.config.text)
            text, sha256, notices = pasted.text, hashlib.sha256(pasted.text.encode("utf-8")).hexdigest(), pasted.notices
        else:
            raise ValueError("corpus.path: name a text file, or paste some text")
        return split_in_order(text, sha256, self.config.valid_share, notices)


def named(field: str, read: Callable[[T], LoadedText], source: T) -> LoadedText:
    """`read(source)`, its complaints prefixed with the field they are about."""
    try:
        return read(source)
    except ValueError as error:
        raise ValueError(f"{field}: {error}") from None


def split_in_order(
    text: str, sha256: str, valid_share: float, notices: tuple[str, ...] = (), probe: str = ""
) -> TextContent:
    """The first part trains, the last `valid_share` judges; never shuffled.

    Raises
    ------
    ValueError
        when one of the parts would be empty.
    """
    border = int(len(text) * (1 - valid_share))
    if border < 2 or len(text) - border < 2:
        raise ValueError(f"corpus: {len(text)} characters are too few to train on and to judge by")
    symbols = len(set(text))
    if symbols < 2:
        raise ValueError("corpus: one symbol repeated leaves nothing to predict")
    summary = f"{_human(len(text))} characters, {symbols} symbols"
    probe = probe or _first_sentence(text[border:])
    return TextContent(summary, sha256, text[:border], text[border:], notices=notices, probe=probe)


def _first_sentence(text: str, longest: int = 46) -> str:
    """A probe from unseen text: whole words of the first line that is long enough."""
    lines = [line.strip() for line in text[:20_000].splitlines()]
    line = next((line for line in lines if len(line) >= 24), " ".join(text[:longest].split()) or text[:longest])
    return line if len(line) <= longest else line[:longest].rsplit(" ", 1)[0]


def _human(count: int) -> str:
    if count >= 1_000_000:
        return f"{count / 1e6:.1f} M"
    return f"{count / 1e3:.0f} k" if count >= 10_000 else str(count)
