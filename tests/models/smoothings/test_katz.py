from __future__ import annotations

import numpy as np
import pytest

from seqviz.models.smoothings.katz import Katz, discounted
from tests.models.smoothings import by_hand
from tests.models.smoothings.texts import Sentences, context_at, counted, running, table, zipf_sentences


def compare(sentences: Sentences, size: int, order: int, probes: Sentences) -> Katz:
    hand, model = by_hand.Katz(sentences, order, size), Katz(counted(sentences, order, size))
    for probe in probes:
        found = table(model, probe)
        assert found.sum(axis=1) == pytest.approx(np.ones(len(found)), rel=1e-9)
        assert bool((found > 0).all())
        for t in range(len(probe)):
            expected = [hand.probability(context_at(probe, t, order), symbol) for symbol in range(size)]
            assert found[t].tolist() == pytest.approx(expected, rel=1e-9)
    assert [order.valid for order in model.orders] == list(hand.good_turing.values())
    return model


@pytest.mark.parametrize("order", [1, 2, 4])
def test_running_text_of_few_letters_is_smoothed_as_by_the_equations(order: int) -> None:
    sentences, size = running()
    model = compare(sentences, size, order, [sentences[0][:20] + [size - 1, 0, 0, 3, 3, 1]])
    assert not model.orders[0].valid
    assert "order 1" in model.notices()[0]


@pytest.mark.parametrize("order", [1, 2, 3])
def test_sentences_with_good_turing_discounts_are_smoothed_as_by_the_equations(order: int) -> None:
    size = 120
    probes = [sentence[:8] for sentence in zipf_sentences(2, size, seed=1)]
    model = compare(zipf_sentences(900, size), size, order, probes)
    assert order == 1 or model.orders[1].valid, "this text must try Good and Turing's discounts"


def test_a_context_whose_counts_are_all_trusted_leaves_something_to_the_unseen() -> None:
    sentences = [[3, *([0, 1] * 40), 3]]  # 1 always follows 0, forty times
    compare(sentences, 4, 2, [[0, 1, 0, 2, 2]])


def test_a_context_after_which_nothing_is_unseen_keeps_all_of_its_probability() -> None:
    sentences = [[2, 0, 0, 1, 1, 0, 2, 0, 2, 1, 2, 2, 0, 1, 2, 0, 1]]
    compare(sentences, 3, 3, [[0, 1, 2, 0, 0], [2, 2, 2, 1]])


def test_discounts_of_good_and_turing_reach_up_to_five() -> None:
    n = {1: 200, 2: 80, 3: 44, 4: 28, 5: 20, 6: 15, 7: 9, 50: 3}
    kept, valid = discounted(np.repeat(list(n), list(n.values())))
    beyond = 6 * 15 / 200
    assert valid
    assert kept[0] == pytest.approx((2 * 80 / 200 - beyond) / (1 - beyond))
    assert kept[-1] == 50
    assert kept[-5] == 7
