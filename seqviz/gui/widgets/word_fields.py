"""Words typed into small fields with a sign between them: king − man + woman."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QStringListModel, Qt, Signal
from PySide6.QtWidgets import QCompleter, QHBoxLayout, QLineEdit, QSizePolicy, QWidget

from seqviz.gui import theme
from seqviz.gui.labels import TextLabel

MOST_OFFERED = 8


class WordFields(QWidget):
    """`changed` when a field holds another word. Fields complete from the vocabulary."""

    changed = Signal()

    def __init__(self, names: Sequence[str], signs: Sequence[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        assert len(signs) == len(names) - 1
        self._model = QStringListModel(self)
        self.fields = [self._field(name) for name in names]
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.px(4))
        for field, sign in zip(self.fields, ["", *signs], strict=True):
            if sign:
                row.addWidget(TextLabel(sign, 12, "ink2"))
            row.addWidget(field, 1)

    def _field(self, name: str) -> QLineEdit:
        field = QLineEdit(self)
        field.setProperty("compact", True)
        field.setAccessibleName(name)
        field.setPlaceholderText(name)
        field.setMinimumWidth(theme.px(36))
        field.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        completer = QCompleter(self._model, field)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setMaxVisibleItems(MOST_OFFERED)
        field.setCompleter(completer)
        field.textChanged.connect(self.changed)
        return field

    def set_vocabulary(self, words: Sequence[str]) -> None:
        if list(words) != self._model.stringList():
            self._model.setStringList(list(words))

    def words(self) -> list[str]:
        return [field.text().strip() for field in self.fields]

    def set_words(self, words: Sequence[str]) -> None:
        """As if they had been typed."""
        for field, word in zip(self.fields, words, strict=True):
            field.setText(word)
            field.setCursorPosition(0)
