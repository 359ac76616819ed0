"""Bring your own architecture: a Python file is shown with a warning before it is run; its errors stay on the page."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

from seqviz.core.lab_commands import LoadPlugin
from seqviz.core.lab_events import PluginRead
from seqviz.gui import theme
from seqviz.gui.labels import TextLabel
from seqviz.gui.session import RunSession
from seqviz.gui.surfaces import Surface

LONGEST = 200_000  # characters of a file that are shown
WARNING = (
    "This file is code and runs as code, with everything that you may do on this computer: it can read, change and "
    "send your files. Run it only if you wrote it or trust who did."
)
HELP = "An architecture is a class that follows the contract in seqviz/models/base.py and registers itself by a name."


class PluginPage(Surface):
    """`left` when the page is done with."""

    left = Signal()
    loaded = Signal(str)  # what the file has brought, in words

    def __init__(self, session: RunSession, parent: QWidget | None = None) -> None:
        super().__init__("sheet", parent=parent)
        self._session = session
        self.path = Path()
        self.trusted: set[Path] = set()  # what was run once since the window opened
        self.heading = TextLabel("Your own architecture", 24, bold=True)
        self.warning = TextLabel(WARNING, 12, bold=True, wrap=True)
        self.name = TextLabel("", 12, "ink2", wrap=True)
        self.text = QPlainTextEdit()
        self.run = QPushButton("Run this file")
        self.back = QPushButton("Back")
        self._build()
        self.run.clicked.connect(self._run)
        self.back.clicked.connect(self.left)
        session.plugin_read.connect(self._take)

    def _build(self) -> None:
        box = QVBoxLayout(self)
        box.setContentsMargins(theme.px(24), theme.px(20), theme.px(24), theme.px(20))
        box.setSpacing(theme.px(8))
        self.text.setReadOnly(True)
        self.text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.text.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.text.setAccessibleName("the file, or what it raised")
        for widget in (self.heading, self.name, self.warning, TextLabel(HELP, 12, "ink2", wrap=True)):
            box.addWidget(widget)
        box.addWidget(self.text, 1)
        self.run.setProperty("primary", "true")
        last = QHBoxLayout()
        for button in (self.run, self.back):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            last.addWidget(button)
        last.addStretch(1)
        box.addLayout(last)

    def show_file(self, path: Path) -> None:
        """Show a file before it is run; nothing of it is run yet."""
        self.path = path
        try:
            source = path.read_text(encoding="utf-8", errors="replace")[:LONGEST]
        except OSError as error:
            self._say(f"{path.name} cannot be read ({error.strerror})", "")
            self.run.setEnabled(False)
            return
        self._say(f"{path.name}, {len(source.splitlines())} lines, in {path.parent.name}", source)
        self.warning.setVisible(path not in self.trusted)
        self.run.setText("Run it again" if path in self.trusted else "Run this file")
        self.run.setEnabled(True)

    def _say(self, words: str, text: str) -> None:
        self.name.setText(words)
        self.text.setPlainText(text)

    @Slot()
    def _run(self) -> None:
        self.trusted.add(self.path)
        self.run.setEnabled(False)
        self._session.send(LoadPlugin(self.path))

    @Slot(object)
    def _take(self, event: PluginRead) -> None:
        if Path(event.path) != self.path:
            return
        self.run.setEnabled(True)
        if event.error:
            self._say(f"It could not be used: {event.error}. Mend the file and run it again.", event.details)
            self.text.verticalScrollBar().setValue(self.text.verticalScrollBar().maximum())
            self.run.setText("Run it again")
            return
        self.loaded.emit(f"{self.path.name} has brought {', '.join(event.parts) or 'nothing that registers itself'}")
        self.left.emit()
