"""Text on its way to being counted: readings that were taken in, laid end to end so that many are counted at once.

Axes: R rows (texts side by side), T positions, K tokens that stood before, S places of the text laid end to end.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from seqviz.models.context_counts import ContextCounts, Ints

BARRIER = -1  # no context reaches over it


@dataclass(frozen=True)
class Reading:
    """A stretch still to be counted: each (R, T), after `before` (R, K). `goes_on`: it continues the one before it."""

    before: Ints
    tokens: Ints
    targets: Ints
    counted: np.ndarray
    goes_on: bool


class Unread:
    """Readings in the order they came."""

    def __init__(self) -> None:
        self._readings: list[Reading] = []
        self.size = 0  # tokens

    def add(self, reading: Reading) -> None:
        self._readings.append(reading)
        self.size += int(reading.counted.sum())

    def clear(self) -> None:
        self._readings, self.size = [], 0

    def count_into(self, counts: ContextCounts) -> None:
        """Count all of it and forget it."""
        parts = [part for number, reading in enumerate(self._readings) for part in _laid(reading, not number)]
        if parts:
            tokens, targets, counted = (np.concatenate(column)[None] for column in zip(*parts, strict=True))  # (1, S)
            counts.read(np.zeros((1, 0), dtype=np.int64), tokens, targets, counted)
        self.clear()


def _laid(reading: Reading, first: bool) -> Iterator[tuple[Ints, Ints, np.ndarray]]:
    """(tokens, targets, counted), each (S,), of every row: what stands before it is read again but not counted."""
    if reading.goes_on and not first and len(reading.tokens) == 1:
        yield reading.tokens[0], reading.targets[0], reading.counted[0]
        return
    for before, tokens, targets, counted in zip(
        reading.before, reading.tokens, reading.targets, reading.counted, strict=True
    ):
        lead = np.concatenate([[BARRIER], before])
        end = _last_counted(counted) if len(reading.tokens) > 1 else len(tokens)  # rows side by side may be padded
        yield lead, np.zeros_like(lead), np.zeros(len(lead), dtype=bool)
        yield tokens[:end], targets[:end], counted[:end]


def _last_counted(counted: np.ndarray) -> int:
    """Where the padding of a row begins."""
    places = np.flatnonzero(counted)
    return int(places[-1]) + 1 if len(places) else 0
