"""What the window may ask of the trainer's thread. Answered between optimiser steps, in order."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # a script that is watched (seqviz/watching) must not wait for pydantic
    from seqviz.core.config import RunConfig


@dataclass(frozen=True)
class Command:
    """Base of all commands."""


@dataclass(frozen=True)
class Prepare(Command):
    """Build a run of this config and show it paused at step 0. Also what Reset does: the seed stays."""

    config: RunConfig


@dataclass(frozen=True)
class OpenRun(Command):
    """Show a run folder: its curves, samples and last weights, paused where it stopped."""

    folder: Path


@dataclass(frozen=True)
class Play(Command):
    """Train on. `steps_per_second` 0: as fast as it goes."""

    steps_per_second: float = 0.0


@dataclass(frozen=True)
class Pause(Command):
    pass


@dataclass(frozen=True)
class Step(Command):
    count: int = 1


@dataclass(frozen=True)
class SetKnob(Command):
    """Change one live knob; `key` is a dotted path of RunConfig."""

    key: str
    value: Any


@dataclass(frozen=True)
class SetProbe(Command):
    text: str


@dataclass(frozen=True)
class Watch(Command):
    """What is looked at now: trace names with wildcards. Nothing else is computed.

    `source`: "probe", "batch" (the current training batch, as in eval mode) or "windows" (mean of 32).
    """

    wants: frozenset[str] = frozenset()
    source: str = "probe"
    budget: float = 0.05  # share of the trainer's time for everything dear


@dataclass(frozen=True)
class SampleNow(Command):
    pass


@dataclass(frozen=True)
class PreviewTokens(Command):
    """Split the start of a text (or of a file) under a tokenizer."""

    kind: str
    text: str = ""
    path: Path | None = None
    vocab_size: int = 2000


@dataclass(frozen=True)
class FetchCorpus(Command):
    """Download a catalogue entry, or import it from a local file."""

    entry: str
    local: Path | None = None


@dataclass(frozen=True)
class CancelFetch(Command):
    pass


@dataclass(frozen=True)
class Explain(Command):
    """Ask what the token at this position of the probe was foretold from; answered by Explained."""

    position: int


class RaceCommand(Command):
    """Base of what is asked of the race. While the race plays the single run stands still, and the other way round."""


@dataclass(frozen=True)
class PrepareRace(RaceCommand):
    """Build every racer of `config.racers` and show them paused at step 0."""

    config: RunConfig


@dataclass(frozen=True)
class LeaveRace(RaceCommand):
    """Close the race; its runs stay in their folders."""


@dataclass(frozen=True)
class PlayRace(RaceCommand):
    """Race on. `steps_per_second` 0: as fast as it goes."""

    steps_per_second: float = 0.0


@dataclass(frozen=True)
class PauseRace(RaceCommand):
    pass


@dataclass(frozen=True)
class StepRace(RaceCommand):
    """Every racer makes so many steps."""

    count: int = 1


@dataclass(frozen=True)
class WatchRace(RaceCommand):
    """What is looked at in every racer; see Watch."""

    watch: Watch


@dataclass(frozen=True)
class SetRaceProbe(RaceCommand):
    text: str


@dataclass(frozen=True)
class SampleRace(RaceCommand):
    pass


@dataclass(frozen=True)
class ExplainRace(RaceCommand):
    """The same of every racer; answered by one Explained each, as Raced."""

    position: int


@dataclass(frozen=True)
class SolveSizes(RaceCommand):
    """Find widths that give all racers about as many parameters as racer `like` has; answered by SizesSolved."""

    config: RunConfig
    like: int


@dataclass(frozen=True)
class Quit(Command):
    """End the thread after the current slice of work."""


@dataclass(frozen=True)
class Beat(Command):
    """The window is alive: a script that stands still at its wish may go on standing still."""


@dataclass(frozen=True)
class InjectFault(Command):
    """For tests: raise inside the trainer at the named place."""

    place: str
