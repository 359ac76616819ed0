"""What both presentations share: play, step and time on top, a question, and at most two things side by side."""

from __future__ import annotations

from PySide6.QtCore import QPointF, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from seqviz.gui import theme
from seqviz.gui.icon_button import IconButton
from seqviz.gui.labels import TextLabel
from seqviz.gui.surfaces import Surface
from seqviz.gui.widgets.painted import PaintedWidget
from seqviz.gui.widgets.time_slider import TimeSlider

_SLIDER_STATES = {"running": "live", "paused": "paused", "finished": "finished", "diverged": "diverged"}


class Stage(Surface):
    """`left` on Escape. Page up and down turn to the next or the previous, 1 and 2 say how many stand side by side.

    What stands there is made when it is turned to and goes when another comes: what nobody looks at costs nothing.
    `verb`: what play does ("Train", "Race").
    """

    left = Signal()
    play_clicked = Signal()

    def __init__(self, verb: str, parent: QWidget | None = None) -> None:
        super().__init__("page", parent=parent)
        self._verb = verb
        self._at, self._count = 0, 1
        self.play = IconButton("play", f"{verb} (Space)", "plain")
        self.step = StepNumber()
        self.slider = TimeSlider()
        self.what = TextLabel("", 12, "ink2", right=True)
        self.question = TextLabel("", 20, bold=True)
        self._row = QHBoxLayout()
        self._row.setSpacing(32)
        top = QHBoxLayout()
        top.setSpacing(16)
        for widget in (self.play, self.step):
            top.addWidget(widget)
        top.addWidget(self.slider, 1)
        top.addWidget(self.what)
        box = QVBoxLayout(self)
        box.setContentsMargins(32, 16, 32, 12)
        box.addLayout(top)
        box.addWidget(self.question)
        box.addLayout(self._row, 1)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.play.clicked.connect(self.play_clicked)

    def choices(self) -> int:
        """How many there are to turn to."""
        raise NotImplementedError

    def rebuild(self) -> None:
        """Take down what stands there, and put up what is turned to."""
        raise NotImplementedError

    def turn(self, by: int) -> None:
        """The next or the previous one."""
        if self.choices():
            self._at = (self._at + by) % self.choices()
            self.rebuild()

    def set_count(self, count: int) -> None:
        """One of them, or two side by side."""
        if count != self._count:
            self._count = count
            self.rebuild()

    def take_down(self, widgets: list[QWidget]) -> None:
        """These stand here no more."""
        for widget in widgets:
            self._row.removeWidget(widget)
            widget.hide()
            widget.deleteLater()

    def show_time(self, planned: int, step: int) -> None:
        """How far the training has come of the steps that were planned (0: no end)."""
        self.slider.set_horizon(planned or 10_000)
        self.slider.set_step(step)
        self.step.show_step(step)

    @Slot(str)
    def show_transport(self, state: str) -> None:
        """What play does in this state."""
        running = state == "running"
        self.play.set_sign("pause" if running else "play", "", "Pause (Space)" if running else f"{self._verb} (Space)")
        self.play.setEnabled(state in ("running", "paused", "finished"))
        self.slider.set_state(_SLIDER_STATES.get(state, "ready"))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        if key == Qt.Key.Key_Escape:
            self.left.emit()
        elif key in (Qt.Key.Key_PageDown, Qt.Key.Key_PageUp):
            self.turn(1 if key == Qt.Key.Key_PageDown else -1)
        elif key in (Qt.Key.Key_1, Qt.Key.Key_2):
            self.set_count(1 if key == Qt.Key.Key_1 else 2)
        else:
            super().keyPressEvent(event)


class StepNumber(PaintedWidget):
    """`step 1 840` in large type."""

    def __init__(self) -> None:
        super().__init__()
        self._step = 0
        self.setFixedSize(190, 56)

    def show_step(self, step: int) -> None:
        if step != self._step:
            self._step = step
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, colours = QPainter(self), theme.theme()
        painter.setFont(theme.font(18, scaled=False))
        painter.setPen(colours.ink2)
        painter.drawText(QPointF(0, 35), "step")
        painter.setFont(theme.font(22, bold=True, scaled=False))
        painter.setPen(colours.ink)
        painter.drawText(QPointF(48, 36), theme.thousands(self._step))
        painter.end()
