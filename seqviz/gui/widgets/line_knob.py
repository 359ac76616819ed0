"""A knob on one line: label, slider, value. For settings of a view, where a form's row would be too tall."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent

from seqviz.gui import theme
from seqviz.gui.widgets import knob_painting as paint
from seqviz.gui.widgets import knob_scale as scale
from seqviz.gui.widgets.knob_row import KnobRow

_HEIGHT = 20
_VALUE_WIDTH = 40


class LineKnob(KnobRow):
    """KnobRow's behaviour (drag, keys, typing, tool tip) in 20 px of height, in the small quiet type of ticks."""

    def _text(self) -> str:
        return f"{scale.value_text(self.knob, self.value())}{self.knob.unit}"

    def _slider_ends(self) -> tuple[float, float]:
        label = theme.metrics(11).horizontalAdvance(self.knob.label)
        return label + theme.px(14), self.width() - theme.px(_VALUE_WIDTH)

    def _value_rect(self) -> QRect:
        return QRect(self.width() - theme.px(_VALUE_WIDTH), 0, theme.px(_VALUE_WIDTH), theme.px(_HEIGHT))

    # Qt overrides

    def sizeHint(self) -> QSize:
        return QSize(theme.px(200), theme.px(_HEIGHT))

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.px(100), theme.px(_HEIGHT))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(theme.font(11))
        painter.setPen(theme.theme().ink3)
        centre = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(self.rect(), int(centre | Qt.AlignmentFlag.AlignLeft), self.knob.label)
        painter.setPen(theme.theme().ink2)
        painter.drawText(self.rect(), int(centre | Qt.AlignmentFlag.AlignRight), self._text())
        left, right = self._slider_ends()
        place = scale.place_of(self.knob, self._number())
        grown = 1.0 if self._dragging else 0.5 if self._hovered else 0.0
        paint.paint_slider(painter, left, right, self.height() / 2, place, None, grown, self.hasFocus(), True)
        painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton or event.position().x() > self._value_rect().left():
            return
        self._start_value = self.value()
        self._dragging = True
        self._drag_to(event.position())
