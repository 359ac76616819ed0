"""The top bar of the race: one play, one step, one reset for all; how far they are, and when the lead changed."""

from __future__ import annotations

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QWidget

from seqviz.gui.race.clocks import CLOCKS
from seqviz.gui.race.reading import leads
from seqviz.gui.race.session import RaceSession
from seqviz.gui.readout import Readout
from seqviz.gui.transport_bar import TransportBar
from seqviz.gui.widgets.time_slider import Flag

MOST_FLAGS = 4
_SLIDER_STATES = {"running": "live", "paused": "paused", "finished": "finished"}
_RESETTABLE = frozenset({"paused", "running", "finished"})
_WORDS = {"empty": "no race yet", "preparing": "building the racers ...", "paused": "ready, step 0"}


class RaceBar(TransportBar):
    """The bar of the race: it follows all racers."""

    def __init__(self, race: RaceSession, parent: QWidget | None = None) -> None:
        super().__init__("Race", "Race", "One step of every racer (.)", "At the cursor", Readout("best"), parent)
        self._race = race
        self._flagged = -1
        self.speed.speed_changed.connect(race.set_speed)
        race.state_changed.connect(self.follow_state)
        race.race_started.connect(self.follow_race)
        race.changed.connect(self.follow_numbers)
        self.follow_state()

    @Slot()
    def follow_state(self) -> None:
        state = self._race.state
        self.show_transport(state, _RESETTABLE)
        begun = self._race.step > 0 or state == "running"
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
