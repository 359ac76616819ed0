from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from seqviz.analysis import Subject, word_order
from seqviz.analysis.word_order import WordOrder, other_orders, shuffled, swapped
from seqviz.core.batch import Batch, Field, Ruler
from seqviz.models.base import Context
from tests.analysis.small_models import SMALL, build, text_batch

ALL = frozenset({"order.*"})
KINDS = ("swapped", "shuffled")


def found_of(name: str, **knobs: object) -> dict[str, torch.Tensor]:
    subject = Subject(build(name, **SMALL, **knobs), text_batch())
    return {key: array.values for key, array in WordOrder().compute(subject, ALL).items()}


def test_a_bag_of_words_predicts_the_same_from_any_order():
    found = found_of("bag_of_words")
    for kind in KINDS:
        assert float(found[f"order.{kind}.difference"].max()) < 1e-12


@pytest.mark.parametrize("name", ["rnn", "lstm", "transformer"])
def test_a_net_that_reads_in_order_predicts_otherwise(name):
    found = found_of(name)
    for kind in KINDS:
        moved = found[f"order.{kind}.difference"]
        assert float(moved[0]) == pytest.approx(0, abs=1e-12)  # nothing stands before the first token
        assert float(moved[3:].max()) > 1e-4
        assert float(moved.max()) <= 1


def test_a_fixed_window_feels_only_what_moved_inside_it():
    found = found_of("fixed_window", window=2)
    tokens, moved = found["order.swapped.tokens"], found["order.swapped.difference"]
    read = text_batch().inputs["tokens"].values[0]
    for t in range(1, len(read)):
        inside = bool((tokens[t, t - 1 : t + 1] != read[t - 1 : t + 1]).any())
        assert (float(moved[t]) > 1e-9) == inside, t


@pytest.mark.parametrize("at_once", [1, 2_000_000])
def test_the_probabilities_are_those_of_the_sequence_that_is_shown(at_once, monkeypatch):
    monkeypatch.setattr(word_order, "NUMBERS_AT_ONCE", at_once)
    model, batch = build("gru", **SMALL), text_batch()
    found = WordOrder().compute(Subject(model, batch), ALL)
    for kind in KINDS:
        for t, row in enumerate(found[f"order.{kind}.tokens"].values):
            assert int(row[t]) == int(batch.inputs["tokens"].values[0, t])
            seen = Field(row[None, : t + 1], ("batch", "t"))
            said = model.forward(Batch({"tokens": seen}, {"tokens": seen}), Context()).predictive.log_probs()[0, -1]
            torch.testing.assert_close(found[f"order.{kind}.probabilities"].values[t], said.exp())


def test_the_last_word_and_one_that_is_not_beside_it_change_places_and_marks_stay():
    labels = ("not", " bad", ",", " but", " good", ":")
    ids = torch.tensor([[0, 1, 2, 3, 4, 5]])
    batch = replace(text_batch(), inputs={"tokens": Field(ids, ("batch", "t"))}, rulers={"t": Ruler(labels, "word")})
    rows = other_orders(batch, swapped)
    assert rows[5].tolist() == [0, 4, 2, 3, 1, 5]
    assert rows[1].tolist() == ids[0].tolist()  # one word before it: nothing to swap
    assert rows[2].tolist() == [1, 0, 2, 3, 4, 5]
    assert swapped([7, 1, 7], [True] * 3, 3) == [0, 2, 1]  # only its neighbour is another word
    assert swapped([8, 1, 7], [True] * 3, 3) == [2, 1, 0]
    assert swapped([7, 7], [True] * 2, 2) == [0, 1]


def test_a_shuffle_is_a_permutation_and_the_same_each_time():
    tokens, words = list(range(20)), [True] * 20
    assert sorted(shuffled(tokens, words, 12)) == list(range(12))
    assert shuffled(tokens, words, 12) == shuffled(tokens, words, 12)
    assert shuffled(tokens, words, 12) != list(range(12))


def test_models_that_count_or_see_the_future_are_left_out():
    assert not WordOrder().serves(build("ngram", order=2))
    assert WordOrder().serves(build("lstm", **SMALL))


def test_only_the_kind_that_is_wanted_is_computed():
    subject = Subject(build("rnn", **SMALL), text_batch())
    found = WordOrder().compute(subject, frozenset({"order.swapped.*"}))
    assert {name.split(".")[1] for name in found} == {"swapped"}


def test_what_is_said_of_the_text_as_written_belongs_to_the_same_weights():
    found = found_of("lstm")
    for kind in KINDS:
        moved = (found["order.written"] - found[f"order.{kind}.probabilities"]).abs().sum(dim=1) / 2
        torch.testing.assert_close(found[f"order.{kind}.difference"], moved)
