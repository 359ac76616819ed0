"""RaceSession: the race as the window knows it, fed by what the run's session hears of it.

No signal is sent for a step: what came is taken in, and `changed` follows the run session's own pace, at the
trainer's breath.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from PySide6.QtCore import QObject, Signal, SignalInstance, Slot

from seqviz.core import commands as cm
from seqviz.core import events as ev
from seqviz.core import race_events as race_ev
from seqviz.core.config import RunConfig, parse_config
from seqviz.gui.first_cursor import first_column
from seqviz.gui.form_plan import part_named
from seqviz.gui.race.racer import Racer
from seqviz.gui.race.standings import leader
from seqviz.gui.race.styles import styles_of
from seqviz.gui.session import RunSession

RaceState = Literal["empty", "preparing", "paused", "running", "finished"]
WANTS = frozenset({"surprisal", "losses", "next_token.probabilities", "gradient.decay.*", "gradient.half_life.*"})


class RaceSession(QObject):
    """One per window. `racers` are the lanes; `config` is the race as it was built, or as it is being built."""

    wants: ClassVar[frozenset[str]] = WANTS
    changed = Signal()  # numbers, frames or samples: at most some ten times a second
    state_changed = Signal(str)  # RaceState
    race_started = Signal()
    config_changed = Signal()
    cursor_changed = Signal(int)
    selected_changed = Signal(int)
    probe_changed = Signal(str)
    sizes_solved = Signal(object)  # SizesSolved
    rejected = Signal(str)
    explained = Signal(int, object)  # the racer's number, Explained
    notice = Signal(object)  # Notice

    def __init__(self, session: RunSession) -> None:
        super().__init__(session)
        self._session = session
        self.racers: list[Racer] = []
        self.config: RunConfig | None = None
        self.race_id = ""
        self.probe = ""
        self.cursor = 0
        self.selected = 0
        self.pulse: race_ev.RacePulse | None = None
        self._confirmed: RunConfig | None = None
        self._earlier: list[RunConfig] = []  # what can be gone back to
        self._state: RaceState = "empty"
        self._before: RaceState = "empty"
        self._speed = 0.0
        self._watched: cm.Watch | None = None
        self._probe_asked: str | None = None
        self._cursor_placed = self._dirty = False
        self._chose = False  # somebody chose a racer of this race
        self._told().connect(self._take)
        session.snapshot_changed.connect(self._pass_on)

    def _told(self) -> SignalInstance:
        """What it hears of its racers."""
        return self._session.race_told

    def _send(self, command: cm.RaceCommand) -> None:
        self._session.send(command)

    # what is so now

    @property
    def state(self) -> RaceState:
        return self._state

    @property
    def step(self) -> int:
        """Of the foremost racer that learns; of the counting ones where there is no other."""
        learning = [racer.step for racer in self.racers if not racer.counts]
        return max(learning or [racer.step for racer in self.racers], default=0)

    @property
    def running(self) -> bool:
        return self._state == "running"

    def racer(self, number: int) -> Racer | None:
        return self.racers[number] if 0 <= number < len(self.racers) else None

    @property
    def chosen(self) -> Racer | None:
        """The selected racer."""
        return self.racer(self.selected)

    def tokens(self) -> tuple[str, ...]:
        """The probe's tokens, the characters of its text before the first frame."""
        return next((racer.labels() for racer in self.racers if racer.labels()), tuple(self.probe))

    # commands

    def prepare(self, config: RunConfig, undoable: bool = False) -> None:
        """Build this race and show it paused at step 0."""
        if undoable and self._confirmed is not None:
            self._earlier.append(self._confirmed)
        elif config is not self.config:  # another race
            self._earlier, self._chose = [], False
        self.config = config
        self.config_changed.emit()
        self._send(cm.PrepareRace(config))
        self._set_state("preparing")

    def undo(self) -> bool:
        """The race before the last change of its racers; False when there is none."""
        if not self._earlier:
            return False
        earlier = self._earlier
        before = earlier.pop()
        self.prepare(before)
        self._earlier = earlier
        return True

    def reset(self) -> None:
        """The same race from step 0, with the same seed."""
        if self.config is not None:
            self.prepare(self.config)

    def play(self) -> None:
        self._send(cm.PlayRace(self._speed))

    def pause(self) -> None:
        self._send(cm.PauseRace())

    def step_on(self, count: int = 1) -> None:
        self._send(cm.StepRace(count))

    def sample_now(self) -> None:
        self._send(cm.SampleRace())

    def explain(self, position: int) -> None:
        """Ask every racer what it foretold the token at this place from."""
        self._send(cm.ExplainRace(position))

    def set_speed(self, rounds_per_second: float) -> None:
        """0: as fast as it goes."""
        if rounds_per_second != self._speed:
            self._speed = rounds_per_second
            if self.running:
                self.play()

    def set_probe(self, text: str) -> None:
        self._probe_asked = text
        self._send(cm.SetRaceProbe(text))

    def rename(self, number: int, label: str) -> None:
        """Call a racer otherwise; nothing is built anew for a name."""
        racer = self.racer(number)
        if self.config is None or racer is None:
            return
        racers = list(self.config.racers)
        racers[number] = racers[number].model_copy(update={"label": label})
        self.config = self._confirmed = self.config.model_copy(update={"racers": tuple(racers)})
        racer.label = label
        self.config_changed.emit()
        self.changed.emit()

    def solve_sizes(self) -> None:
        """Ask for widths that give all as many parameters as the selected one has."""
        if self.config is not None:
            self._send(cm.SolveSizes(self.config, self.selected))

    def watch(self, on: bool) -> None:
        """Whether anybody looks; nothing is traced for nobody."""
        wish = cm.Watch(self.wants) if on else cm.Watch()
        if wish != self._watched:
            self._watched = wish
            self._send(cm.WatchRace(wish))

    # looking

    def set_cursor(self, column: int) -> None:
        """Move the token cursor of all racers."""
        tokens = self.tokens()
        column = min(max(column, 0), max(len(tokens) - 1, 0))
        self._cursor_placed = True
        if column != self.cursor:
            self.cursor = column
            self.cursor_changed.emit(column)

    def select(self, number: int) -> None:
        """Choose the racer that the card and the strip speak of."""
        self._chose = True
        if number != self.selected and 0 <= number < max(len(self.racers), 1):
            self.selected = number
            self.selected_changed.emit(number)

    def select_next(self, number: int) -> None:
        """Choose a racer of the race that is about to be built."""
        self.selected, self._chose = number, True

    # hearing

    @Slot(object)
    def _take(self, event: race_ev.RaceEvent) -> None:
        self._dirty = True
        match event:
            case race_ev.RaceStarted():
                self._begin(event)
            case race_ev.Raced(race_id, number, told) if race_id == self.race_id:
                self._take_told(self.racers[number], told)
            case race_ev.RacePulse(race_id) if race_id == self.race_id:
                self._take_pulse(event)
            case race_ev.RacePaused():
                self._set_state("paused")
            case race_ev.RaceResumed():
                self._set_state("running")
            case race_ev.RaceFinished():
                self._set_state("finished")
            case race_ev.RaceProbeChanged():
                self._take_probe(event)
            case race_ev.SizesSolved(tree):
                self.sizes_solved.emit(event)
                self.prepare(parse_config(dict(tree)), undoable=True)
            case race_ev.RaceRejected(text):
                self._reject(text)

    def _begin(self, event: race_ev.RaceStarted) -> None:
        models = [str(run.config["model"]["name"]) for run in event.racers]
        styles = styles_of([(run.family, name) for run, name in zip(event.racers, models, strict=True)])
        labels = self._labels(event, models)
        self.racers = [
            Racer(n, labels[n], run, styles[n], event.learns_by[n], event.flops_per_token[n])
            for n, run in enumerate(event.racers)
        ]
        self.race_id, self.pulse = event.race_id, None
        self.config = self._confirmed = parse_config(dict(event.config))
        if not self._chose or self.selected >= len(self.racers):
            self.selected = next((n for n, name in enumerate(models) if name == self.config.model.name), 0)
        self._cursor_placed = False
        self._set_state("paused")
        self.config_changed.emit()
        self.race_started.emit()

    def _labels(self, event: race_ev.RaceStarted, models: list[str]) -> list[str]:
        """As the preset calls them, else the architecture's title; a number tells namesakes apart."""
        found: list[str] = []
        for label, name in zip(event.labels, models, strict=True):
            part = part_named(self._session.parts, "model", name)
            wanted = part.title if label in ("", name) and part is not None else label
            text, number = wanted, 2
            while text in found:
                text, number = f"{wanted} {number}", number + 1
            found.append(text)
        return found

    def _take_told(self, racer: Racer, event: ev.Event) -> None:
        racer.apply(event)
        match event:
            case ev.Frame() if not self._cursor_placed:
                self._place_cursor(racer)
            case ev.Explained():
                self.explained.emit(racer.number, event)
            case ev.Notice(level, text, details):
                self.notice.emit(ev.Notice(level, f"{racer.label}: {text}", details))
            case ev.RunFailed(_, text, details):
                self.notice.emit(ev.Notice("error", f"{racer.label}: {text}; the others race on", details))
            case ev.RunDiverged():
                words = f"{racer.label} diverged {racer.ending}; the others race on"
                self.notice.emit(ev.Notice("warning", words))

    def _take_pulse(self, event: race_ev.RacePulse) -> None:
        self.pulse = event
        for racer, speed in zip(self.racers, event.tokens_per_second, strict=True):
            racer.tokens_per_second = speed

    def _take_probe(self, event: race_ev.RaceProbeChanged) -> None:
        if event.text != self.probe:
            self._cursor_placed = False
        if event.text == self._probe_asked and self.config is not None:
            self.config = self._confirmed = self.config.replaced({"probe": event.text})
        self._probe_asked, self.probe = None, event.text
        if event.notice:
            self.notice.emit(ev.Notice("info", event.notice))
        self.probe_changed.emit(event.text)

    def _place_cursor(self, racer: Racer) -> None:
        """Where something is to be seen, until somebody points elsewhere."""
        labels = racer.labels()
        if labels and racer.frame is not None:
            column = first_column(labels, racer.surprisal(), racer.frame.step)
            self._cursor_placed = racer.frame.step > 0
            if column != self.cursor:
                self.cursor = column
                self.cursor_changed.emit(column)

    def _reject(self, text: str) -> None:
        if self._state == "preparing":
            self.config = self._confirmed
            self._set_state(self._before)
            self.config_changed.emit()
        self.rejected.emit(text)

    def _set_state(self, state: RaceState) -> None:
        if state != self._state:
            if state == "preparing":
                self._before = self._state
            self._state = state
            self._session.set_racing(self.running, self._threads())
            self.state_changed.emit(state)

    def _threads(self) -> int:
        return self.racers[0].run.threads if self.racers else 1

    @Slot()
    def _pass_on(self) -> None:
        if self._dirty:
            self._dirty = False
            self.changed.emit()

    # summing up

    def leader(self) -> Racer | None:
        return leader(self.racers)

    def summary(self) -> Mapping[str, Any]:
        """What screen readers and tests want to know at a glance."""
        return {racer.label: racer.state for racer in self.racers}
