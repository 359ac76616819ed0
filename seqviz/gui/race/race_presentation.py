"""Presentation of a race (F11): one question, at most two slides side by side, type that the last row can read."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from seqviz.gui.icon_button import IconButton
from seqviz.gui.labels import TextLabel
from seqviz.gui.presentation import StepNumber
from seqviz.gui.race.centre import RaceCentre
from seqviz.gui.race.session import RaceSession
from seqviz.gui.race.slides import ChancesSlide, ColumnsSlide, DecaySlide, LearningSlide, Slide, TableSlide
from seqviz.gui.surfaces import Surface
from seqviz.gui.widgets.time_slider import TimeSlider

EVERY_MS = 240
_STATES = {"running": "live", "paused": "paused", "finished": "finished"}


class RacePresentation(Surface):
    """`left` on Escape. Page up and down change the slide, 1 and 2 say how many stand side by side.

    Slides are made when they are turned to and go when another comes: what nobody looks at costs nothing.
    """

    left = Signal()
    play_clicked = Signal()

    def __init__(self, race: RaceSession, centre: RaceCentre, parent: QWidget | None = None) -> None:
        super().__init__("page", parent=parent)
        self._race, self._centre = race, centre
        self._at, self._count = 0, 1
        self.shown: list[Slide] = []
        self.play = IconButton("play", "Race (Space)", "plain")
        self.step = StepNumber()
        self.slider = TimeSlider()
        self.what = TextLabel("", 12, "ink2", right=True)
        self.question = TextLabel("", 20, bold=True)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.refresh)
        self._build()
        self.play.clicked.connect(self.play_clicked)
        race.state_changed.connect(self.follow_state)
        race.changed.connect(self._soon)
        for signal in (race.cursor_changed, race.selected_changed, race.race_started):
            signal.connect(self.refresh)

    def _build(self) -> None:
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

    def _slides(self) -> tuple[Callable[[], Slide], ...]:
        race = self._race
        return (
            self._learning,
            lambda: DecaySlide(race),
            lambda: ColumnsSlide(race),
            lambda: ChancesSlide(race),
            lambda: TableSlide(race),
        )

    def _learning(self) -> Slide:
        """It shows the clock that the page shows, and changes it there."""
        slide = LearningSlide(self._race, self._centre.clock.current, self._centre.scale.current == "log")
        slide.clock_chosen.connect(self._centre.clock.choose)
        return slide

    def begin(self) -> None:
        """Show the first slide, or the one that was looked at last."""
        self._race.watch(True)
        self._rebuild()
        self.follow_state()

    def end(self) -> None:
        """Take the slides down."""
        self._timer.stop()
        for slide in self.shown:
            self._row.removeWidget(slide)
            slide.hide()
            slide.deleteLater()
        self.shown = []

    def turn(self, by: int) -> None:
        """The next or the previous slide."""
        self._at = (self._at + by) % len(self._slides())
        self._rebuild()

    def set_count(self, count: int) -> None:
        """One slide, or two side by side."""
        if count != self._count:
            self._count = count
            self._rebuild()

    def _rebuild(self) -> None:
        self.end()
        made = self._slides()
        for by in range(self._count):
            slide = made[(self._at + by) % len(made)]()
            self.shown.append(slide)
            self._row.addWidget(slide, 1)
        self.question.setText(self.shown[0].question)
        self.refresh()

    # following

    @Slot()
    def _soon(self) -> None:
        if self.shown and not self._timer.isActive():
            self._timer.start(EVERY_MS)

    @Slot()
    def refresh(self) -> None:
        """Show what is so now."""
        race = self._race
        if not self.shown or not race.racers or race.config is None:
            return
        self.slider.set_horizon(race.config.training.steps or 10_000)
        self.slider.set_step(race.step)
        self.step.show_step(race.step)
        self.what.setText(f"{race.config.title or 'Race'}, {race.racers[0].run.corpus_summary}")
        for slide in self.shown:
            slide.refresh()

    @Slot()
    def follow_state(self) -> None:
        state = self._race.state
        running = state == "running"
        self.play.set_sign("pause" if running else "play", "", "Pause (Space)" if running else "Race (Space)")
        self.play.setEnabled(state in ("running", "paused", "finished"))
        self.slider.set_state(_STATES.get(state, "ready"))

    # Qt overrides

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._soon()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        if key == Qt.Key.Key_Escape:
            self.left.emit()
        elif key in (Qt.Key.Key_PageDown, Qt.Key.Key_PageUp):
            self.turn(1 if key == Qt.Key.Key_PageDown else -1)
        elif key in (Qt.Key.Key_1, Qt.Key.Key_2):
            self.set_count(1 if key == Qt.Key.Key_1 else 2)
        elif key not in (Qt.Key.Key_Return, Qt.Key.Key_Enter):  # the drawer that Enter opens belongs to the page
            super().keyPressEvent(event)
