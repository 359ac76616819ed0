"""Which nodes of a stack of causal convolutions one output hangs on. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Places = NDArray[np.intp]


@dataclass(frozen=True)
class ConeShape:
    """`kernels[l]` taps, `dilations[l]` positions apart, of convolution l from the input up.

    Level 0 are the inputs, level l > 0 what leaves convolution l - 1; the last level is the output.
    """

    kernels: tuple[int, ...]
    dilations: tuple[int, ...]

    @property
    def levels(self) -> int:
        """Rows of nodes, the inputs included."""
        return len(self.kernels) + 1

    @property
    def steps_back(self) -> tuple[int, ...]:
        """How far back each convolution looks."""
        return tuple(d * (k - 1) for k, d in zip(self.kernels, self.dilations, strict=True))

    @property
    def field(self) -> int:
        """Inputs that an output can see, its own position included."""
        return 1 + sum(self.steps_back)

    def taps(self, level: int) -> Places:
        """How far back a node of `level` > 0 reads each of the level below: (k,)."""
        return np.arange(self.kernels[level - 1]) * self.dilations[level - 1]

    def seen_from(self, t: int) -> tuple[Places, ...]:
        """Positions >= 0 at each level, inputs first, that the output at `t` hangs on, in order."""
        return _seen_from(self, t)

    def edges(self, t: int) -> list[tuple[int, Places, Places]]:
        """(level, from, to): connections of the cone of `t`, from nodes of a level > 0 to the level below."""
        found = []
        for level, nodes in enumerate(self.seen_from(t)):
            if level:
                upper = np.repeat(nodes, self.kernels[level - 1])
                lower = (nodes[:, None] - self.taps(level)[None, :]).ravel()
                inside = lower >= 0
                found.append((level, upper[inside], lower[inside]))
        return found

    def first_seen(self, t: int) -> int:
        """The farthest position that the output at `t` can see."""
        return max(t - self.field + 1, 0)


@lru_cache(maxsize=64)
def _seen_from(shape: ConeShape, t: int) -> tuple[Places, ...]:
    rows = [np.array([t], dtype=np.intp)]
    for level in range(shape.levels - 1, 0, -1):
        below = np.unique(rows[0][:, None] - shape.taps(level)[None, :])
        rows.insert(0, below[below >= 0])
    return tuple(rows)


def support_end(row: NDArray[np.floating]) -> int | None:
    """The first position whose gradient is not exactly 0 (nan: none there); None where there is none at all."""
    felt = np.flatnonzero(np.nan_to_num(np.asarray(row, dtype=np.float64)) > 0)
    return int(felt[0]) if len(felt) else None


def half_within(row: NDArray[np.floating], t: int) -> int:
    """How many of the nearest positions, t included, hold half of a row of gradient norms."""
    nearest = np.nan_to_num(np.asarray(row[: t + 1], dtype=np.float64))[::-1]
    return int(np.searchsorted(np.cumsum(nearest), nearest.sum() / 2)) + 1
