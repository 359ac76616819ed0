"""How a long text is cut into training windows: anywhere at random, or one after the other."""

from __future__ import annotations

import numpy as np

from seqviz.core.batch import Batch, Field
from seqviz.data.tasks import Feeder


class RandomWindows(Feeder):
    """Each window starts anywhere; state never continues."""

    def __init__(self, ids: np.ndarray, length: int) -> None:
        self.ids, self.length = ids, length
        self._offsets = np.arange(length + 1)

    def next(self, batch_size: int, rng: np.random.Generator) -> Batch:
        starts = rng.integers(0, len(self.ids) - self.length, size=batch_size)  # (batch,)
        rows = self.ids[starts[:, None] + self._offsets]  # (batch, length + 1)
        return _batch(rows, fresh=True)


class TextStreams(Feeder):
    """Truncated BPTT: the text in `batch_size` streams read side by side, window after window.

    A new batch size lays the streams anew and resets the carried state. What is left at the end of a stream, less than
    a window, is not read.
    """

    def __init__(self, ids: np.ndarray, length: int) -> None:
        self.ids, self.length = ids, length
        self._rows = 0
        self._at = 0

    def check(self, batch_size: int) -> None:
        if self._span(batch_size) < self.length:
            raise ValueError(f"training.batch_size: {batch_size} streams leave fewer than {self.length} tokens each")

    def _span(self, batch_size: int) -> int:
        """Tokens of one stream."""
        return (len(self.ids) - 1) // batch_size

    def next(self, batch_size: int, rng: np.random.Generator) -> Batch:
        self.check(batch_size)
        span = self._span(batch_size)
        fresh = batch_size != self._rows or self._at + self.length > span
        if fresh:
            self._rows, self._at = batch_size, 0
        starts = np.arange(batch_size) * span + self._at
        self._at += self.length
        return _batch(self.ids[starts[:, None] + np.arange(self.length + 1)], fresh)


def _batch(rows: np.ndarray, fresh: bool) -> Batch:
    """(batch, length + 1) ids -> inputs and targets one apart."""
    return Batch(
        {"tokens": Field(rows[:, :-1], ("batch", "t"))},
        {"tokens": Field(rows[:, 1:], ("batch", "t"))},
        tokens=rows.shape[0] * (rows.shape[1] - 1),
        fresh=fresh,
    )
