"""Presentation of a race (F11): one question, at most two slides side by side, type that the last row can read."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, QTimer, Slot
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QWidget

from seqviz.gui.race.centre import RaceCentre
from seqviz.gui.race.session import RaceSession
from seqviz.gui.race.slides import ChancesSlide, ColumnsSlide, DecaySlide, LearningSlide, Slide, TableSlide
from seqviz.gui.stage import Stage

EVERY_MS = 240


class RacePresentation(Stage):
    """The slides of a race."""

    def __init__(self, race: RaceSession, centre: RaceCentre, parent: QWidget | None = None) -> None:
        super().__init__("Race", parent)
        self._race, self._centre = race, centre
        self.shown: list[Slide] = []
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.refresh)
        race.state_changed.connect(self.show_transport)
        race.changed.connect(self._soon)
        for signal in (race.cursor_changed, race.selected_changed, race.race_started):
            signal.connect(self.refresh)

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
        self.rebuild()
        self.show_transport(self._race.state)

    def end(self) -> None:
        """Take the slides down."""
        self._timer.stop()
        self.take_down(list(self.shown))
        self.shown = []

    def choices(self) -> int:
        return len(self._slides())

    def rebuild(self) -> None:
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
        self.show_time(race.config.training.steps, race.step)
        self.what.setText(f"{race.config.title or 'Race'}, {race.racers[0].run.corpus_summary}")
        for slide in self.shown:
            slide.refresh()

    # Qt overrides

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._soon()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() not in (Qt.Key.Key_Return, Qt.Key.Key_Enter):  # the drawer that Enter opens belongs to the page
            super().keyPressEvent(event)
