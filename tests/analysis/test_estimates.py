from __future__ import annotations

import torch

from seqviz.analysis import Subject
from seqviz.analysis.estimates import Estimates
from seqviz.core.batch import Batch, Field
from seqviz.core.interface import Interface, Space
from tests.analysis.small_models import VOCAB, build, text_batch

EVERYTHING = frozenset({"*"})
PLANE = Interface(Space("vectors", 2), Space("vectors", 2), "spread_gaussian", 6, hidden=True)
CELLS = Interface(Space("tokens", VOCAB), Space("tokens", VOCAB), "softmax", 8, hidden=True)


def track(known: bool = True) -> Batch:
    values = torch.randn(1, 6, 2, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    axes, mask = ("batch", "t", "dim"), torch.full((1, 6), known)
    return Batch({"vectors": Field(values, axes)}, {"vectors": Field(values + 1, axes, mask)})


def test_who_predicts_the_next_symbol_estimates_no_hidden_state():
    assert Estimates().names(build("lstm")) == ()


def test_a_net_and_a_filter_give_the_same_figures_of_a_track():
    for name in ("lstm", "kalman"):
        subject = Subject(build(name, PLANE), track())
        found = Estimates().compute(subject, EVERYTHING)
        assert set(found) == set(Estimates().names(subject.model))
        assert all(array.values.shape == (1, 6, 2) for array in found.values())
        assert torch.equal(found["estimate.observed"].values, track().inputs["vectors"].values)
        assert torch.equal(found["estimate.truth"].values, track().targets["vectors"].values)
        assert torch.equal(found["estimate.mean"].values, subject.trace.output.predictive.mean)


def test_a_truth_that_nobody_knows_is_nan():
    found = Estimates().compute(Subject(build("kalman", PLANE), track(known=False)), EVERYTHING)
    assert found["estimate.truth"].values.isnan().all()


def test_cells_have_a_probability_each_and_the_true_one_has_a_number():
    batch = text_batch()
    found = Estimates().compute(Subject(build("lstm", CELLS), batch), EVERYTHING)
    assert torch.allclose(found["estimate.probabilities"].values.sum(-1), torch.ones(1, 8, dtype=torch.float64))
    truth = found["estimate.truth"].values
    assert truth[0, :-1].tolist() == batch.targets["tokens"].values[0, :-1].tolist()
    assert truth[0, -1].isnan()


def test_only_what_is_wanted_is_given():
    found = Estimates().compute(Subject(build("kalman", PLANE), track()), frozenset({"estimate.mean"}))
    assert set(found) == {"estimate.mean"}
