"""A pair of original and twin: copies of the run that stands on the first page, raced beside each other.

Both are fed the same batches. Where a remedy can be put into a run under way, both go on from its present step and
weights; where it needs new weights, or the run is over, both begin at step 0 with the run's seed. The run itself is
only read, and the pair is kept in no run folder: what begins in the middle cannot be repeated from a config.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from seqviz.core.commands import PlayRace, PrepareRace, RaceCommand, SolveSizes, StepRace
from seqviz.core.config import Racer, RunConfig
from seqviz.core.events import Event, Progress
from seqviz.core.lab_commands import DriveTwin, LabCommand
from seqviz.core.lab_events import RemediesOffered, RemedySwitch, TwinMade, TwinTold
from seqviz.core.race_events import RaceEvent, RaceRejected
from seqviz.training.builder import build, complete
from seqviz.training.forking import fork
from seqviz.training.learner import Phase
from seqviz.training.looking import Looker
from seqviz.training.ports import NoStore, NoStores
from seqviz.training.race import Race
from seqviz.training.race_control import RaceControl
from seqviz.training.remedies import remedies, switches
from seqviz.training.trainer import Trainer

LABELS = ("original", "twin")


class TwinControl:
    """One pair at most. All methods run in the training thread."""

    def __init__(self, emit: Callable[[Event], None], on_phase: Callable[[Phase], None]) -> None:
        self.emit = emit
        self.race = RaceControl(self._tell, on_phase, NoStores())
        self.on_phase = on_phase

    def _tell(self, event: Event) -> None:
        self.emit(TwinTold(event) if isinstance(event, RaceEvent) else event)

    def offer(self, trainer: Trainer) -> None:
        """Tell which remedies the run that stands here could be given."""
        self.emit(RemediesOffered(switches(trainer.config)))

    def make(self, trainer: Trainer, looker: Looker, changes: Mapping[str, Any]) -> None:
        """Put a pair here, paused; what cannot be is told as RaceRejected and the pair before it stays."""
        what = "preparing the twin"
        self.emit(Progress(what, -1.0))
        try:
            self._make(trainer, looker, changes)
        except ValueError as error:
            self._tell(RaceRejected(" ".join(str(error).split())))
        finally:
            self.emit(Progress(what, 1.0))

    def _make(self, trainer: Trainer, looker: Looker, changes: Mapping[str, Any]) -> None:
        plan = Plan(trainer, changes)
        race = Race(plan.race_config(), [partial(plan.lane, number, self.on_phase) for number in (0, 1)], self._tell)
        race.set_probe(looker.probe_text)
        self.emit(TwinMade(dict(changes), race.step, plan.words, plan.notes))
        self.race.seat(race)

    def drive(self, command: RaceCommand) -> None:
        """Obey one command of a race, for the pair."""
        if isinstance(command, (PrepareRace, SolveSizes)):
            self._tell(RaceRejected("a pair is made from the run that stands here, not from a config"))
        else:
            self.race.obey(command)

    def pause(self) -> None:
        self.race.pause()

    @property
    def busy(self) -> bool:
        return self.race.busy

    def work(self) -> None:
        self.race.work()

    def close(self) -> None:
        self.race.close()


class Plan:
    """What a pair is made of.

    Raises
    ------
    ValueError
        one line: a run without a gradient, a remedy that it cannot have, or a value that is none.
    """

    def __init__(self, trainer: Trainer, changes: Mapping[str, Any]) -> None:
        if not trainer.learns:
            raise ValueError(f"{type(trainer.model).title} has no gradient that a remedy could mend")
        self.trainer = trainer
        base = trainer.config
        config, asked = remedied(base, changes)
        over = not trainer.goes_on
        self.from_start = over or any(switch.from_start for switch, _ in asked)
        self.configs = (_titled(base, 0), _titled(config, 1))
        self.words = ", ".join(f"{switch.title} {said(switch.value)} → {said(value)}" for switch, value in asked)
        self.notes = tuple(note for s, v in asked for note in remedies.get(s.name)().notes(base, v))
        if over and trainer.step:
            self.notes += (f"The run is over at step {trainer.step}, so both begin at step 0 with its seed.",)
        if self.from_start and trainer.retuned:
            self.notes += ("The run's knobs were changed while it went on: both begin with them as they are now.",)

    def race_config(self) -> RunConfig:
        """The pair as a race of two."""
        racers = tuple(
            Racer(label=label, model=config.model, learning_rate=config.optimizer.learning_rate)
            for label, config in zip(LABELS, self.configs, strict=True)
        )
        return self.trainer.config.model_copy(update={"racers": racers})

    def lane(self, number: int, on_phase: Callable[[Phase], None], tell: Callable[[Event], None]) -> Trainer:
        """The original (0) or its twin (1), ready to go on."""
        config = self.configs[number]
        if not self.from_start:
            return fork(self.trainer, config, tell, on_phase)
        return Trainer(build(config, beside=self.trainer.experiment), NoStore(), tell, on_phase)


def drives_on(command: LabCommand) -> bool:
    """Whether this sets the pair going."""
    return isinstance(command, DriveTwin) and isinstance(command.command, (PlayRace, StepRace))


def remedied(base: RunConfig, changes: Mapping[str, Any]) -> tuple[RunConfig, list[tuple[RemedySwitch, Any]]]:
    """The config with all these remedies, and each switch as the run had it beside its new value.

    What may change the architecture comes first, so that the others turn the knobs of the new one.

    Raises
    ------
    ValueError
        one line: a remedy that cannot be had, or a value that is none.
    """
    config, switches = base, {}
    for name in sorted(changes, key=lambda name: -remedies.get(name).thorough):
        remedy = remedies.get(name)()
        here = remedy.offered(config)
        if here is None:
            raise ValueError(f"{remedy.title}: this run cannot have it")
        switches[name] = remedy.offered(base) or here
        config = complete(remedy.applied(config, changes[name]))
    return config, [(switches[name], value) for name, value in changes.items()]


def _titled(config: RunConfig, number: int) -> RunConfig:
    return config.model_copy(update={"title": LABELS[number]})


def said(value: Any) -> str:
    """A value in words: on and off, and no more digits than needed."""
    if isinstance(value, bool):
        return "on" if value else "off"
    return f"{value:.4g}" if isinstance(value, float) else str(value)
