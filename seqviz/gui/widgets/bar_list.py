"""Horizontal bars with a label each: probabilities of the next token."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from seqviz.gui import theme
from seqviz.gui.widgets.ghost import paint_ghost
from seqviz.gui.widgets.painted import PaintedWidget

ROW_HEIGHT, BAR_HEIGHT = 22, 18
_CENTRE = int(Qt.AlignmentFlag.AlignCenter)


@dataclass(frozen=True)
class Bar:
    """One row. `chosen`: drawn in ink (the true one); `pointer`: a small triangle before the label."""

    label: str
    value: float
    text: str
    chosen: bool = False
    pointer: bool = False


class BarList(PaintedWidget):
    """Rows of label, bar and number. `bar_clicked` carries the row."""

    bar_clicked = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bars: tuple[Bar, ...] = ()
        self._highest = 1.0
        self._empty = ""
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)

    def set_bars(self, bars: Sequence[Bar], highest: float = 1.0) -> None:
        """Rows from the top; a bar of `highest` fills the width. The scale is the caller's and stays fixed."""
        assert highest > 0, highest
        if (tuple(bars), highest) != (self._bars, self._highest):
            self._bars, self._highest = tuple(bars), highest
            self.updateGeometry()
            self.update()

    def set_empty(self, sentence: str) -> None:
        """What the ghost says while there are no bars."""
        self._empty = sentence
        self.update()

    @property
    def bars(self) -> tuple[Bar, ...]:
        return self._bars

    def rows_that_fit(self) -> int:
        return max(1, self.height() // theme.px(ROW_HEIGHT))

    def _label_width(self) -> float:
        measure = theme.metrics(12, bold=True)
        widest = max((measure.horizontalAdvance(b.label) for b in self._bars), default=0.0)
        return min(max(widest, theme.px(10)), self.width() * 0.4)

    # Qt overrides

    def sizeHint(self) -> QSize:
        return QSize(theme.px(240), theme.px(ROW_HEIGHT) * max(len(self._bars), 3))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if not self._bars:
            paint_ghost(painter, QRectF(self.rect()), self._empty)
        else:
            painter.drawPixmap(0, 0, self.static_layer((self._bars, self._highest), self._draw))
        painter.end()

    def _draw(self, painter: QPainter) -> None:
        colours, row_height, bar_height = theme.theme(), theme.px(ROW_HEIGHT), theme.px(BAR_HEIGHT)
        pointer, label = theme.px(12), self._label_width()
        left = pointer + label + theme.px(8)
        numbers = theme.metrics(11, bold=True).horizontalAdvance("0.00 %") + theme.px(8)
        room = max(self.width() - left - numbers, 1.0)
        for row, bar in enumerate(self._bars[: self.rows_that_fit()]):
            top = row * row_height + (row_height - bar_height) / 2
            painter.setFont(theme.font(12, bold=bar.chosen))
            painter.setPen(colours.ink if bar.chosen else colours.ink2)
            shown = theme.metrics(12, bar.chosen).elidedText(bar.label, Qt.TextElideMode.ElideRight, label + 2)
            painter.drawText(QRectF(pointer - 1, top, label + 2, bar_height), _CENTRE, shown)
            if bar.pointer:
                painter.setFont(theme.font(11))
                painter.setPen(colours.ink)
                painter.drawText(QRectF(0, top, theme.px(10), bar_height), _CENTRE, "▸")
            width = max(1.0, room * min(max(bar.value / self._highest, 0.0), 1.0))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colours.ink if bar.chosen else colours.track)
            painter.drawRoundedRect(QRectF(left, top, width, bar_height), 2, 2)
            measure = theme.metrics(11, bar.chosen)
            painter.setFont(theme.font(11, bold=bar.chosen))
            painter.setPen(colours.ink if bar.chosen else colours.ink3)
            baseline = top + bar_height / 2 + measure.capHeight() / 2
            painter.drawText(QPointF(left + width + theme.px(5), baseline), bar.text)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        row = int(event.position().y() // theme.px(ROW_HEIGHT))
        if 0 <= row < min(len(self._bars), self.rows_that_fit()):
            self.bar_clicked.emit(row)
