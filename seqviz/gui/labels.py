"""Plain text that follows the theme: never rich text, so that a corpus or a file name cannot be markup."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QPalette, QShowEvent
from PySide6.QtWidgets import QFrame, QLabel, QSizePolicy, QWidget

from seqviz.gui import theme

Tone = Literal["ink", "ink2", "ink3", "warn"]


class TextLabel(QLabel):
    """A label of `size` px at scale 1 in one of the text colours."""

    def __init__(
        self,
        text: str = "",
        size: float = 12,
        tone: Tone = "ink",
        bold: bool = False,
        wrap: bool = False,
        right: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._size, self._tone, self._bold = size, tone, bold
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(wrap)
        if wrap:
            self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        side = Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeft
        self.setAlignment(side | (Qt.AlignmentFlag.AlignTop if wrap else Qt.AlignmentFlag.AlignVCenter))
        self.setText(text)
        theme.theme_changed.changed.connect(self.follow_theme)
        self.follow_theme()

    def set_tone(self, tone: Tone) -> None:
        self._tone = tone
        self.follow_theme()

    @Slot()
    def follow_theme(self) -> None:
        """Take colour and size from the theme in force."""
        palette = self.palette()
        palette.setColor(QPalette.ColorRole.WindowText, getattr(theme.theme(), self._tone))
        self.setPalette(palette)
        self.setFont(theme.font(self._size, self._bold))

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.follow_theme()  # the stylesheet's polishing puts back the font of before a change of theme


class Hairline(QFrame):
    """A line one pixel high."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedHeight(1)
        self.setAutoFillBackground(True)
        theme.theme_changed.changed.connect(self.follow_theme)
        self.follow_theme()

    @Slot()
    def follow_theme(self) -> None:
        palette = self.palette()
        palette.setColor(QPalette.ColorRole.Window, theme.theme().line)
        self.setPalette(palette)
