"""Lengths where squares leave the range of single precision, and the pictures that stand on them."""

from __future__ import annotations

import pytest
import torch

from seqviz.analysis import Subject
from seqviz.analysis.backward_parts import backward_parts
from seqviz.analysis.depth_grid import DepthGrid
from seqviz.analysis.gradient_norms import graph_total, scanned_total
from seqviz.analysis.itemised import batched_itemised, itemised_maps
from seqviz.analysis.lengths import length
from seqviz.analysis.state_norms import StateNorms
from tests.analysis.small_models import SMALL, build, text_batch


@pytest.mark.parametrize("size", [1e-36, 1e-25, 1.0, 1e25, 1e36])
def test_a_length_is_exact_as_long_as_it_is_a_number_of_single_precision(size):
    found = length(torch.full((2, 9), size))
    assert found.dtype == torch.float32
    assert found.tolist() == pytest.approx([3 * size] * 2, rel=1e-6)


def test_of_what_is_no_number_there_is_no_length():
    found = length(torch.tensor([[torch.nan, 1.0], [torch.inf, 1.0], [0.0, 0.0]]))
    assert torch.isnan(found[0])
    assert torch.isinf(found[1])
    assert found[2] == 0


def fading(name: str, **knobs: object) -> tuple[Subject, Subject]:
    """One net in single and in double precision through which nearly nothing comes back: (single, double)."""
    model = build(name, **{**SMALL, **knobs})
    with torch.no_grad():
        for key, weights in model.named_parameters():
            if "weight_hh" in key:
                weights *= 1e-4
    batch = text_batch(1)
    double = Subject(model, batch)
    single = build(name, **{**SMALL, **knobs}).float()
    single.load_state_dict({key: values.float() for key, values in model.state_dict().items()})
    return Subject(single, batch), double


@pytest.mark.parametrize("name", ["rnn", "birnn", "deep_rnn"])
def test_a_gradient_that_has_vanished_far_is_told_as_it_is_and_not_as_zero(name):
    single, double = fading(name, n_layers=1)
    exact = itemised_maps(double)
    smallest = 1.0
    for site, found in itemised_maps(single).items():
        here = exact[site] > 1e-34
        assert torch.allclose(found.double()[here], exact[site][here], rtol=1e-3, atol=0), site
        smallest = min(smallest, float(exact[site][here].min()))
    assert smallest < 1e-24, "the case must hold lengths whose squares are no numbers"


def test_the_longhand_way_to_the_map_and_the_parts_of_the_way_back_keep_them_too():
    single, double = fading("rnn", n_layers=1)
    exact = batched_itemised(double)["layers.0.hidden_state"]
    found = batched_itemised(single)["layers.0.hidden_state"]
    here = exact > 1e-34
    assert torch.allclose(found.double()[here], exact[here], rtol=1e-3, atol=0)
    assert set(backward_parts(single)) == set(backward_parts(double))


def test_states_that_explode_have_a_length_until_they_are_infinite():
    model = build("rnn", activation="relu", **{**SMALL, "n_layers": 1}).float()
    with torch.no_grad():
        model.weights(0).w_hh.copy_(1e6 * torch.eye(5))
        model.weights(0).b_ih.fill_(1.0)
    subject = Subject(model, text_batch(1, positions=6))
    norms = StateNorms().compute(subject, frozenset({"*"}))["health.norm.layers.0.hidden_state"].values[0]
    plain = subject.trace.arrays["layers.0.hidden_state"].values[0].double().square().sum(dim=1).sqrt()
    assert float(norms[-1]) > 1e25
    assert torch.allclose(norms.double(), plain, rtol=1e-6)


def test_totals_of_enormous_gradients_are_finite():
    model = build("rnn", **SMALL).float()
    with torch.no_grad():
        model.head.linear.weight.mul_(1e25)
    subject = Subject(model, text_batch(1))
    for totals in (scanned_total(subject), graph_total(subject)):
        assert all(torch.isfinite(values).all() for values in totals.values())
        assert float(totals["layers.1.hidden_state"].max()) > 1e20
    grid = DepthGrid().compute(subject, frozenset({"depth.total.*"}))
    assert all(torch.isfinite(array.values).all() for array in grid.values())
