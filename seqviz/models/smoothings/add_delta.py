"""Add delta: every symbol counts as seen delta times before the reading begins.

    P(w | h) = (c(h w) + delta) / (c(h) + delta V)      h: the whole context, seen or not

delta 1 is Laplace's rule of succession (1774), others are Lidstone's (1920).
"""

from __future__ import annotations

import numpy as np

from seqviz.models.context_counts import ContextCounts, Ints
from seqviz.models.smoothings import Asked, Floats, Smoothing, smoothings


@smoothings.register("add_delta")
class AddDelta(Smoothing):
    def __init__(self, counts: ContextCounts, delta: float = 1.0) -> None:
        super().__init__(counts)
        self.delta = delta

    def at(self, length: int, contexts: Ints, fits: np.ndarray, asked: Asked) -> tuple[Floats, Floats]:
        level, total = self.counts.levels[length], self.totals[length][contexts][:, None]  # (N, 1)
        counts = asked.pick(level, contexts, level.counts.astype(float))
        direct = (counts + self.delta) / (total + self.delta * self.size)
        there = fits[:, None]
        return np.where(there, direct, 0.0), np.where(there, 0.0, 1.0)
