"""How fast to train: so many optimiser steps a second, or as fast as it goes."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from seqviz.gui import theme
from seqviz.gui.widgets.painted import PaintedWidget

SPEEDS = (0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 0.0)  # steps a second; 0: full


class SpeedSlider(PaintedWidget):
    """`speed_changed` carries steps a second, 0 for full speed."""

    speed_changed = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._index = len(SPEEDS) - 1
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAccessibleName("speed")
        self.setToolTip("Steps a second: slow down to watch single steps.")
        self.setFixedSize(self.sizeHint())

    @property
    def speed(self) -> float:
        return SPEEDS[self._index]

    def words(self) -> str:
        return "full" if self.speed == 0 else f"{self.speed:g}/s"

    def choose(self, index: int) -> None:
        """Take one of `SPEEDS` by its number."""
        index = min(max(index, 0), len(SPEEDS) - 1)
        if index != self._index:
            self._index = index
            self.setAccessibleDescription(self.words())
            self.update()
            self.speed_changed.emit(self.speed)

    def _ends(self) -> tuple[float, float]:
        return theme.px(6), self.width() - theme.px(6)

    def _to(self, x: float) -> None:
        left, right = self._ends()
        self.choose(round((x - left) / (right - left) * (len(SPEEDS) - 1)))

    # Qt overrides

    def on_theme_changed(self) -> None:
        super().on_theme_changed()
        self.setFixedSize(self.sizeHint())

    def sizeHint(self) -> QSize:
        return QSize(theme.px(104), theme.px(40))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._to(event.position().x())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._to(event.position().x())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Home: -99, Qt.Key.Key_End: 99}
        if event.key() in steps:
            self.choose(self._index + steps[Qt.Key(event.key())])
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, colours = QPainter(self), theme.theme()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        left, right = self._ends()
        line, top = theme.px(30), QRectF(left, 0, right - left, theme.px(20))
        painter.setFont(theme.font(11))
        painter.setPen(colours.ink2)
        painter.drawText(top, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), "speed")
        painter.setFont(theme.font(11, bold=True))
        painter.setPen(colours.ink)
        painter.drawText(top, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), self.words())
        x = left + (right - left) * self._index / (len(SPEEDS) - 1)
        for colour, start, end in ((colours.track, x, right), (colours.ink2, left, x)):
            painter.setPen(QPen(colour, 3))
            painter.drawLine(QPointF(start, line), QPointF(end, line))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colours.ink)
        painter.drawEllipse(QPointF(x, line), theme.px(5), theme.px(5))
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(colours.ink, 1.5))
            painter.drawEllipse(QPointF(x, line), theme.px(8), theme.px(8))
        painter.end()
