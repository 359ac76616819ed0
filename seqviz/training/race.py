"""Several runs on one clock: one scheduler steps them in turn, so that the seconds of each are its own.

In every round each racer that learns by gradient makes one optimiser step; those that count read on for a moment,
so that their line stands soon. Every racer owns its random numbers, so its weights are those of its run alone, bit
for bit. Nothing here knows of threads or windows: `for _ in race.turns(): ...` races headless.
"""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from seqviz.core.config import RunConfig
from seqviz.core.events import Event, RunFailed, RunFinished
from seqviz.core.race_events import Raced, RaceStarted
from seqviz.models.base import architectures
from seqviz.training.builder import Experiment, build
from seqviz.training.describing import provided_names
from seqviz.training.flops import training_flops_per_token
from seqviz.training.learner import Phase
from seqviz.training.looking import Looker
from seqviz.training.ports import RunStores
from seqviz.training.trainer import Trainer

READ_AHEAD = 0.03  # seconds per round that a counting racer reads


@dataclass
class Lane:
    """One racer: its run, how it is looked at, and where its work stands."""

    number: int
    label: str
    trainer: Trainer
    looker: Looker
    tell: Callable[[Event], None]
    turns: Iterator[None] = field(init=False)
    running: bool = True
    summary: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.turns = self.trainer.turns()

    def advance(self) -> bool:
        """One slice of its work; False when there is no more."""
        self.running = self.running and next(self.turns, self) is not self
        return self.running


MakeTrainer = Callable[[Callable[[Event], None]], Trainer]  # one racer's run, given whom it tells


class Race:
    """The runs that `makers` give, paused where they stand; `emit` hears what racers tell as Raced."""

    def __init__(self, config: RunConfig, makers: Sequence[MakeTrainer], emit: Callable[[Event], None]) -> None:
        self.config = config
        self._emit = emit
        self._held: list[Event] | None = []  # what racers say before the race itself was announced
        self.race_id = ""
        self.lanes: list[Lane] = []
        for number, make in enumerate(makers):
            self.lanes.append(self._lane(number, make, len(makers)))
        self.race_id = " ".join(lane.trainer.store.run_id for lane in self.lanes)
        self.set_probe(min((lane.looker.probe_text for lane in self.lanes), key=len))  # what all can read

    @classmethod
    def prepared(
        cls,
        config: RunConfig,
        stores: RunStores,
        emit: Callable[[Event], None],
        on_phase: Callable[[Phase], None] | None = None,
    ) -> Race:
        """Every racer of a config, built and paused at step 0.

        Raises
        ------
        ValueError
            one line: fewer than two racers, a racer that cannot be built, or losses in different units.
        """
        experiments = build_racers(config)
        racers = tuple(
            racer.model_copy(update={"model": experiment.config.model})
            for racer, experiment in zip(config.racers, experiments, strict=True)
        )
        makers = [partial(_stored_run, experiment, stores, on_phase) for experiment in experiments]
        return cls(config.model_copy(update={"racers": racers}), makers, emit)

    def _lane(self, number: int, make: MakeTrainer, racers: int) -> Lane:
        def tell(event: Event) -> None:
            if isinstance(event, RunFinished):
                self.lanes[number].summary = dict(event.summary)
            self._tell(Raced(self.race_id, number, event))

        trainer = make(tell)
        return Lane(number, trainer.config.title, trainer, Looker(trainer, tell, sharers=racers), tell)

    # the race --------------------------------------------------------------------------------------------------

    def begin(self) -> RaceStarted:
        """Announce the race and its baselines; nothing is trained yet."""
        runs = []
        for lane in self.lanes:
            tensors = lane.trainer.learner.tensors(lane.looker.probe)
            runs.append(lane.trainer.begin(provided_names(lane.trainer.experiment, tensors)))
        started = RaceStarted(
            self.race_id,
            self.config.model_dump(),
            tuple(runs),
            tuple(lane.label for lane in self.lanes),
            tuple(lane.trainer.model.learns_by for lane in self.lanes),
            tuple(self._flops(lane) for lane in self.lanes),
            self.lanes[0].trainer.task.unit,
        )
        self._emit(started)
        held, self._held = self._held or [], None
        for event in held:
            self._emit(event)
        return started

    def _tell(self, event: Event) -> None:
        if self._held is None:
            self._emit(event)
        else:
            self._held.append(event)

    def _flops(self, lane: Lane) -> float:
        sequence = next(iter(lane.trainer.task.evaluation_batches(1)), lane.looker.probe)
        return training_flops_per_token(lane.trainer.model, lane.trainer.learner.tensors(sequence))

    @property
    def running(self) -> bool:
        return any(lane.running for lane in self.lanes)

    @property
    def step(self) -> int:
        """The step of the foremost racer that learns step by step; of the counting ones where there is no other."""
        learning = [lane for lane in self.lanes if lane.trainer.learns]
        return max((lane.trainer.step for lane in learning or self.lanes), default=0)

    @property
    def rounds(self) -> int:
        """Steps that all racers have made that still learn step by step."""
        return min(
            (lane.trainer.step for lane in self.lanes if lane.running and lane.trainer.learns), default=self.step
        )

    def turns(self) -> Iterator[None]:
        """Round after round until no racer runs any more; every `next()` does one bounded piece of work."""
        while self.running:
            yield from self.round()

    def round(self) -> Iterator[None]:
        for lane in self.lanes:
            if lane.running:
                yield from self._step(lane) if lane.trainer.learns else self._read_ahead(lane)

    def _step(self, lane: Lane) -> Iterator[None]:
        """To its next step, with the validation and the samples that are due before it."""
        before = lane.trainer.step
        while lane.trainer.step == before and self._advanced(lane):
            yield

    def _read_ahead(self, lane: Lane) -> Iterator[None]:
        end = time.perf_counter() + READ_AHEAD
        while time.perf_counter() < end and self._advanced(lane):
            yield

    def _advanced(self, lane: Lane) -> bool:
        """One slice of one racer. An error ends this racer, not the race."""
        try:
            return lane.advance()
        except Exception as error:
            lane.running, lane.trainer.status = False, "failed"
            text = str(error).splitlines()[0] if str(error) else type(error).__name__
            self._tell(
                Raced(
                    self.race_id,
                    lane.number,
                    RunFailed(lane.trainer.step, text, "".join(traceback.format_exception(error))),
                )
            )
            return False

    def set_probe(self, text: str) -> str:
        """Look through another text, all of them or none; the notice says what was replaced in it."""
        before = self.lanes[0].looker.probe_text
        notices: list[str] = []
        try:
            for lane in self.lanes:
                notices.append(lane.looker.set_probe(text))
        except ValueError:
            for lane in self.lanes[: len(notices)]:
                lane.looker.set_probe(before)
            raise
        return next((notice for notice in notices if notice), "")

    def save(self) -> None:
        for lane in self.lanes:
            if lane.running and lane.trainer.step:
                lane.trainer.save()

    def close(self) -> None:
        self.save()
        for lane in self.lanes:
            lane.trainer.store.close()

    def summaries(self) -> tuple[dict[str, Any], ...]:
        """What `train --json` prints of each racer; {} where it came to no end."""
        return tuple(lane.summary for lane in self.lanes)


def _stored_run(
    experiment: Experiment,
    stores: RunStores,
    on_phase: Callable[[Phase], None] | None,
    tell: Callable[[Event], None],
) -> Trainer:
    store = stores.create(experiment.config, experiment.about(), experiment.task.saved_arrays())
    return Trainer(experiment, store, tell, on_phase)


def build_racers(config: RunConfig) -> list[Experiment]:
    """Every racer's experiment; corpus and task are read once."""
    lanes = config.lanes()
    if len(lanes) < 2:
        raise ValueError("racers: a race needs at least two")
    experiments: list[Experiment] = []
    for number, lane in enumerate(lanes):
        if not _by_steps(lane):  # what reads a text to its end has no optimiser steps to be counted by
            lane = lane.replaced({"training.steps": 0})
        try:
            experiments.append(build(lane, beside=experiments[0] if experiments else None))
        except ValueError as error:
            raise ValueError(f"racers.{number}.{error}") from None
    units = {experiment.task.unit.name for experiment in experiments}
    if len(units) > 1:
        raise ValueError(f"racers: losses in {' and '.join(sorted(units))} cannot be compared")
    return experiments


def _by_steps(lane: RunConfig) -> bool:
    return lane.model.name not in architectures.names() or architectures.get(lane.model.name).learns_by == "gradient"
