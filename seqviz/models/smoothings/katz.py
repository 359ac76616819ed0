"""Katz back-off: what was seen is trusted a little less than its share, and what that frees goes to the unseen.

    P(w | h) = d(c) c(h w) / c(h)      where h w was seen, c its count
               alpha(h) P(w | h')      elsewhere;       P of no order: 1 / V

Counts above 5 are trusted (d = 1); below, d is Good and Turing's, with n_r the number of n-grams seen r times:

    r* = (r + 1) n_{r+1} / n_r         d(r) = (r* / r - 6 n_6 / n_1) / (1 - 6 n_6 / n_1)

alpha(h) spreads what is left over the symbols never seen after h, as the shorter context would. Where a context has
nothing left (all its counts are above 5), one more is added to c(h); where nothing is unseen after it, its shares are
scaled back to 1. An order whose d are not within 0 and 1, as happens with small alphabets, is discounted absolutely.

Katz, "Estimation of probabilities from sparse data for the language model component of a speech recognizer", 1987.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from seqviz.models.context_counts import ContextCounts, Ints
from seqviz.models.smoothings import Asked, Floats, Smoothing, absolute_discount, named_orders, smoothings

TRUSTED = 5  # counts above are not discounted
NOTHING = 1e-9  # of a count


@dataclass(frozen=True)
class Order:
    """Discounted share by event (E,), and alpha by context (C + 1,); the last, which index -1 reads, is 1."""

    shares: Floats
    alpha: Floats
    valid: bool  # whether Good and Turing's discounts could be used


@smoothings.register("katz")
class Katz(Smoothing):
    def __init__(self, counts: ContextCounts, delta: float = 1.0) -> None:
        super().__init__(counts)
        self.orders: list[Order] = []
        for length in range(counts.order):
            self.orders.append(self._order(length))

    def at(self, length: int, contexts: Ints, fits: np.ndarray, asked: Asked) -> tuple[Floats, Floats]:
        order = self.orders[length]
        direct = asked.pick(self.counts.levels[length], contexts, order.shares)
        return direct, np.where(direct > 0, 0.0, order.alpha[contexts, None])

    def notices(self) -> tuple[str, ...]:
        orders = [n for n, order in enumerate(self.orders, 1) if not order.valid]
        if not orders or not len(self.counts.levels[0].events):
            return ()
        named = named_orders(orders)
        return (f"Katz discounts of order {named} are not valid on these counts: absolute discounting there",)

    def _order(self, length: int) -> Order:
        level, total = self.counts.levels[length], self.totals[length]
        context, contexts = level.events // self.size, level.size + 1
        kept, valid = discounted(level.counts)  # (E,)
        lower = self._lower(length)  # (E,)
        unseen = 1.0 - np.bincount(context, weights=lower, minlength=contexts)  # (C + 1,) of the shorter distribution
        held = np.bincount(context, weights=kept, minlength=contexts)
        full = np.bincount(context, minlength=contexts) == self.size  # every symbol was seen after it
        stingy = ~full & (held > total - NOTHING)  # nothing left for the unseen
        base = np.where(full, held, total + stingy)
        shares = kept / base[context]
        left = np.divide(base - held, base, out=np.ones(contexts), where=base > 0)
        alpha = np.divide(left, unseen, out=np.zeros(contexts), where=~full)
        return Order(shares, np.where(total > 0, alpha, 1.0), valid)

    def _lower(self, length: int) -> Floats:
        """(E,) what the next shorter order says of each event: seen there too, so a share; 1 / V at the end."""
        if not length:
            return np.full(len(self.counts.levels[0].events), 1.0 / self.size)
        return self.orders[length - 1].shares[self.counts.parent_events(length)]


def discounted(counts: Ints) -> tuple[Floats, bool]:
    """(E,) what is left of each count, and whether by Good and Turing (else by one absolute discount)."""
    n = np.bincount(np.minimum(counts, TRUSTED + 2), minlength=TRUSTED + 3)[: TRUSTED + 2].astype(float)
    factors = np.ones(TRUSTED + 2)  # d by count, 1 where trusted
    if n[1 : TRUSTED + 2].all():
        r = np.arange(1, TRUSTED + 1)
        beyond = (TRUSTED + 1) * n[TRUSTED + 1] / n[1]
        adjusted = (r + 1) * n[r + 1] / n[r]
        if beyond < 1:
            factors[1 : TRUSTED + 1] = (adjusted / r - beyond) / (1 - beyond)
            if (factors > 0).all() and (factors <= 1).all():
                return counts * factors[np.minimum(counts, TRUSTED + 1)], True
    return counts - absolute_discount(counts), False
