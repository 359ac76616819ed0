"""Presentation (F11): one question, at most two panels, type that the last row can read."""

from __future__ import annotations

from PySide6.QtCore import QPointF, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from seqviz.gui import theme
from seqviz.gui.aligned_view import AlignedView
from seqviz.gui.icon_button import IconButton
from seqviz.gui.labels import TextLabel
from seqviz.gui.panels.base import Panel, Snapshot, panels
from seqviz.gui.presentation_words import Heading, Sentence
from seqviz.gui.session import RunSession
from seqviz.gui.surfaces import Surface
from seqviz.gui.widgets.painted import PaintedWidget
from seqviz.gui.widgets.time_slider import TimeSlider

MOST_CELLS, GUTTER = 36, 80


class PresentedPanel(QWidget):
    """A panel of its own kind, not the one on the sheet: question or title above, reading below."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.panel: Panel = panels.get(name)()
        self.heading = Heading(self.panel.title)
        self.view = AlignedView(self.panel, self.panel, theme.px(GUTTER), MOST_CELLS)
        self.view.row_on_strip = True
        self.sentence = Sentence()
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.addWidget(self.heading)
        box.addWidget(self.view, 1)
        box.addWidget(self.sentence)

    def present(self, snapshot: Snapshot, probe: str) -> None:
        self.view.present(snapshot, probe)
        self.heading.say(self.panel.subtitle(), self.panel.colour_bar())
        self.sentence.say(self.panel.reading())


class Presentation(Surface):
    """`left` on Escape or F11. Page up and down change the panel, 1 and 2 say how many stand side by side."""

    left = Signal()
    play_clicked = Signal()
    wants_changed = Signal()
    view_asked = Signal(str)  # a panel that is none of those to turn to

    def __init__(self, session: RunSession, parent: QWidget | None = None) -> None:
        super().__init__("page", parent=parent)
        self._session = session
        self._names: list[str] = []
        self._at, self._count = 0, 1
        self.shown: list[PresentedPanel] = []
        self.play = IconButton("play", "Train (Space)", "plain")
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
        session.state_changed.connect(self.follow_state)

    # what stands there

    def begin(self, names: list[str], first: str) -> None:
        """Show the panel `first` of those that can be shown."""
        self._names = names
        self._at = names.index(first) if first in names else 0
        self._rebuild()
        self.follow_state(self._session.state)

    def panels_now(self) -> list[Panel]:
        return [item.panel for item in self.shown]

    def end(self) -> None:
        """Take the panels down: what nobody looks at costs nothing."""
        for item in self.shown:
            self._row.removeWidget(item)
            item.hide()
            item.deleteLater()
        self.shown = []

    def turn(self, by: int) -> None:
        """The next or the previous panel."""
        if self._names:
            self._at = (self._at + by) % len(self._names)
            self._rebuild()

    def set_count(self, count: int) -> None:
        """One panel, or two side by side."""
        if count != self._count:
            self._count = count
            self._rebuild()

    @Slot(str)
    def show_view(self, name: str) -> None:
        """Turn to a panel that another one leads to."""
        if name in self._names:
            self._at = self._names.index(name)
            self._rebuild()
        else:
            self.view_asked.emit(name)

    def _rebuild(self) -> None:
        self.end()
        chosen = dict.fromkeys(
            self._names[(self._at + i) % len(self._names)] for i in range(self._count) if self._names
        )
        for name in chosen:
            item = PresentedPanel(name)
            item.panel.join(self._session)
            item.panel.view_asked.connect(self.show_view)
            item.panel.knob_edited.connect(self._session.set_knob)
            item.panel.wants_changed.connect(self.wants_changed)
            item.view.cursor_moved.connect(self._session.set_cursor)
            item.panel.cursor_moved.connect(self._session.set_cursor)
            self.shown.append(item)
            self._row.addWidget(item, 1)
        if self.shown:
            panel = self.shown[0].panel
            self.question.setText(panel.question or panel.title)
        self.wants_changed.emit()
        self.present(self._session.snapshot())

    # following

    def present(self, snapshot: Snapshot) -> None:
        run, history = snapshot.run, snapshot.history
        if run is not None:
            planned = int(run.config["training"]["steps"])
            self.slider.set_horizon(planned or 10_000)
            self.what.setText(f"{run.title}, {run.corpus_summary}")
        self.slider.set_step(history.last_step)
        self.step.show_step(history.last_step)
        for item in self.shown:
            item.present(snapshot, self._session.probe)

    @Slot(str)
    def follow_state(self, state: str) -> None:
        running = state == "running"
        self.play.set_sign("pause" if running else "play", "", "Pause (Space)" if running else "Train (Space)")
        self.play.setEnabled(state in ("running", "paused", "finished"))
        words = {"running": "live", "paused": "paused", "finished": "finished", "diverged": "diverged"}
        self.slider.set_state(words.get(state, "ready"))

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
