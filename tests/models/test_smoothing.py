from __future__ import annotations

from collections import Counter, defaultdict

import numpy as np
import pytest

from seqviz.models.context_counts import ContextCounts
from seqviz.models.smoothing import KneserNey, estimate_discounts

TEXT = "the cat sat on the mat. the rat ate the cat that sat on the hat. a rat sat at the mat, the cat ran. " * 2


def encoded(text: str = TEXT) -> tuple[list[int], int]:
    letters = sorted(set(text))
    return [letters.index(letter) for letter in text], len(letters)


def counted(stream: list[int], order: int, size: int) -> ContextCounts:
    counts = ContextCounts(order, size, size)
    tokens, targets = np.array([stream[:-1]]), np.array([stream[1:]])
    counts.read(np.zeros((1, 0), dtype=np.int64), tokens, targets, np.ones(tokens.shape, dtype=bool))
    return counts


class KneserNeyByHand:
    """Dictionaries and recursion straight from Chen and Goodman's equations."""

    def __init__(self, stream: list[int], order: int, size: int) -> None:
        self.size = size
        grams = Counter(tuple(stream[end - order : end]) for end in range(max(order, 2), len(stream) + 1))
        self.counts: dict[int, Counter[tuple[int, ...]]] = {order: grams}
        for n in range(order - 1, 0, -1):
            longer = {tuple(stream[end - n - 1 : end]) for end in range(n + 1, len(stream) + 1)}
            self.counts[n] = Counter(gram[1:] for gram in longer)
        self.discounts = {n: estimate_discounts(np.array(list(c.values())))[0] for n, c in self.counts.items()}
        self.followers: dict[tuple[int, ...], list[tuple[int, int]]] = defaultdict(list)
        for n, table in self.counts.items():
            for gram, count in table.items():
                self.followers[(n, *gram[:-1])].append((gram[-1], count))

    def probability(self, context: tuple[int, ...], symbol: int) -> float:
        n = len(context) + 1
        shorter = self.probability(context[1:], symbol) if context else 1 / self.size
        after = self.followers.get((n, *context), [])
        total = sum(count for _, count in after)
        if not total:
            return shorter
        taken = {count: self.discounts[n][min(count, 3) - 1] for _, count in after}
        mine = sum(count - taken[count] for other, count in after if other == symbol)
        return (mine + sum(taken[count] for _, count in after) * shorter) / total


@pytest.mark.parametrize("order", [1, 2, 3, 5])
def test_kneser_ney_equals_the_equations_by_hand(order: int) -> None:
    stream, size = encoded()
    counts = counted(stream, order, size)
    hand = KneserNeyByHand(stream, order, size)
    probe = encoded()[0][:30] + [size - 1, 0, 0, 3, 3, 1]
    contexts = counts.contexts(np.zeros((1, 0), dtype=np.int64), np.array([probe]))
    table = KneserNey(counts).probabilities(contexts)
    for t in range(order - 1, len(probe)):
        context = tuple(probe[t - order + 2 : t + 1])
        expected = [hand.probability(context, symbol) for symbol in range(size)]
        assert table[t].tolist() == pytest.approx(expected, rel=1e-9)


def test_discounts_are_those_of_chen_and_goodman() -> None:
    counts = np.repeat([1, 2, 3, 4, 9], [50, 20, 12, 8, 3])
    y = 50 / 90
    (d1, d2, d3), valid = estimate_discounts(counts)
    assert valid
    assert (d1, d2, d3) == pytest.approx((1 - 2 * y * 20 / 50, 2 - 3 * y * 12 / 20, 3 - 4 * y * 8 / 12))


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ([1, 1, 1, 2, 2, 7], 3 / 7),  # no threes and fours
        ([1, 1, 2, 3, 3, 3, 3, 3, 3, 4], 0.5),  # D2 would be below zero
        ([5, 6, 9], 0.5),  # no ones at all
    ],
)
def test_invalid_discounts_fall_back_to_one_absolute_discount(counts: list[int], expected: float) -> None:
    discounts, valid = estimate_discounts(np.array(counts))
    assert not valid
    assert discounts == pytest.approx((expected, expected, expected))
