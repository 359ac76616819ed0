"""How a text falls into tokens: each token a tile, line by line."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from seqviz.gui import theme
from seqviz.gui.widgets.painted import PaintedWidget
from seqviz.gui.widgets.strip_painting import shown_token

_CENTRE = int(Qt.AlignmentFlag.AlignCenter)


class TokenTiles(PaintedWidget):
    """Tiles wrap at the right edge; what does not fit below is left out."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lines: tuple[tuple[str, ...], ...] = ()
        self._serial = 0
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("tokens")

    def set_lines(self, lines: tuple[tuple[str, ...], ...]) -> None:
        if lines != self._lines:
            self._lines = lines
            self._serial += 1
            self.setAccessibleDescription(" | ".join(" ".join(line) for line in lines[:3]))
            self.update()

    @property
    def lines(self) -> tuple[tuple[str, ...], ...]:
        return self._lines

    def sizeHint(self) -> QSize:
        return QSize(theme.px(400), theme.px(140))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.drawPixmap(0, 0, self.static_layer(self._serial, self._draw))
        painter.end()

    def _draw(self, painter: QPainter) -> None:
        measure, height, gap = theme.metrics(13), theme.px(24), theme.px(2)
        painter.setFont(theme.font(13))
        y = 0.0
        for line in self._lines:
            x = 0.0
            for token in line:
                text = shown_token(token)
                width = measure.horizontalAdvance(text) + theme.px(8)
                if x and x + width > self.width():
                    x, y = 0.0, y + height + gap
                if y + height > self.height():
                    return
                self._draw_tile(painter, QRectF(x, y, width, height), text)
                x += width + gap
            y += height + theme.px(8)

    @staticmethod
    def _draw_tile(painter: QPainter, tile: QRectF, text: str) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.theme().ghost)
        painter.drawRoundedRect(tile, 3, 3)
        painter.setPen(theme.theme().ink)
        painter.drawText(tile, _CENTRE, text)
