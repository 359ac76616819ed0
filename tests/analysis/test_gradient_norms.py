from __future__ import annotations

import pytest
import torch

from seqviz.analysis import Subject
from seqviz.analysis.gradient_norms import GraphTotal, ScannedTotal, graph_total, scanned_total
from seqviz.core.interface import Interface, Space
from tests.analysis.small_models import OTHERS, RECURRENT, SMALL, build, text_batch, vector_batch

EVERYTHING = frozenset({"*"})


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("batch_size", [1, 3])
@pytest.mark.parametrize("name", RECURRENT)
def test_totals_by_hand_equal_autograd(name, batch_size, layers):
    subject = Subject(build(name, **{**SMALL, "n_layers": layers}), text_batch(batch_size))
    expected = graph_total(subject)
    found = scanned_total(subject, embedding=True)
    assert set(found) == set(expected)
    for site, values in found.items():
        assert values.shape == (batch_size, 8)
        assert torch.allclose(values, expected[site], rtol=1e-9, atol=1e-14), site


@pytest.mark.parametrize("name", RECURRENT)
def test_totals_by_hand_hold_for_a_loss_at_the_end_alone(name):
    interface = Interface(Space("vectors", 2), Space("vectors", 1), "last_gaussian", 6)
    subject = Subject(build(name, interface, **SMALL), vector_batch())
    expected = graph_total(subject)
    for site, values in scanned_total(subject).items():
        assert torch.allclose(values, expected[site], rtol=1e-9, atol=1e-14), site


@pytest.mark.parametrize("name", [*OTHERS, "lstm"])
def test_totals_by_graph_equal_the_gradient_of_the_mean_over_targets(name):
    subject = Subject(build(name, **SMALL), text_batch(1))
    losses = subject.graph.losses[0]
    loss = losses[:-1].sum() / 7  # the last position has no target
    for site, values in graph_total(subject).items():
        for s, place in enumerate(subject.graph.sites[site].steps):
            (gradient,) = torch.autograd.grad(loss, place, retain_graph=True)
            expected = gradient.norm(dim=-1)[0]  # a number, or (S,) where stacked
            assert torch.allclose(values[0] if expected.ndim else values[0, s], expected, rtol=1e-9)


def test_totals_of_several_sequences_are_averaged_to_one_row_per_site():
    subject = Subject(build("lstm", **SMALL), text_batch(3))
    found = ScannedTotal().compute(subject, EVERYTHING)
    assert set(found) == {
        f"gradient.total.layers.{n}.{state}" for n in (0, 1) for state in ("hidden_state", "cell_state")
    }
    for site, values in scanned_total(subject).items():
        array = found[f"gradient.total.{site}"]
        assert array.axes == ("batch", "t")
        assert torch.equal(array.values[0], values.mean(dim=0))


def test_each_model_is_served_by_exactly_one_of_the_two():
    for name in (*RECURRENT, *OTHERS):
        model = build(name, **SMALL)
        assert ScannedTotal().serves(model) != GraphTotal().serves(model), name
