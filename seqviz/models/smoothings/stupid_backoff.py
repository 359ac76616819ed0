"""Stupid back-off: the share where there is one, else 0.4 of the score after the shorter context.

    S(w | h) = c(h w) / c(h)          where h w was seen
               0.4 S(w | h')          elsewhere;        S(w) = c(w) / N

Brants, Popat, Xu, Och and Dean, "Large language models in machine translation", 2007. The scores of all symbols do not
add up to 1: they are no distribution, so they have no bits, only a best symbol.
"""

from __future__ import annotations

import numpy as np

from seqviz.models.context_counts import Ints
from seqviz.models.smoothings import Asked, Floats, Smoothing, smoothings

ALPHA = 0.4


@smoothings.register("stupid_backoff")
class StupidBackoff(Smoothing):
    normalised = False

    def at(self, length: int, contexts: Ints, fits: np.ndarray, asked: Asked) -> tuple[Floats, Floats]:
        level, total = self.counts.levels[length], self.totals[length][contexts][:, None]  # (N, 1)
        direct = asked.pick(level, contexts, level.counts.astype(float)) / np.maximum(total, 1.0)
        if not length:  # nothing shorter to ask, unless nothing at all was read
            return direct, np.where(total > 0, 0.0, 1.0)
        return direct, np.where(direct > 0, 0.0, np.where(fits[:, None], ALPHA, 1.0))

    def notices(self) -> tuple[str, ...]:
        return (
            "stupid back-off gives scores, no distribution: they do not add up to 1, so there are no bits and no "
            "perplexity; samples are drawn from the scores divided by their sum",
        )
