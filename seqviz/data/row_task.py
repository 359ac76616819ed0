"""What tasks over separate examples share: random rows to train on, all rows in order to be judged by."""

from __future__ import annotations

import abc
from collections.abc import Callable, Iterator
from typing import Literal

import numpy as np

from seqviz.core.batch import Batch
from seqviz.data.tasks import Feeder, Task

Split = Literal["train", "valid", "test"]


class RandomRows(Feeder):
    """Rows drawn evenly at random, with replacement: nothing to remember between batches."""

    def __init__(self, rows: int, make: Callable[[np.ndarray], Batch]) -> None:
        self.rows, self.make = rows, make

    def next(self, batch_size: int, rng: np.random.Generator) -> Batch:
        return self.make(rng.integers(0, self.rows, batch_size))


class RowTask(Task):
    """Subclasses say how many rows a split has and make a batch of some of them."""

    rule = "each example whole, by itself"

    @abc.abstractmethod
    def rows(self, split: Split) -> int:
        """Examples in a split."""

    @abc.abstractmethod
    def batch_of(self, split: Split, rows: np.ndarray) -> Batch:
        """These examples of a split, numpy."""

    def feeder(self, carry_state: bool) -> Feeder:
        if carry_state:
            raise ValueError("training.carry_state: the examples of this task do not follow one another")
        return RandomRows(self.rows("train"), lambda rows: self.batch_of("train", rows))

    def evaluation_batches(self, batch_size: int) -> Iterator[Batch]:
        return self._in_order("valid", batch_size)

    def reading_batches(self, batch_size: int) -> Iterator[Batch]:
        return self._in_order("train", batch_size)

    def _in_order(self, split: Split, batch_size: int) -> Iterator[Batch]:
        count = self.rows(split)
        for start in range(0, count, batch_size):
            yield self.batch_of(split, np.arange(start, min(start + batch_size, count)))

    def steps_per_epoch(self, batch_size: int) -> float:
        return self.rows("train") / batch_size


class ArrayTask(RowTask):
    """Examples that are the rows of two arrays, all of one length (the context)."""

    @abc.abstractmethod
    def arrays(self, split: Split) -> tuple[np.ndarray, np.ndarray]:
        """(inputs, targets) of a split, examples on axis 0."""

    @abc.abstractmethod
    def pair(self, inputs: np.ndarray, targets: np.ndarray) -> Batch:
        """The batch of some rows of both."""

    def rows(self, split: Split) -> int:
        return len(self.arrays(split)[0])

    def batch_of(self, split: Split, rows: np.ndarray) -> Batch:
        inputs, targets = self.arrays(split)
        return self.pair(inputs[rows], targets[rows])

    @property
    def tokens_per_epoch(self) -> int:
        return self.rows("train") * self.context_length
