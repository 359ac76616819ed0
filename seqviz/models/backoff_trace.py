"""What an n-gram's trace shows of each position: its counts, and the chain of orders behind the true next symbol.

Names and axes (behind batch and t; order: 1 to n; place: the most frequent next symbols, frequent first):

    backoff.order_used            longest order whose context was seen
    backoff.count         order   how often that context was followed by anything; -1 where the text is too short for it
    backoff.target_count  order   how often the true next symbol followed it
    backoff.probability   order   what the orders up to this one say of the true next symbol
    backoff.weight        order   part of the final probability that this order's own counts make
                                  (the rest is guessing blindly)
    backoff.factor        order   what the shorter order's answer is multiplied by
    counts.context                how often the longest known context was seen
    counts.next_symbol    order, place     the most frequent next symbols, -1 where there are fewer
    counts.next_count     order, place     and how often each followed

Where there is no true next symbol its arrays are nan, its counts -1. N: positions.
"""

from __future__ import annotations

import numpy as np

from seqviz.models.context_counts import Ints, Level
from seqviz.models.smoothings import OneSymbol, Smoothing, deepest

PLACES = 8

PROVIDED = (
    "backoff.order_used",
    "backoff.count",
    "backoff.target_count",
    "backoff.probability",
    "backoff.weight",
    "backoff.factor",
    "counts.context",
    "counts.next_symbol",
    "counts.next_count",
)

Found = dict[str, tuple[np.ndarray, tuple[str, ...]]]


def backoff_arrays(smoothing: Smoothing, contexts: Ints, available: Ints, targets: Ints, known: np.ndarray) -> Found:
    """The arrays by name, (N, ...), with their axes after batch and t; `known` (N,): where there is a target."""
    levels = smoothing.counts.levels
    length, _ = deepest(contexts)
    fits = available >= np.arange(len(levels))[:, None]  # (order, N)
    totals = np.stack([t[numbers] for t, numbers in zip(smoothing.totals, contexts, strict=True)])  # (order, N)
    asked = OneSymbol(targets, smoothing.size)
    hits = [asked.pick(lv, n, lv.counts.astype(float))[:, 0] for lv, n in zip(levels, contexts, strict=True)]
    chain = smoothing.chain(contexts, available, targets)
    symbols, counts = most_frequent(levels, contexts, smoothing.size)
    by_order = {
        "backoff.count": np.where(fits, totals, -1).astype(np.int64),
        "backoff.target_count": np.where(fits & known, np.stack(hits), -1).astype(np.int64),
        "backoff.probability": np.where(known, chain.probability[1:], np.nan),
        "backoff.weight": np.where(known, chain.shares()[1:], np.nan),
        "backoff.factor": np.where(known, chain.factor[1:], np.nan),
    }
    found: Found = {name: (np.ascontiguousarray(values.T), ("order",)) for name, values in by_order.items()}
    found["backoff.order_used"] = (length + 1, ())
    found["counts.context"] = (totals[length, np.arange(len(length))].astype(np.int64), ())
    found["counts.next_symbol"] = (symbols, ("order", "place"))
    found["counts.next_count"] = (counts, ("order", "place"))
    return found


def most_frequent(levels: list[Level], contexts: Ints, size: int) -> tuple[Ints, Ints]:
    """(N, order, PLACES) symbols that followed each context most often, -1 where there are fewer, and their counts."""
    positions = contexts.shape[1]
    symbols = np.full((positions, len(levels), PLACES), -1, dtype=np.int64)
    counts = np.zeros_like(symbols)
    for place, (level, numbers) in enumerate(zip(levels, contexts, strict=True)):
        different, rows = np.unique(numbers, return_inverse=True)
        for which, number in enumerate(different):
            if number < 0:
                continue
            first, last = np.searchsorted(level.events, (number * size, (number + 1) * size))
            best = _largest(level.counts[first:last]) + first
            here = np.ix_(rows == which, [place], range(len(best)))
            symbols[here] = level.events[best] % size
            counts[here] = level.counts[best]
    return symbols, counts


def _largest(counts: Ints) -> Ints:
    """Places of the largest few, largest first, earlier ones first among equals."""
    return np.argsort(-counts, kind="stable")[:PLACES]
