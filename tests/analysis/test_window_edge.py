from __future__ import annotations

import torch

from seqviz.analysis import Subject
from seqviz.analysis.window_edge import WindowEdge
from tests.analysis.small_models import SMALL, build, text_batch

WANT = frozenset({"window.first"})


def test_the_first_position_in_sight_is_the_first_that_the_reach_allows():
    model = build("fixed_window", **SMALL, window=3)
    batch = text_batch()
    first = WindowEdge().compute(Subject(model, batch), WANT)["window.first"]
    assert first.axes == ("t",)
    assert first.values.tolist() == [0, 0, 0, 1, 2, 3, 4, 5]
    assert torch.equal(model.reach(batch, "embedding").int().argmax(dim=1), first.values)


def test_a_counter_of_n_grams_sees_one_token_less_than_its_order():
    subject = Subject(build("ngram", order=3), text_batch())
    assert WindowEdge().compute(subject, WANT)["window.first"].values.tolist() == [0, 0, 1, 2, 3, 4, 5, 6]


def test_who_sees_the_whole_context_has_no_edge():
    assert WindowEdge().serves(build("fixed_window", **SMALL, window=7))
    assert not WindowEdge().serves(build("fixed_window", **SMALL, window=8))
    for name in ("lstm", "transformer", "bag_of_words"):
        assert not WindowEdge().serves(build(name, **SMALL))
    assert WindowEdge().serves(build("bag_of_words", **SMALL, window=2))


def test_nothing_is_computed_that_nobody_wants():
    subject = Subject(build("fixed_window", **SMALL), text_batch())
    assert WindowEdge().compute(subject, frozenset({"losses"})) == {}
