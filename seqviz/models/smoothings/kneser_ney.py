"""Interpolated modified Kneser-Ney: how often a symbol counts in short contexts is how many contexts it follows.

    P(w | h) = max(a(h w) - D(a), 0) / a(h) + g(h) P(w | h')

h' is h without its oldest token; g(h) gives back what the discounts D took; a is the count at the highest order and
below it the number of different tokens before h w; at the end 1 / V. D is D1, D2 or D3+ for a = 1, 2, 3 and more,
estimated per order from how many a are 1, 2, 3, 4. What nothing ever stands before (it begins a sentence) keeps its
count, as in SRILM and KenLM.

Kneser and Ney, "Improved backing-off for m-gram language modeling", 1995; modified and interpolated: Chen and Goodman,
"An empirical study of smoothing techniques for language modeling", 1999. Where the counts of counts give no valid
discounts, one absolute discount serves the order.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from seqviz.models.context_counts import ContextCounts, Ints
from seqviz.models.smoothings import Asked, Floats, Smoothing, absolute_discount, named_orders, smoothings


@dataclass(frozen=True)
class Discounted:
    """One order: by event (E,) what is left of its share, and by context what goes to the shorter one."""

    shares: Floats
    rest: Floats  # (C + 1,); the last, which index -1 reads, is 1: an unknown context leaves all to the shorter one
    discounts: tuple[float, float, float]
    valid: bool  # whether the counts of counts gave these discounts


@smoothings.register("kneser_ney")
class KneserNey(Smoothing):
    def __init__(self, counts: ContextCounts, delta: float = 1.0) -> None:
        super().__init__(counts)
        self.orders = [self._discounted(length) for length in range(counts.order)]

    def at(self, length: int, contexts: Ints, fits: np.ndarray, asked: Asked) -> tuple[Floats, Floats]:
        order = self.orders[length]
        return asked.pick(self.counts.levels[length], contexts, order.shares), order.rest[contexts, None]

    def notices(self) -> tuple[str, ...]:
        orders = [n for n, order in enumerate(self.orders, 1) if not order.valid]
        if not orders or not len(self.counts.levels[0].events):
            return ()
        named = named_orders(orders)
        return (f"too few different counts for Kneser-Ney discounts of order {named}: absolute discounting there",)

    def _discounted(self, length: int) -> Discounted:
        level, adjusted = self.counts.levels[length], adjusted_counts(self.counts, length)
        discounts, valid = estimate_discounts(adjusted)
        taken = np.asarray(discounts)[np.minimum(adjusted, 3) - 1]  # (E,)
        context = level.events // self.size
        total = np.bincount(context, weights=adjusted, minlength=level.size + 1)  # (C + 1,)
        lost = np.bincount(context, weights=taken, minlength=level.size + 1)
        rest = np.divide(lost, total, out=np.ones(level.size + 1), where=total > 0)
        return Discounted((adjusted - taken) / total[context], rest, discounts, valid)


def adjusted_counts(counts: ContextCounts, length: int) -> Ints:
    """(E,) how many different tokens came before each event; at the highest order, and where none did, its count."""
    level = counts.levels[length]
    if length == counts.order - 1:
        return level.counts
    different = np.bincount(counts.parent_events(length + 1), minlength=len(level.events))
    return np.where(different > 0, different, level.counts)


def estimate_discounts(counts: Ints) -> tuple[tuple[float, float, float], bool]:
    """D1, D2, D3+ of Chen and Goodman, and True; where one is not within 0 and its count, an absolute one and False."""
    n1, n2, n3, n4 = (int((counts == times).sum()) for times in (1, 2, 3, 4))
    if min(n1, n2, n3, n4) > 0:
        y = n1 / (n1 + 2 * n2)
        found = (1 - 2 * y * n2 / n1, 2 - 3 * y * n3 / n2, 3 - 4 * y * n4 / n3)
        if all(0 < d < limit for limit, d in enumerate(found, 1)):
            return found, True
    absolute = absolute_discount(counts)
    return (absolute, absolute, absolute), False
