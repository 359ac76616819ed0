"""A belief over cells, read from a frame: before the reading, the reading itself, after it. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seqviz.gui.panels.base import Snapshot

Floats = NDArray[np.floating]
WANTS = ("estimate.probabilities", "estimate.truth", "belief.predicted", "belief.likelihood", "belief.sensor")
NEEDS = ("estimate.probabilities",)


@dataclass(frozen=True)
class Belief:
    """All (t, cell) but `truth` (t), nan where unknown, and `sensor` (reading, cell).

    Nets tell only what they believe in the end (`after`); filters also how they came to it.
    """

    after: Floats
    truth: Floats
    before: Floats | None = None
    likelihood: Floats | None = None
    sensor: Floats | None = None

    @property
    def steps(self) -> int:
        return int(self.after.shape[0])

    @property
    def cells(self) -> int:
        return int(self.after.shape[1])

    @property
    def stepwise(self) -> bool:
        """Whether predicting and updating are known apart."""
        return self.before is not None and self.likelihood is not None

    def true_cell(self, t: int) -> int | None:
        value = float(self.truth[t])
        return None if math.isnan(value) else int(value)

    def doors(self) -> NDArray[np.bool_] | None:
        """(cell,) where the filter's map has a door: where "door" is the likelier reading."""
        if self.sensor is None or self.sensor.shape != (2, self.cells):
            return None
        return np.asarray(self.sensor[1] > self.sensor[0])

    def highest(self) -> float:
        """Top of the scale of all bars, a round share that holds every belief of the probe."""
        peak = max(float(a.max()) for a in (self.after, self.before) if a is not None)
        return next((top for top in (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8) if peak <= top), 1.0)


def belief_of(snapshot: Snapshot) -> Belief | None:
    """What a frame holds of a belief; None where it holds none."""
    after, truth = snapshot.array("estimate.probabilities"), snapshot.array("estimate.truth")
    if after is None or after.ndim != 2 or not after.size:
        return None
    if truth is None or truth.shape != after.shape[:1]:
        truth = np.full(len(after), np.nan)
    parts = {name: snapshot.array(f"belief.{name}") for name in ("predicted", "likelihood")}
    fitting = {name: a if a is not None and a.shape == after.shape else None for name, a in parts.items()}
    return Belief(after, truth, fitting["predicted"], fitting["likelihood"], snapshot.array("belief.sensor"))


def doubt_bits(belief: Floats) -> NDArray[np.float64]:
    """Entropy along the last axis, in bits: how many yes-no questions the place is away."""
    shares = np.asarray(belief, dtype=np.float64)
    logs = np.log2(shares, out=np.zeros_like(shares), where=shares > 0)
    return np.asarray(-(shares * logs).sum(axis=-1))


def cell_name(vocabulary: Sequence[str], cell: int) -> str:
    """`cell 3` or `cell 4, a door`."""
    label = vocabulary[cell] if cell < len(vocabulary) else str(cell + 1)
    number, _, door = label.partition(" ")
    return f"cell {number}, a door" if door else f"cell {number}"


def step_words(token: str) -> tuple[str, str]:
    """What an input symbol says: the command and the reading, in words."""
    move = {"→": "told to go right", "←": "told to go left"}.get(token[:1], "no move")
    return move, "a door" if token.endswith("D") else "a wall"
