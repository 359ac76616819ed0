"""The probe over an explanation's columns: the token that is explained carries a mark, Enter and a click ask anew."""

from __future__ import annotations

from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPolygonF
from PySide6.QtWidgets import QWidget

from seqviz.gui import theme
from seqviz.gui.widgets.text_strip import ENTER, ROW_GAP, ROW_HEIGHT, TextStrip


class AskStrip(TextStrip):
    """`asked` carries the token; the arrow keys only move the cursor."""

    asked = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._asked = -1
        self.set_editable(False)
        self.setToolTip("The probe: a click or Enter asks who explains that token.")

    def set_asked(self, token: int) -> None:
        if token != self._asked:
            self._asked = token
            self.update()

    @property
    def asked_token(self) -> int:
        return self._asked

    # Qt overrides

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._grid.shows(self._asked):
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.theme().ink)
        x, bottom, half = self._grid.centre_of(self._asked), theme.px(ROW_HEIGHT + ROW_GAP) - 3, theme.px(5)
        points = [QPointF(x - half, bottom - half - 2), QPointF(x + half, bottom - half - 2), QPointF(x, bottom)]
        painter.drawPolygon(QPolygonF(points))
        painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        super().mousePressEvent(event)
        column = self._grid.column_at(event.position().x())
        if event.button() == Qt.MouseButton.LeftButton and column is not None:
            self.asked.emit(column)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """The first of both clicks has asked."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in ENTER and self.cursor_token is not None:
            self.asked.emit(self.cursor_token)
        else:
            super().keyPressEvent(event)
