"""The grounds things stand on: the window, rails, and white sheets with rounded corners."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from seqviz.gui import theme
from seqviz.gui.widgets.painted import PaintedWidget

Ground = Literal["window", "rail", "sheet", "raised", "page"]
Edge = Literal["", "left", "right", "top", "bottom"]
RADIUS = 6
_COLOURS = {"raised": "sheet", "page": "sheet"}


class Surface(PaintedWidget):
    """Fills itself with a colour of the theme; sheets are rounded, raised ones framed, rails may have an edge."""

    def __init__(self, ground: Ground, edge: Edge = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._ground, self._edge = ground, edge

    @property
    def colour(self) -> QColor:
        colour: QColor = getattr(theme.theme(), _COLOURS.get(self._ground, self._ground))
        return colour

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        if self._ground in ("sheet", "raised"):
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            raised = self._ground == "raised"
            painter.setPen(QPen(theme.theme().ink3, 1) if raised else QPen(Qt.PenStyle.NoPen))
            painter.setBrush(self.colour)
            inset = 0.5 if raised else 0.0
            area = QRectF(self.rect()).adjusted(inset, inset, -inset, -inset)
            painter.drawRoundedRect(area, theme.px(RADIUS), theme.px(RADIUS))
        else:
            painter.fillRect(self.rect(), self.colour)
            self._paint_edge(painter)
        painter.end()

    def _paint_edge(self, painter: QPainter) -> None:
        width, height = self.width(), self.height()
        lines = {
            "left": (0, 0, 1, height),
            "right": (width - 1, 0, 1, height),
            "top": (0, 0, width, 1),
            "bottom": (0, height - 1, width, 1),
        }
        if self._edge:
            painter.fillRect(*lines[self._edge], theme.theme().line)
