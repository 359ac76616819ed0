"""A well-known text from the catalogue, fetched earlier or read from a file that you have; never downloaded unasked."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from seqviz.core.knobs import knob
from seqviz.core.paths import catalogue_root
from seqviz.data.catalogue import CatalogueEntry, cached, entries
from seqviz.data.content import TextContent
from seqviz.data.corpora import Corpus, CorpusConfig, corpora
from seqviz.data.corpora.user_text import named, split_in_order
from seqviz.data.text_files import read_text


class CatalogueTextConfig(CorpusConfig):
    entry: str = knob("tiny_shakespeare", label="entry", help="Which text of the catalogue.")
    path: str = knob("", kind="path", label="local file",
                     help="A copy of it that you have; empty: the one that was fetched.")  # fmt: skip


@corpora.register("catalogue_text")
class CatalogueText(Corpus):
    """A text that models are compared on, checked against its known SHA-256."""

    Config: ClassVar[type[CorpusConfig]] = CatalogueTextConfig
    title = "From the catalogue"
    gives = "text"
    config: CatalogueTextConfig

    def read(self) -> TextContent:
        entry = find_entry(self.config.entry)
        loaded = named("corpus.path", read_text, self._path(entry))
        notices = loaded.notices
        if loaded.sha256 != entry.sha256:
            notices += (f"This file is not the {entry.title} of the catalogue: its SHA-256 differs.",)
        return split_in_order(loaded.text, loaded.sha256, valid_share=0.1, notices=notices)

    def _path(self, entry: CatalogueEntry) -> Path:
        if self.config.path:
            return Path(self.config.path).expanduser()
        path = cached(entry, catalogue_root())
        if path is None:
            raise ValueError(
                f"corpus.entry: {entry.title} is not on this machine yet; fetch it in the window's catalogue, "
                "or name a copy with corpus.path"
            )
        return path


def find_entry(name: str) -> CatalogueEntry:
    """The text of that name.

    Raises
    ------
    ValueError
        when there is none; the sentence lists what there is.
    """
    known = {entry.name: entry for entry in entries("text")}
    if name not in known:
        raise ValueError(f'corpus.entry: no text is called "{name}"; there is {", ".join(known)}')
    return known[name]
