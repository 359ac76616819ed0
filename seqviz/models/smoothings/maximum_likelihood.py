"""Maximum likelihood: the share itself.

    P(w | h) = c(h w) / c(h)        h: the longest context seen before

What never followed h gets 0: one such symbol in a text makes its loss infinite. Only a context that is itself new
falls back to a shorter one.
"""

from __future__ import annotations

import numpy as np

from seqviz.models.context_counts import Ints
from seqviz.models.smoothings import Asked, Floats, Smoothing, smoothings


@smoothings.register("maximum_likelihood")
class MaximumLikelihood(Smoothing):
    def at(self, length: int, contexts: Ints, fits: np.ndarray, asked: Asked) -> tuple[Floats, Floats]:
        level, total = self.counts.levels[length], self.totals[length][contexts][:, None]  # (N, 1)
        counts = asked.pick(level, contexts, level.counts.astype(float))
        return counts / np.maximum(total, 1.0), np.where(total > 0, 0.0, 1.0)
