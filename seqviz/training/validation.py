"""Validation in slices: a quick estimate on evenly spread windows, or the whole split with every token once."""

from __future__ import annotations

import math
from collections.abc import Generator, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from seqviz.core.batch import Batch, Field
from seqviz.core.config import TrainingConfig
from seqviz.data.tasks import Task
from seqviz.training.learner import Learner

Slices = Generator[None, None, "Found | None"]


@dataclass(frozen=True)
class Found:
    """Mean loss in nats per target, and the task's metrics as means."""

    loss: float
    metrics: dict[str, float]


class Validation:
    """Works on the run's learner, in eval mode, without touching its random numbers."""

    def __init__(self, learner: Learner, task: Task, config: TrainingConfig) -> None:
        self.learner, self.task = learner, task
        self.batch_size, self.batches = config.batch_size, config.valid_batches
        self._few: list[Batch] | None = None

    def sampled(self) -> Slices:
        """The same few batches each time, spread evenly over the validation split."""
        if self._few is None:
            self._few = spread(list(self.task.evaluation_batches(self.batch_size)), self.batches)
        return (yield from self._over(self._few))

    def full(self) -> Slices:
        """The whole validation split; None where there is none."""
        return (yield from self._over(self.task.evaluation_batches(self.batch_size), carry=self.carries))

    def test(self) -> Slices:
        """The whole test split; None where the corpus has none."""
        return (yield from self._over(self.task.test_batches(self.batch_size), carry=self.carries))

    @property
    def carries(self) -> bool:
        """Counting models read the validation text through, window after window, as they read the training text."""
        return self.learner.model.learns_by != "gradient"

    @property
    def full_rule(self) -> str:
        """How much context each token of the full validation sees, in words."""
        return "all of the text before it" if self.carries and self.task.runs_on else self.task.rule

    def _over(self, batches: Iterable[Batch], carry: bool = False) -> Slices:
        total = count = 0.0
        sums: dict[str, np.ndarray] = {}
        state: Any = None
        for batch in batches:
            goes_on = carry and batch.in_order and not batch.fresh
            scored = self.learner.evaluate(batch, state if goes_on else None)
            state = scored.state
            total, count = total + scored.total, count + scored.count
            for name, pair in scored.metrics.items():
                sums[name] = sums.get(name, np.zeros(2)) + np.array(pair)
            yield
        if not count:
            return None
        means = {name: float(s / n) if n else math.nan for name, (s, n) in sums.items()}
        return Found(total / count, dict(self.task.figures(means)))


def spread(batches: list[Batch], wanted: int) -> list[Batch]:
    """`wanted` of the batches, evenly spread; all when there are fewer."""
    if len(batches) <= wanted:
        return batches
    chosen = np.linspace(0, len(batches) - 1, wanted).round().astype(int)
    return [batches[i] for i in chosen]


def first_rows(batch: Batch, rows: int) -> Batch:
    """The first sequences of a batch."""
    return _rows(batch, slice(0, rows))


def one_row(batch: Batch, row: int) -> Batch:
    """One sequence of a batch, as a batch of one."""
    return _rows(batch, slice(row, row + 1))


def _rows(batch: Batch, chosen: slice) -> Batch:
    """Sequences of a batch. A batch whose structure is one flat tree has a single row and stays whole."""

    def cut(item: Field) -> Field:
        return Field(item.values[chosen], item.axes, None if item.mask is None else item.mask[chosen])

    return Batch(
        {name: cut(item) for name, item in batch.inputs.items()},
        {name: cut(item) for name, item in batch.targets.items()},
        structure=batch.structure,
    )
