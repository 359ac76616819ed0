from __future__ import annotations

import numpy as np
import pytest

from seqviz.models.smoothings.kneser_ney import KneserNey, estimate_discounts
from tests.models.smoothings.by_hand import ModifiedKneserNey
from tests.models.smoothings.texts import context_at, counted, running, table, zipf_sentences


@pytest.mark.parametrize("order", [1, 2, 3, 5])
def test_running_text_is_smoothed_as_by_the_equations(order: int) -> None:
    sentences, size = running()
    hand = ModifiedKneserNey(sentences, order, size)
    probe = sentences[0][:30] + [size - 1, 0, 0, 3, 3, 1]
    found = table(KneserNey(counted(sentences, order, size)), probe)
    for t in range(len(probe)):
        expected = [hand.probability(context_at(probe, t, order), symbol) for symbol in range(size)]
        assert found[t].tolist() == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("order", [1, 2, 3, 5])
def test_sentences_are_smoothed_as_by_the_equations(order: int) -> None:
    size = 60
    sentences = zipf_sentences(300, size)
    hand = ModifiedKneserNey(sentences, order, size)
    model = KneserNey(counted(sentences, order, size))
    for probe in [*sentences[:4], *zipf_sentences(8, size, seed=1)]:
        found = table(model, probe[:-1])
        for t, symbol in enumerate(probe[1:]):
            expected = hand.probability(context_at(probe, t, order), symbol)
            assert found[t, symbol] == pytest.approx(expected, rel=1e-9)
        assert found.sum(axis=1) == pytest.approx(np.ones(len(found)))


def test_what_begins_a_sentence_keeps_its_count_at_lower_orders() -> None:
    start, a, b, c = 3, 0, 1, 2
    sentences = [[start, a, b, start]] * 4 + [[start, b, a, start]]
    model = KneserNey(counted(sentences, 3, 4))
    first = table(model, [start])[0]
    assert first[a] > 2 * first[b] > 4 * first[c] > 0


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
