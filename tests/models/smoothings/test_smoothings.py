"""What every smoothing promises; a new file in models/smoothings is picked up by itself."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pytest

from seqviz.models.context_counts import ContextCounts
from seqviz.models.ngram import NgramConfig
from seqviz.models.smoothings import EverySymbol, OneSymbol, Smoothing, named_orders, smoothings
from tests.models.smoothings.texts import counted, running, table, zipf_sentences

ALL = smoothings.names()
nothing = np.zeros((1, 0), dtype=np.int64)


def made(name: str, order: int = 4) -> Smoothing:
    return smoothings.get(name)(counted(zipf_sentences(200, 40), order, 40), 0.5)  # type: ignore[no-any-return]


def placed(smoothing: Smoothing, stream: list[int]) -> tuple[np.ndarray, np.ndarray]:
    contexts = smoothing.counts.contexts(nothing, np.array([stream]))
    return contexts, np.minimum(np.arange(1, len(stream) + 1), smoothing.counts.order - 1)


def test_the_knob_offers_every_smoothing() -> None:
    assert set(get_args(NgramConfig.model_fields["smoothing"].annotation)) == set(ALL)


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("order", [1, 3, 8])
def test_every_context_sums_to_one_unless_the_scores_are_no_distribution(name: str, order: int) -> None:
    for sentences, size in (running(), (zipf_sentences(200, 40), 40)):
        smoothing = smoothings.get(name)(counted(sentences, order, size), 0.5)
        sums = table(smoothing, sentences[0][:40] + [size - 1, 0, 5, 5, 5, 1]).sum(axis=1)
        if smoothing.normalised:
            assert sums == pytest.approx(np.ones(len(sums)), rel=1e-9)
        elif order > 1:
            assert bool((abs(sums - 1) > 1e-3).any())


@pytest.mark.parametrize("name", ALL)
def test_one_symbol_scores_as_it_stands_in_the_whole_table(name: str) -> None:
    smoothing, stream = made(name), zipf_sentences(1, 40, seed=3)[0]
    contexts, available = placed(smoothing, stream)
    symbols = np.random.default_rng(0).integers(0, 40, len(stream))
    one = smoothing.probabilities(contexts, available, OneSymbol(symbols, 40))[:, 0]
    whole = smoothing.probabilities(contexts, available, EverySymbol(40))
    assert one.tolist() == whole[np.arange(len(stream)), symbols].tolist()


@pytest.mark.parametrize("name", ALL)
def test_the_chain_ends_in_the_probability_and_its_shares_make_it_up(name: str) -> None:
    smoothing, stream = made(name), zipf_sentences(1, 40, seed=4)[0]
    contexts, available = placed(smoothing, stream[:-1])
    symbols = np.array(stream[1:])
    chain = smoothing.chain(contexts, available, symbols)
    expected = smoothing.probabilities(contexts, available, OneSymbol(symbols, 40))[:, 0]
    assert chain.probability[-1].tolist() == expected.tolist()
    assert chain.shares().sum(axis=0)[expected > 0] == pytest.approx(np.ones(int((expected > 0).sum())))
    assert bool(np.isnan(chain.shares()[:, expected == 0]).all())


@pytest.mark.parametrize("name", ALL)
def test_nothing_read_is_guessing_blindly(name: str) -> None:
    smoothing = smoothings.get(name)(ContextCounts(3, 5, 5), 1.0)
    found = table(smoothing, [0, 1, 4])
    assert found / found.sum(axis=1, keepdims=True) == pytest.approx(np.full((3, 5), 0.2))


def test_stupid_back_off_takes_two_fifths_of_the_shorter_context_for_each_step() -> None:
    sentences = [[0, 1, 2, 0, 1, 3, 0, 1, 2]]
    scores = table(smoothings.get("stupid_backoff")(counted(sentences, 3, 4)), [0, 1])
    assert scores[1, 2] == pytest.approx(2 / 3)  # after 0 1
    assert scores[1, 0] == pytest.approx(0.4 * 0.4 * 2 / 8)  # after nothing: 2 of 8 predicted tokens
    assert scores[0, 2] == pytest.approx(0.4 * 2 / 8)  # the text is too short for more: one step only


def test_orders_are_named_briefly() -> None:
    assert [named_orders(orders) for orders in ([1], [1, 4], [2, 3], [1, 2, 3, 4])] == ["1", "1, 4", "2, 3", "1 to 4"]
