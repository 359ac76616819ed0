"""From counts to probabilities: three ways to say what follows a context.

maximum likelihood   P(w|h) = c(h w) / c(h)                          h: the longest context seen before
add delta            P(w|h) = (c(h w) + delta) / (c(h) + delta V)    h: the whole context, seen or not; delta 1: Laplace
modified Kneser-Ney  P(w|h) = max(a(h w) - D(a), 0) / a(h) + g(h) P(w|h')
                     h' is h without its oldest token; g(h) gives back what the discounts D took; a is the count at
                     the highest order and below it the number of different tokens before h w; at the end 1 / V
                     D is D1, D2 or D3+ for a = 1, 2, 3 and more, estimated per order from how many a are 1, 2, 3, 4

Kneser and Ney, "Improved backing-off for m-gram language modeling", 1995; modified and interpolated: Chen and Goodman,
"An empirical study of smoothing techniques for language modeling", 1999. Where the counts of counts give no valid
discounts, one absolute discount n1 / (n1 + 2 n2) serves the order (Ney, Essen and Kneser 1994).

Axes: N positions, V symbols, C contexts of a level, E its events.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from seqviz.models.context_counts import ContextCounts, Ints, Level


def deepest(contexts: Ints) -> tuple[Ints, Ints]:
    """For (order, N) contexts, known from the shortest up: (N,) the longest known length, and its context number."""
    length = (contexts >= 0).sum(axis=0) - 1
    return length, contexts[length, np.arange(contexts.shape[1])]


def spread(level: Level, contexts: Ints, values: np.ndarray, size: int) -> np.ndarray:
    """(N, size): the value of each event in the row of its context; a context of -1 has none."""
    table = np.zeros((len(contexts), size))
    start = np.searchsorted(level.events, contexts * size)
    lengths = np.searchsorted(level.events, (contexts + 1) * size) - start
    lengths[contexts < 0] = 0
    rows = np.repeat(np.arange(len(contexts)), lengths)
    within = np.arange(len(rows)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    events = np.repeat(start, lengths) + within
    table[rows, level.events[events] % size] = values[events]
    return table


def counted_rows(counts: ContextCounts, lengths: Ints, numbers: Ints) -> np.ndarray:
    """(N, V) counts of each symbol after the context of that length and number."""
    table = np.zeros((len(lengths), counts.n_outputs))
    for length in np.unique(lengths):
        rows = lengths == length
        level = counts.levels[length]
        table[rows] = spread(level, numbers[rows], level.counts.astype(float), counts.n_outputs)
    return table


def maximum_likelihood(counts: ContextCounts, contexts: Ints) -> np.ndarray:
    """(order, N) contexts -> (N, V) shares; uniform before anything was counted."""
    table = counted_rows(counts, *deepest(contexts))
    total = table.sum(axis=1, keepdims=True)
    return np.divide(table, total, out=np.full_like(table, 1.0 / counts.n_outputs), where=total > 0)


def add_delta(counts: ContextCounts, contexts: Ints, available: Ints, delta: float) -> np.ndarray:
    """(N, V) smoothed shares after the longest context that fits, `available` (N,) tokens long, seen or not."""
    numbers = contexts[available, np.arange(len(available))]
    table = counted_rows(counts, available, numbers) + delta
    return table / table.sum(axis=1, keepdims=True)


@dataclass(frozen=True)
class Discounted:
    """One order of a Kneser-Ney model: events (E,) with what is left of their share, and the rest by context."""

    level: Level  # its own events; its counts are the adjusted ones
    shares: np.ndarray
    rest: np.ndarray  # (C + 1,); the last, which index -1 reads, is 1: an unknown context leaves all to the shorter one
    discounts: tuple[float, float, float]
    valid: bool  # whether the counts of counts gave these discounts


class KneserNey:
    """Made once from finished counts; then `probabilities` for any contexts."""

    def __init__(self, counts: ContextCounts) -> None:
        self.size = counts.n_outputs
        self.orders = [
            discount(adjusted(counts, length), counts.levels[length].size, self.size) for length in range(counts.order)
        ]

    def probabilities(self, contexts: Ints) -> np.ndarray:
        """(order, N) contexts -> (N, V)."""
        table = np.full((contexts.shape[1], self.size), 1.0 / self.size)
        for order, numbers in zip(self.orders, contexts, strict=True):
            table = order.rest[numbers, None] * table + spread(order.level, numbers, order.shares, self.size)
        return table


def adjusted(counts: ContextCounts, length: int) -> Level:
    """The level's events by how many different tokens came before them; the highest by how often they came."""
    level = counts.levels[length]
    if length == counts.order - 1:
        return level
    longer = counts.levels[length + 1]
    parents = longer.parents(counts.n_inputs)
    context, symbol = np.divmod(longer.events, counts.n_outputs)
    events, different = np.unique(parents[context] * counts.n_outputs + symbol, return_counts=True)
    return Level(level.contexts, level.numbers, events, different.astype(np.int64))


def discount(level: Level, n_contexts: int, size: int) -> Discounted:
    discounts, valid = estimate_discounts(level.counts)
    taken = np.asarray(discounts)[np.minimum(level.counts, 3) - 1]  # (E,)
    context = level.events // size
    total = np.bincount(context, weights=level.counts, minlength=n_contexts)  # (C,)
    lost = np.bincount(context, weights=taken, minlength=n_contexts)
    rest = np.divide(lost, total, out=np.ones(n_contexts), where=total > 0)
    rest = np.append(rest, 1.0)  # (C + 1,)
    return Discounted(level, (level.counts - taken) / total[context], rest, discounts, valid)


def estimate_discounts(counts: Ints) -> tuple[tuple[float, float, float], bool]:
    """D1, D2, D3+ of Chen and Goodman, and True; where one is not within 0 and its count, an absolute one and False."""
    n1, n2, n3, n4 = (int((counts == times).sum()) for times in (1, 2, 3, 4))
    if min(n1, n2, n3, n4) > 0:
        y = n1 / (n1 + 2 * n2)
        found = (1 - 2 * y * n2 / n1, 2 - 3 * y * n3 / n2, 3 - 4 * y * n4 / n3)
        if all(0 < d < limit for limit, d in enumerate(found, 1)):
            return found, True
    absolute = n1 / (n1 + 2 * n2) if n1 > 0 and n2 > 0 else 0.5
    return (absolute, absolute, absolute), False
