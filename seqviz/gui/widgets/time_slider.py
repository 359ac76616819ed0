"""The time slider: training steps on a log axis, the live end, and a flag for every knob change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QLineF, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QHelpEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from seqviz.gui import theme
from seqviz.gui.widgets.axes import Axis, step_axis
from seqviz.gui.widgets.painted import PaintedWidget

STATES = ("ready", "live", "paused", "diverged", "finished")
_WORDS = {"ready": "", "live": "live", "paused": "paused", "diverged": "diverged", "finished": "finished ✓"}
_CENTRE = int(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)


@dataclass(frozen=True)
class Flag:
    """A knob change: `words` such as "learning rate 3e-3 → 1e-3"."""

    step: int
    words: str


class TimeSlider(PaintedWidget):
    """Shows where the run is. It is no control yet: looking back comes with the tape."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._horizon = 1000
        self._step = 0
        self._state = "ready"
        self._flags: tuple[Flag, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("training steps")

    def set_horizon(self, steps: int) -> None:
        """Planned last step. A run that goes on beyond it stretches the axis in steps of 1, 2, 5."""
        self._horizon = max(int(steps), 1)
        self.update()

    def set_step(self, step: int) -> None:
        if step != self._step:
            self._step = step
            self.setAccessibleDescription(f"step {step} of {self._horizon}, {self._state}")
            self.update()

    def set_state(self, state: str) -> None:
        """One of `STATES`; ValueError otherwise."""
        if state not in STATES:
            raise ValueError(f"there is no state {state!r}: {', '.join(STATES)}")
        self._state = state
        self.update()

    def set_flags(self, flags: Sequence[Flag]) -> None:
        self._flags = tuple(flags)
        self.update()

    @property
    def state(self) -> str:
        return self._state

    @property
    def step(self) -> int:
        return self._step

    def axis(self) -> Axis:
        """Steps 1 .. the horizon, or a round number beyond the step shown."""
        end = self._horizon
        while end < self._step:
            end = int(end * (2.5 if str(end)[0] == "2" else 2))
        return step_axis(end)

    def x_of(self, step: float) -> float:
        """Pixel of a step."""
        left, right = theme.px(8), self.width() - theme.px(12)
        return left + self.axis().place(max(step, 1)) * (right - left)

    def _line_y(self) -> float:
        return theme.px(32)

    def _draw_static(self, painter: QPainter) -> None:
        colours, y, axis = theme.theme(), self._line_y(), self.axis()
        painter.setPen(QPen(colours.track, 3, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap))
        painter.drawLine(QLineF(self.x_of(1), y, self.x_of(axis.high), y))
        self._draw_flags(painter)

    def _draw_tick_labels(self, painter: QPainter) -> None:
        """Labels that would touch the handle's own number step aside."""
        measure, y = theme.metrics(11), self._line_y()
        painter.setFont(theme.font(11))
        painter.setPen(theme.theme().ink3)
        own = theme.metrics(11, bold=True).horizontalAdvance(theme.thousands(self._step)) / 2 + 6
        at = self.x_of(self._step) if self._state != "ready" else -1e9
        for value, text in self.axis().labels():
            half = measure.horizontalAdvance(text) / 2
            x = min(max(self.x_of(value), half), self.width() - half)
            if abs(x - at) >= half + own:
                painter.drawText(QRectF(x - 40, y + theme.px(6), 80, theme.px(16)), _CENTRE, text)

    def _draw_flags(self, painter: QPainter) -> None:
        """Flags stand on the line, pointing back in time; words for the newest that have room.

        A flag under the words of a later one is a short stroke; its words are in the tool tip.
        """
        colours, measure, y = theme.theme(), theme.metrics(11), self._line_y()
        top, free_until = theme.px(8), float(self.width())
        painter.setFont(theme.font(11))
        for flag in sorted(self._flags, key=lambda f: -f.step):
            x = self.x_of(flag.step)
            covered = x > free_until
            painter.setPen(QPen(colours.ink2, 1.25))
            painter.drawLine(QLineF(x, y - theme.px(7) if covered else top, x, y))
            if covered:
                continue
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colours.ink2)
            painter.drawPolygon(QPolygonF([QPointF(x, top), QPointF(x, top + 8), QPointF(x - 7, top + 4)]))
            left = x - measure.horizontalAdvance(flag.words) - theme.px(12)
            free_until = x - 10
            if left >= 0:
                painter.setPen(colours.ink2)
                painter.drawText(QPointF(left, top + 4 + measure.capHeight() / 2), flag.words)
                free_until = left - 8

    def _draw_handle(self, painter: QPainter) -> None:
        colours, y, x = theme.theme(), self._line_y(), self.x_of(self._step)
        painter.setPen(QPen(colours.ink2, 3, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap))
        painter.drawLine(QLineF(self.x_of(1), y, x, y))
        diverged = self._state == "diverged"
        tone = colours.warn if diverged else colours.ink
        if diverged:
            painter.setPen(QPen(tone, 2.5))
            painter.drawLines([QLineF(x - 6, y - 6, x + 6, y + 6), QLineF(x - 6, y + 6, x + 6, y - 6)])
        else:
            painter.setPen(QPen(colours.rail, 2))
            painter.setBrush(colours.ink)
            painter.drawEllipse(QPointF(x, y), theme.px(7), theme.px(7))
        self._draw_words(painter, x, tone)

    def _draw_words(self, painter: QPainter, x: float, tone: QColor) -> None:
        measure, y = theme.metrics(11, bold=True), self._line_y()
        painter.setFont(theme.font(11, bold=True))
        number, word = theme.thousands(self._step), _WORDS[self._state]
        half = measure.horizontalAdvance(number) / 2
        middle = min(max(x, half), self.width() - half)
        painter.setPen(theme.theme().ink)
        painter.drawText(QRectF(middle - 60, y + theme.px(6), 120, theme.px(16)), _CENTRE, number)
        width = measure.horizontalAdvance(word)
        left = min(x + theme.px(12), self.width() - width)
        painter.setPen(tone)
        painter.drawText(QPointF(left, theme.px(12) + measure.capHeight() / 2), word)

    # Qt overrides

    def sizeHint(self) -> QSize:
        return QSize(theme.px(420), theme.px(56))

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.px(200), theme.px(56))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        still = self.static_layer((self.axis(), self._flags), self._draw_static)
        painter.drawPixmap(0, 0, still)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._draw_tick_labels(painter)
        if self._state != "ready":
            self._draw_handle(painter)
        painter.end()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            near = [f for f in self._flags if abs(self.x_of(f.step) - event.pos().x()) <= 8]
            text = "\n".join(f"step {theme.thousands(f.step)}: {f.words}" for f in near)
            QToolTip.showText(event.globalPos(), text, self)
            return True
        return super().event(event)
