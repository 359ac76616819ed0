from __future__ import annotations

from collections import Counter

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from seqviz.models.context_counts import ContextCounts


def read(counts: ContextCounts, before: list[int], stream: list[int]) -> None:
    tokens, targets = np.array([stream[:-1]]), np.array([stream[1:]])
    counts.read(np.array([before], dtype=np.int64).reshape(1, -1), tokens, targets, np.ones(tokens.shape, dtype=bool))


def as_tuples(counts: ContextCounts) -> Counter[tuple[int, ...]]:
    """Every counted gram with its count, the symbols read off the tree."""
    found: Counter[tuple[int, ...]] = Counter()
    contexts: list[tuple[int, ...]] = [()]
    for length, level in enumerate(counts.levels):
        if length:
            of_number: dict[int, tuple[int, ...]] = {}
            for key, number in zip(level.contexts.tolist(), level.numbers.tolist(), strict=True):
                parent, older = divmod(key, counts.n_inputs)
                of_number[number] = (older, *contexts[parent])
            contexts = [of_number[number] for number in range(level.size)]
        for event, count in zip(level.events.tolist(), level.counts.tolist(), strict=True):
            context, symbol = divmod(event, counts.n_outputs)
            found[(*contexts[context], symbol)] = count
    return found


def by_hand(stream: list[int], order: int) -> Counter[tuple[int, ...]]:
    """The first token is nobody's target, so no gram ends there."""
    return Counter(
        tuple(stream[end - size : end]) for size in range(1, order + 1) for end in range(max(size, 2), len(stream) + 1)
    )


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 3), min_size=2, max_size=40), st.integers(1, 5))
def test_counts_are_those_of_a_plain_counter(stream: list[int], order: int) -> None:
    counts = ContextCounts(order, 4, 4)
    read(counts, [], stream)
    assert as_tuples(counts) == by_hand(stream, order)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 2), min_size=4, max_size=40), st.integers(1, 4), st.data())
def test_reading_in_two_parts_counts_as_reading_at_once(stream: list[int], order: int, data: st.DataObject) -> None:
    cut = data.draw(st.integers(1, len(stream) - 2))
    counts = ContextCounts(order, 3, 3)
    read(counts, [], stream[: cut + 1])
    read(counts, stream[max(cut - order + 1, 0) : cut], stream[cut:])
    assert as_tuples(counts) == by_hand(stream, order)


def test_a_vocabulary_and_order_too_large_for_packed_grams_still_count_exactly() -> None:
    size = 2**20  # to the 8th power it is far beyond 64 bits
    stream = [size - 1, 3, size - 2, 5, size - 1, 3, size - 2, 5, 9, 1]
    counts = ContextCounts(8, size, size)
    read(counts, [], stream)
    assert as_tuples(counts) == by_hand(stream, 8)


def test_unknown_and_cut_off_contexts_are_minus_one() -> None:
    counts = ContextCounts(3, 5, 5)
    read(counts, [], [0, 1, 2])
    nothing = np.zeros((1, 0), dtype=np.int64)
    contexts = counts.contexts(nothing, np.array([[0, 1, 4]]))
    assert (contexts >= 0).tolist() == [[True, True, True], [True, True, False], [False, True, False]]


def test_targets_that_do_not_count_are_left_out() -> None:
    counts = ContextCounts(2, 3, 3)
    nothing = np.zeros((1, 0), dtype=np.int64)
    counts.read(nothing, np.array([[0, 1]]), np.array([[1, 2]]), np.array([[True, False]]))
    assert as_tuples(counts) == Counter({(1,): 1, (0, 1): 1})
