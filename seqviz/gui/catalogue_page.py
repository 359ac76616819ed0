"""Well-known texts: what each is, where it comes from, under what terms. Nothing is downloaded unless asked for."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from seqviz.core.events import Progress
from seqviz.core.paths import assets_root, catalogue_root
from seqviz.core.presets import read_tree
from seqviz.gui import theme
from seqviz.gui.experiment import corpus_changes
from seqviz.gui.file_picker import pick_file
from seqviz.gui.form_plan import part_named
from seqviz.gui.labels import Hairline, TextLabel
from seqviz.gui.row_stack import scrolled
from seqviz.gui.session import RunSession
from seqviz.gui.size_box import memory_words
from seqviz.gui.surfaces import Surface

log = logging.getLogger("seqviz")
CORPUS = "catalogue_text"


@dataclass(frozen=True)
class EntryShown:
    """What a person wants to know before a download."""

    name: str
    title: str
    description: str
    size: int  # bytes
    source: str
    licence: str
    file_name: str

    def is_here(self, root: Path | None = None) -> bool:
        """Whether a file of the right size lies in the cache; its content is checked when it is read."""
        path = (root or catalogue_root()) / self.file_name
        return path.is_file() and path.stat().st_size == self.size


def catalogue_entries(folder: Path | None = None) -> list[EntryShown]:
    """Texts of the catalogue, tiny Shakespeare first."""
    found = []
    for path in sorted((folder or assets_root() / "catalogue").glob("*.toml")):
        try:
            tree = read_tree(path)
            if tree["kind"] == "text":
                found.append(_entry(tree))
        except (ValueError, KeyError, TypeError) as error:
            log.warning("catalogue entry %s is left out: %s", path.name, error)
    return sorted(found, key=lambda entry: (entry.name != "tiny_shakespeare", entry.title))


def _entry(tree: dict[str, Any]) -> EntryShown:
    name, title, description, size, source, licence, suffix = (
        tree[key] for key in ("name", "title", "description", "size", "source", "licence", "suffix")
    )
    return EntryShown(name, title, description, size, source, licence, name + suffix)


class EntryRow(QWidget):
    """One text with its terms and its three ways: use, download, take from a file."""

    used = Signal(object)
    fetched = Signal(object)
    picked = Signal(object)

    def __init__(self, entry: EntryShown, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.entry = entry
        self.state = TextLabel("", 11, "ink2")
        self.use = QPushButton("Train on it")
        self.use.setProperty("primary", "true")
        self.download = QPushButton("Download")
        self.local = QPushButton("From a file of yours ...")
        box = QVBoxLayout(self)
        box.setContentsMargins(0, theme.px(8), 0, theme.px(8))
        box.addWidget(TextLabel(entry.title, 13, bold=True))
        box.addWidget(TextLabel(entry.description, 12, "ink2", wrap=True))
        facts = f"{memory_words(entry.size)}   {entry.source}"
        box.addWidget(TextLabel(facts, 11, "ink2", wrap=True))
        box.addWidget(TextLabel(f"Licence: {entry.licence}", 11, "ink2", wrap=True))
        line = QHBoxLayout()
        for button in (self.use, self.download, self.local):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            line.addWidget(button)
        line.addWidget(self.state, 1)
        box.addLayout(line)
        self.use.clicked.connect(lambda: self.used.emit(self.entry))
        self.download.clicked.connect(lambda: self.fetched.emit(self.entry))
        self.local.clicked.connect(lambda: self.picked.emit(self.entry))
        self.refresh()

    def refresh(self, words: str = "", busy: bool = False) -> None:
        """Buttons by what lies in the cache."""
        here = self.entry.is_here()
        self.use.setVisible(here)
        self.download.setVisible(not here)
        self.download.setEnabled(not busy)
        self.local.setVisible(not here)
        self.local.setEnabled(not busy)
        self.state.setText(words or ("on this computer" if here else ""))


class CataloguePage(Surface):
    """`left` when the page is done with."""

    left = Signal()
    refused = Signal(str)

    def __init__(self, session: RunSession, entries: list[EntryShown], parent: QWidget | None = None) -> None:
        super().__init__("sheet", parent=parent)
        self._session = session
        self._fetching: EntryShown | None = None
        self.rows = {entry.title: EntryRow(entry) for entry in entries}
        self.back = QPushButton("Back")
        self.cancel = QPushButton("Cancel the download")
        self._build()
        self.back.clicked.connect(self.left)
        self.cancel.clicked.connect(self._cancel)
        session.progress.connect(self._take_progress)
        session.rejected.connect(self._take_rejection)

    def _build(self) -> None:
        box = QVBoxLayout(self)
        box.setContentsMargins(theme.px(24), theme.px(20), theme.px(24), theme.px(20))
        box.setSpacing(theme.px(8))
        box.addWidget(TextLabel("Well-known texts", 24, bold=True))
        words = "Downloaded only when you ask, and checked against their known SHA-256."
        box.addWidget(TextLabel(words, 12, "ink2", wrap=True))
        inner = QWidget()
        column = QVBoxLayout(inner)
        column.setContentsMargins(0, 0, theme.px(12), 0)
        for row in self.rows.values():
            column.addWidget(row)
            column.addWidget(Hairline())
            row.used.connect(self._use)
            row.fetched.connect(self._fetch)
            row.picked.connect(self._pick)
        column.addStretch(1)
        box.addWidget(scrolled(inner), 1)
        last = QHBoxLayout()
        for button in (self.back, self.cancel):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            last.addWidget(button)
        last.addStretch(1)
        box.addLayout(last)
        self.cancel.hide()

    def refresh(self) -> None:
        for row in self.rows.values():
            row.refresh()

    @Slot(object)
    def _use(self, entry: EntryShown) -> None:
        config, part = self._session.config, part_named(self._session.parts, "corpus", CORPUS)
        if config is None or part is None:
            self.refused.emit("the trainer is not ready yet")
            return
        try:
            changes = corpus_changes(config, part, self._session.parts, {"entry": entry.name})
            model = part_named(self._session.parts, "model", changes.get("model", config.model.model_dump())["name"])
            if model is not None:
                changes["title"] = f"{model.title} on {entry.title}"  # not "on from the catalogue"
            self._session.rebuild_with(changes)
        except ValueError as error:
            self.refused.emit(str(error))
            return
        self.left.emit()

    @Slot(object)
    def _fetch(self, entry: EntryShown, local: Path | None = None) -> None:
        self._fetching = entry
        for row in self.rows.values():
            row.refresh("waiting ..." if row.entry is entry else "", busy=True)
        self.cancel.setVisible(local is None)
        self._session.fetch(entry.name, local)

    @Slot(object)
    def _pick(self, entry: EntryShown) -> None:
        pick_file(self.window(), f"Where is {entry.title}?", "open", lambda path: self._fetch(entry, path))

    @Slot()
    def _cancel(self) -> None:
        self._session.cancel_fetch()

    @Slot(object)
    def _take_progress(self, event: Progress) -> None:
        entry = self._fetching
        if entry is None or event.what != f"fetching {entry.title}":
            return
        if event.share >= 1.0:
            self._end("" if entry.is_here() else "not fetched")
        else:
            share = f"{100 * event.share:.0f} %" if event.share >= 0 else "..."
            self.rows[entry.title].refresh(share, busy=True)

    @Slot(str)
    def _take_rejection(self, text: str) -> None:
        if self._fetching is not None:
            self._end(text)

    def _end(self, words: str) -> None:
        entry, self._fetching = self._fetching, None
        self.cancel.hide()
        for row in self.rows.values():
            row.refresh(words if row.entry is entry else "")
