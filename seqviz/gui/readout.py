"""The two numbers of a run that one looks at first: the step and the validation loss in its unit."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QSize
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from seqviz.gui import theme
from seqviz.gui.number_text import loss_text
from seqviz.gui.widgets.painted import PaintedWidget


class Readout(PaintedWidget):
    """`step 1 840   valid 2.27 bits/char`, or one line of words while there is no run."""

    def __init__(self, name: str = "valid", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name = name
        self._step = 0
        self._value: float | None = None
        self._unit = ""
        self._words = ""
        self.setAccessibleName("readout")

    def say(self, words: str) -> None:
        """Words in place of the numbers; "" for the numbers."""
        if words != self._words:
            self._words = words
            self.setAccessibleDescription(words)
            self.update()

    def set_numbers(self, step: int, value: float | None, unit: str) -> None:
        """`value` in `unit`; None where nothing was measured yet, nan where the model has no such number."""
        if (step, value, unit) != (self._step, self._value, self._unit):
            self._step, self._value, self._unit = step, value, unit
            self.setAccessibleDescription(self.text())
            self.update()

    def text(self) -> str:
        """What is shown, for tests and screen readers."""
        if self._words:
            return self._words
        return f"step {theme.thousands(self._step)}, {self._name} {self._value_text()} {self._unit}"

    def _value_text(self) -> str:
        if self._value is None:
            return "–"
        if self._value != self._value:  # measured, but the scores are no distribution
            return "no"
        return loss_text(self._value)

    def sizeHint(self) -> QSize:
        return QSize(theme.px(200), theme.px(56))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, colours = QPainter(self), theme.theme()
        if self._words:
            painter.setFont(theme.font(12))
            painter.setPen(colours.ink2)
            room = theme.metrics(12)
            painter.drawText(QPointF(0, self.height() / 2 + room.capHeight() / 2), self._words)
        else:
            x = self._column(painter, 0, "step", theme.thousands(self._step), "")
            self._column(painter, max(x + theme.px(16), theme.px(72)), self._name, self._value_text(), self._unit)
        painter.end()

    def _column(self, painter: QPainter, x: float, name: str, value: str, unit: str) -> float:
        colours, top, bottom = theme.theme(), theme.px(23), theme.px(42)
        painter.setFont(theme.font(11))
        painter.setPen(colours.ink2)
        painter.drawText(QPointF(x, top), name)
        painter.setFont(theme.font(16, bold=True))
        painter.setPen(colours.ink)
        painter.drawText(QPointF(x, bottom), value)
        width = theme.metrics(16, bold=True).horizontalAdvance(value)
        if unit:
            painter.setFont(theme.font(11))
            painter.setPen(colours.ink2)
            painter.drawText(QPointF(x + width + theme.px(6), bottom), unit)
        return x + width
