"""A race of six against the sum of its runs: what taking turns costs."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from seqviz.cli.bench import Figures, Measurement, measurements

ROUNDS, PAIRS = 10, 9  # steps of each side's turn, and how often each has one
RACERS: tuple[dict[str, Any], ...] = (
    {"name": "fixed_window"},
    {"name": "rnn"},
    {"name": "gru"},
    {"name": "lstm"},
    {"name": "tcn"},
    {"name": "transformer", "d_model": 64, "n_layers": 2},
)


@measurements.register("race_of_six")
class RaceOfSix(Measurement):
    gives = ("race_overhead", "race_rounds_per_second")
    limit = 240.0

    def measure(self) -> Figures:
        from statistics import median

        import torch

        torch.set_num_threads(1)
        race, alone = racing(), running_alone()
        for side in (race, alone):
            seconds(side)
        pairs = [(seconds(race), seconds(alone)) for _ in range(PAIRS)]
        overhead = median(a / b for a, b in pairs) - 1.0
        return {
            "race_overhead": round(overhead, 4),
            "race_rounds_per_second": round(ROUNDS / median(a for a, _ in pairs), 2),
        }


def seconds(side: Iterator[None]) -> float:
    """What its next turn takes."""
    began = time.perf_counter()
    next(side)
    return time.perf_counter() - began


def racing() -> Iterator[None]:
    """Each turn: so many rounds of one race of six."""
    from seqviz.training.ports import NoStores
    from seqviz.training.race import Race

    race = Race.prepared(race_config(), NoStores(), lambda event: None)
    race.begin()
    while True:
        for _ in range(ROUNDS):
            for _ in race.round():
                pass
        yield


def running_alone() -> Iterator[None]:
    """Each turn: so many steps of each of the six runs, one run after the other."""
    from seqviz.training.builder import build
    from seqviz.training.ports import NoStore
    from seqviz.training.trainer import Trainer

    runs = []
    for lane in race_config().lanes():
        trainer = Trainer(build(lane), NoStore(), lambda event: None)
        trainer.begin()
        runs.append((trainer, trainer.turns()))
    while True:
        for trainer, turns in runs:
            end = trainer.step + ROUNDS
            while trainer.step < end:
                next(turns)
        yield


def race_config() -> Any:
    from seqviz.cli.bench.harness.settings import bench_config

    return bench_config("lstm").replaced({"racers": [{"model": racer} for racer in RACERS]})
