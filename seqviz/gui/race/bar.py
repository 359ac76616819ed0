"""The top bar of the race: one play, one step, one reset for all; how far they are, and when the lead changed."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QWidget

from seqviz.gui import theme
from seqviz.gui.icon_button import IconButton
from seqviz.gui.page_name import PageName
from seqviz.gui.race.clocks import CLOCKS
from seqviz.gui.race.reading import leads
from seqviz.gui.race.session import RaceSession
from seqviz.gui.readout import Readout
from seqviz.gui.speed_slider import SpeedSlider
from seqviz.gui.surfaces import Surface
from seqviz.gui.top_bar import CARD, HEIGHT
from seqviz.gui.widgets.time_slider import Flag, TimeSlider

MOST_FLAGS = 4
_SLIDER_STATES = {"running": "live", "paused": "paused", "finished": "finished"}
_WORDS = {"empty": "no race yet", "preparing": "building the racers ...", "paused": "ready, step 0"}


class RaceBar(Surface):
    """Buttons emit; whoever owns the bar obeys. The bar itself follows the race."""

    play_clicked = Signal()
    step_clicked = Signal()
    reset_clicked = Signal()
    menu_clicked = Signal()
    card_clicked = Signal()
    rail_clicked = Signal()

    def __init__(self, race: RaceSession, parent: QWidget | None = None) -> None:
        super().__init__("rail", "bottom", parent)
        self._race = race
        self._flagged = -1
        self.name = PageName("Race")
        self.play = IconButton("play", "Race (Space)", "primary", "Play")
        self.step = IconButton("step", "One step of every racer (.)")
        self.reset = IconButton("reset", "From step 0 again, with the same seed (R)")
        self.speed = SpeedSlider()
        self.slider = TimeSlider()
        self.readout = Readout("best")
        self.menu = IconButton("menu", "Menu", "flat")
        self.card_button = IconButton("side", "At the cursor", "flat")
        self._build()
        race.state_changed.connect(self.follow_state)
        race.race_started.connect(self.follow_race)
        race.changed.connect(self.follow_numbers)
        self.follow_state()

    def _build(self) -> None:
        self._box = QHBoxLayout(self)
        self._box.setSpacing(theme.px(8))
        for widget in (self.name, self.play, self.step, self.reset, self.speed):
            self._box.addWidget(widget, 0, Qt.AlignmentFlag.AlignVCenter)
        self._box.addSpacing(theme.px(8))
        self._box.addWidget(self.slider, 1)
        self._box.addWidget(self.readout)
        for button in (self.card_button, self.menu):
            self._box.addWidget(button, 0, Qt.AlignmentFlag.AlignVCenter)
        self.card_button.hide()
        for button, signal in (
            (self.play, self.play_clicked), (self.step, self.step_clicked), (self.reset, self.reset_clicked),
            (self.menu, self.menu_clicked), (self.card_button, self.card_clicked),
            (self.name.rail_button, self.rail_clicked),
        ):  # fmt: skip
            button.clicked.connect(signal)
        self.speed.speed_changed.connect(self._race.set_speed)
        self._measure()

    def _measure(self) -> None:
        self.setFixedHeight(theme.px(HEIGHT))
        self._box.setContentsMargins(0, 0, theme.px(12), 1)
        self.readout.setFixedSize(theme.px(CARD - 60), theme.px(HEIGHT) - 1)

    def fold(self, rail: bool, card: bool) -> None:
        """Narrow windows: which side parts are drawers now, so that their buttons are shown."""
        self.name.fold(rail)
        self.card_button.setVisible(card)

    @Slot()
    def follow_state(self) -> None:
        state = self._race.state
        running = state == "running"
        text = "Pause" if running else "Again" if state == "finished" else "Play"
        tips = {"Pause": "Pause (Space)", "Play": "Race (Space)", "Again": "Race again from step 0 (Space)"}
        self.play.set_sign("pause" if running else "play", text, tips[text])
        self.play.setEnabled(state in ("paused", "running", "finished"))
        self.step.setEnabled(state == "paused")
        self.reset.setEnabled(state in ("paused", "running", "finished"))
        begun = self._race.step > 0 or running
        self.slider.set_state(_SLIDER_STATES.get(state, "ready") if begun else "ready")
        self.follow_numbers()

    @Slot()
    def follow_race(self) -> None:
        config = self._race.config
        planned = 0 if config is None else config.training.steps
        self.slider.set_horizon(planned or 10_000)
        self.slider.set_flags([])
        self._flagged = -1
        self.follow_state()

    @Slot()
    def follow_numbers(self) -> None:
        step, first = self._race.step, self._race.leader()
        if first is None or (step == 0 and not self._race.running):
            self.readout.say(_WORDS.get(self._race.state, "racing ..."))
            return
        self.readout.say("")
        unit, nats = first.run.unit, first.nats
        self.readout.set_numbers(step, None if nats is None else unit.convert(nats), unit.name)
        self.slider.set_step(step)
        if self._race.state == "paused" and self.slider.state == "ready":
            self.slider.set_state("paused")
        self._follow_leads()

    def _follow_leads(self) -> None:
        """A flag for each of the last changes of the lead; looked for only when something was validated."""
        seen = sum(racer.history.valid_steps.length for racer in self._race.racers)
        if seen == self._flagged:
            return
        self._flagged = seen
        names = {racer.number: racer.label for racer in self._race.racers}
        changes = leads(self._race.racers, CLOCKS[0])[1:]
        self.slider.set_flags([Flag(int(c.x), f"{names[c.number]} leads") for c in changes[-MOST_FLAGS:]])

    def on_theme_changed(self) -> None:
        super().on_theme_changed()
        self._measure()
