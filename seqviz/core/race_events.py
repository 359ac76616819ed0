"""What crosses from the trainer's thread to the race page: several models that learn side by side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from seqviz.core.events import Delivery, Event, RunStarted
from seqviz.core.units import Unit


class RaceEvent(Event):
    """Base of what is told of a race; the window's race page hears these and nothing else."""


@dataclass(frozen=True)
class RaceStarted(RaceEvent):
    """A race stands at step 0, built and paused. Everything by racer, in the order of the config's `racers`."""

    race_id: str
    config: Mapping[str, Any]  # RunConfig.model_dump(); `racers` with every knob of every model spelled out
    racers: tuple[RunStarted, ...]
    labels: tuple[str, ...]
    learns_by: tuple[str, ...]  # gradient | observe | none: those that do not learn by gradient are lines to beat
    flops_per_token: tuple[float, ...]  # of training: see training/flops.py; 0 where nothing is multiplied
    unit: Unit


@dataclass(frozen=True)
class Raced(RaceEvent):
    """What one racer's run told: the event as it would come from a run alone."""

    race_id: str
    racer: int
    event: Event

    @property
    def delivery(self) -> Delivery:  # type: ignore[override]  # as its content is delivered, not as its class
        return self.event.delivery

    @property
    def coalescing_key(self) -> object:
        return (self.racer, type(self.event), self.event.coalescing_key)


@dataclass(frozen=True)
class RacePulse(RaceEvent):
    """How the race fares, a few times a second; figures by racer."""

    delivery: ClassVar[Delivery] = "latest"
    race_id: str
    steps: tuple[int, ...]
    seconds: tuple[float, ...]  # of computing
    tokens_per_second: tuple[float, ...]  # of computing
    rounds_per_second: float
    looking_share: float
    looking_budget: float = 0.0  # see Pulse


@dataclass(frozen=True)
class RacePaused(RaceEvent):
    race_id: str
    step: int


@dataclass(frozen=True)
class RaceResumed(RaceEvent):
    race_id: str
    step: int


@dataclass(frozen=True)
class RaceFinished(RaceEvent):
    """No racer is running any more; `summaries` by racer, as `train --json` prints them ({}: it failed)."""

    race_id: str
    summaries: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True)
class RaceProbeChanged(RaceEvent):
    race_id: str
    text: str
    notice: str = ""


@dataclass(frozen=True)
class SizesSolved(RaceEvent):
    """The race with widths that make all about as large as one of them; `parameters` by racer, before and after."""

    config: Mapping[str, Any]
    before: tuple[int, ...]
    after: tuple[int, ...]


@dataclass(frozen=True)
class RaceRejected(RaceEvent):
    """A command about the race that could not be obeyed: nothing was changed."""

    text: str
