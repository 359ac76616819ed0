"""Every command by a few of its letters (Ctrl+Shift+P)."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from seqviz.gui import theme
from seqviz.gui.surfaces import Surface

Entry = tuple[str, str, Callable[[], object]]  # text, keys, what it does


def fuzzy_score(query: str, text: str) -> float | None:
    """How well the letters of `query` occur in `text`, in order; None where they do not. Higher is better.

    Runs of letters and starts of words count more; short texts win among equals.
    """
    score, at, run = 0.0, 0, 0
    low = text.lower()
    for letter in query.lower().replace(" ", ""):
        found = low.find(letter, at)
        if found < 0:
            return None
        run = run + 1 if found == at and at else 0
        score += 1 + run + (2 if found == 0 or not low[found - 1].isalnum() else 0) - 0.02 * (found - at)
        at = found + 1
    return score - 0.01 * len(text)


def matching(query: str, entries: list[Entry]) -> list[Entry]:
    """Entries that fit, the best first; all of them in their order for an empty query."""
    scored = [(fuzzy_score(query, entry[0]), i, entry) for i, entry in enumerate(entries)]
    fitting = [(score, i, entry) for score, i, entry in scored if score is not None]
    if not query.strip():
        return entries
    return [entry for _, _, entry in sorted(fitting, key=lambda item: (-item[0], item[1]))]


class CommandPalette(Surface):
    """Stands over the window until a command is chosen, Escape is pressed or the focus goes."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__("raised", parent=parent)
        self._over = parent
        self._entries: list[Entry] = []
        self._shown: list[Entry] = []
        self.field = QLineEdit()
        self.field.setPlaceholderText("Find a command")
        self.field.setAccessibleName("find a command")
        self.list = QListWidget()
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        box = QVBoxLayout(self)
        box.setContentsMargins(10, 10, 10, 10)
        box.addWidget(self.field)
        box.addWidget(self.list)
        self.field.textChanged.connect(self._filter)
        self.field.installEventFilter(self)
        self.list.itemClicked.connect(self._clicked)
        self.hide()

    def open_with(self, entries: list[Entry]) -> None:
        """Show these commands."""
        self._entries = entries
        parent = self._over
        width = min(theme.px(560), parent.width() - 40)
        self.setFixedWidth(width)
        self.resize(width, min(theme.px(460), parent.height() - 120))
        self.move((parent.width() - width) // 2, theme.px(64))
        self.field.clear()
        self._filter("")
        self.show()
        self.raise_()
        self.field.setFocus()

    def texts(self) -> list[str]:
        """What is listed now, the best first."""
        return [text for text, _, _ in self._shown]

    @Slot(str)
    def _filter(self, query: str) -> None:
        self._shown = matching(query, self._entries)
        self.list.clear()
        for text, keys, _ in self._shown:
            item = QListWidgetItem(f"{text}    {keys}" if keys else text)
            self.list.addItem(item)
        if self._shown:
            self.list.setCurrentRow(0)

    @Slot(QListWidgetItem)
    def _clicked(self, item: QListWidgetItem) -> None:
        self._run(self.list.row(item))

    def _run(self, row: int) -> None:
        if 0 <= row < len(self._shown):
            act = self._shown[row][2]
            self._leave()
            act()

    def _leave(self) -> None:
        self.hide()
        self._over.setFocus()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is not self.field:
            return False
        if event.type() == QEvent.Type.FocusOut and self.isVisible():
            self.hide()
            return False
        if event.type() != QEvent.Type.KeyPress or not isinstance(event, QKeyEvent):
            return False
        moves = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1, Qt.Key.Key_PageUp: -8, Qt.Key.Key_PageDown: 8}
        key = event.key()
        if key in moves and self._shown:
            row = self.list.currentRow() + moves[Qt.Key(key)]
            self.list.setCurrentRow(min(max(row, 0), len(self._shown) - 1))
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._run(self.list.currentRow())
        elif key == Qt.Key.Key_Escape:
            self._leave()
        else:
            return False
        return True
