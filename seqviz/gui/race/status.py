"""The status bar of the race: how many race in turn, how fast, what looking costs, who fell out."""

from __future__ import annotations

from PySide6.QtCore import Slot

from seqviz.core.events import Progress
from seqviz.gui import theme
from seqviz.gui.looking_words import LOOKING, cost_words, looking_words
from seqviz.gui.race.session import RaceSession
from seqviz.gui.session import RunSession
from seqviz.gui.status_bar import StatusBar

_WORDS = {"empty": "ready", "preparing": "building", "paused": "paused", "running": "racing", "finished": "finished"}


class RaceStatusBar(StatusBar):
    """The status bar of one model, told of the race instead."""

    def __init__(self, session: RunSession, race: RaceSession) -> None:
        self._race = race
        self._doing: dict[str, float] = {}
        super().__init__(session)
        race.state_changed.connect(self.refresh)
        race.changed.connect(self._soon)
        session.progress.connect(self._take_doing)

    @Slot(object)
    def _take_doing(self, event: Progress) -> None:
        self._doing.pop(event.what, None)
        if event.share < 1.0:
            self._doing[event.what] = event.share
        self.refresh()

    @property
    def shown_state(self) -> str:
        return self._race.state

    def _parts(self) -> list[tuple[str, str]]:
        race, pulse = self._race, self._race.pulse
        parts: list[tuple[str, str]] = [(self._word(), "")]
        parts += [(f"{what} ...", f"{100 * share:.0f} %" if share >= 0 else "") for what, share in self._doing.items()]
        if not race.racers:
            return parts
        run = race.racers[0].run
        going = sum(racer.state in ("ready", "racing") for racer in race.racers)
        parts.append(("", f"{going if race.running else len(race.racers)} models in turn"))
        parts.append((run.device, f"{run.threads} thread{'s' if run.threads != 1 else ''}"))
        if pulse is not None and race.running and pulse.rounds_per_second > 0:  # not before there was a round
            parts.append(("", f"{theme.short(pulse.rounds_per_second)} rounds/s"))
            parts.append((LOOKING, cost_words(pulse.looking_share, pulse.looking_budget)))
        out = [f"{racer.label} {racer.state}" for racer in race.racers if racer.out]
        if out:
            parts.append((", ".join(out), ""))
        if self._session.mailbox.dropped:
            parts.append(("dropped frames", theme.thousands(self._session.mailbox.dropped)))
        return parts

    def looking_tip(self) -> str:
        pulse = self._race.pulse
        return "" if pulse is None else looking_words(pulse.looking_share, pulse.looking_budget, ())

    def _word(self) -> str:
        if self._race.state == "paused" and not self._race.step:
            return "ready"
        return _WORDS[self._race.state]
