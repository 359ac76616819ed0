"""What the tiles' colours mean: the range of surprise as a bar."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from seqviz.gui import theme
from seqviz.gui.widgets.colour_bar import ColourBar, colour_bar_width, paint_colour_bar
from seqviz.gui.widgets.painted import PaintedWidget


class SurpriseBar(PaintedWidget):
    """From 0 bits to the highest that has a colour of its own."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bar = ColourBar("surprise", "0", "8 bits", "cividis")
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def show_range(self, highest: float) -> None:
        """`highest` bits."""
        bar = ColourBar("surprise", "0", f"{theme.short(highest)} bits", "cividis")
        if bar != self._bar:
            self._bar = bar
            self.updateGeometry()
            self.update()

    @property
    def words(self) -> str:
        return f"{self._bar.quantity} {self._bar.low} to {self._bar.high}"

    def sizeHint(self) -> QSize:
        return QSize(round(colour_bar_width(self._bar)) + theme.px(4), theme.px(18))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        paint_colour_bar(painter, self.width() - 1.0, self.height() / 2, self._bar)
        painter.end()
