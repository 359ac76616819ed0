"""The backward pass taken apart, against plain autograd with `retain_grad` on every state, in float64."""

from __future__ import annotations

import math

import pytest
import torch

from seqviz.analysis import Subject
from seqviz.analysis.backward_parts import backward_parts, parts_by_graph, parts_by_hand
from seqviz.core.interface import Interface, Space
from seqviz.models.base import architectures, position_losses
from seqviz.models.output import Output
from seqviz.models.unrolled import UnrolledModel
from tests.analysis.small_models import RECURRENT, SMALL, build, text_batch, vector_batch

UNROLLED = [name for name, model in architectures.items() if issubclass(model, UnrolledModel)]
END = Interface(Space("vectors", 2), Space("vectors", 1), "last_gaussian", 6)


def plain_total(subject: Subject, site: str) -> torch.Tensor:
    """`retain_grad` on every state, one `backward` of the mean loss: (T, H) of the only sequence."""
    trace = subject.model.trace(subject.batch, keep_graph=True)
    steps = trace.sites[site].steps
    for step in steps:
        step.retain_grad()
    told = trace.losses[0][~trace.losses[0].isnan()]
    told.mean().backward()
    subject.model.zero_grad()
    return torch.stack([torch.zeros_like(s[0]) if s.grad is None else s.grad[0] for s in steps])


def one_step(subject: Subject, layer: int, t: int):
    """The equations of one position as a function of the states before it, what the layer reads held."""
    model, arrays = subject.model, subject.trace.arrays
    below = [arrays[f"layers.{k}.{model.states[0]}"].values[:, t] for k in range(layer)]
    x = arrays["embedding"].values[:, t]
    if isinstance(model, UnrolledModel):
        made = model.cell(layer).equations
        return lambda state: made(model.reads(x, below), state)
    return lambda state: model.cell_step(below[-1] if below else x, state, model.weights(layer))


def plain_arriving(subject: Subject, layer: int) -> dict[str, torch.Tensor]:
    """Each step's equations on fresh leaves, one `backward` each: (T, H) by state."""
    model, arrays = subject.model, subject.trace.arrays
    count = arrays["embedding"].values.shape[1]
    top = model.states[0]
    total = plain_total(subject, f"layers.{layer}.{top}")
    arriving = {name: torch.zeros_like(total) for name in model.states}
    for t in range(count - 1, 0, -1):
        leaves = {n: arrays[f"layers.{layer}.{n}"].values[:, t - 1].clone().requires_grad_() for n in model.states}
        made = one_step(subject, layer, t)(leaves)
        pulled = (made[top][0] * total[t]).sum()
        for name in model.states[1:]:
            pulled = pulled + (made[name][0] * arriving[name][t]).sum()
        pulled.backward()
        for name, leaf in leaves.items():
            arriving[name][t - 1] = leaf.grad[0]
    model.zero_grad()
    return arriving


@pytest.mark.parametrize("name", [*RECURRENT, *UNROLLED])
def test_totals_and_what_arrives_equal_plain_autograd(name):
    subject = Subject(build(name, **SMALL), text_batch(1))
    layers = range(subject.model.n_layers)
    plain = {f"layers.{k}.{n}": values for k in layers for n, values in plain_arriving(subject, k).items()}
    for site, parts in backward_parts(subject).items():
        found = parts.norms()
        total, arriving = plain_total(subject, site), plain[site]
        assert torch.allclose(found["total"][0], total.norm(dim=-1), rtol=1e-9, atol=1e-14), site
        assert torch.allclose(found["arriving"][0], arriving.norm(dim=-1), rtol=1e-9, atol=1e-14), site
        assert torch.allclose(found["born"][0], (total - arriving).norm(dim=-1), rtol=1e-8, atol=1e-13), site


@pytest.mark.parametrize("name", [*RECURRENT, *UNROLLED])
def test_what_is_born_in_the_top_layer_is_what_the_head_alone_sends_down_and_the_rest_arrives(name):
    """As vectors: the gradient by what the head reads, with everything below it cut off."""
    subject = Subject(build(name, **SMALL, skip=False, output_depth=0), text_batch(1))  # the head reads the state
    model, top = subject.model, f"layers.1.{subject.model.states[0]}"
    features = subject.trace.arrays[top].values.detach().clone().requires_grad_()
    losses = position_losses(Output(model.head(features, subject.batch)), subject.batch)[0]
    (sent,) = torch.autograd.grad(losses[~losses.isnan()].mean(), features)
    parts = backward_parts(subject)[top]
    total, arriving = (torch.stack(steps[::-1], dim=1) for steps in (parts.total, parts.arriving))  # (1, T, H)
    assert torch.allclose(arriving + sent, total, rtol=1e-9, atol=1e-14)
    assert torch.allclose(parts.norms()["born"], sent.norm(dim=-1), rtol=1e-8, atol=1e-13)


@pytest.mark.parametrize("name", RECURRENT)
@pytest.mark.parametrize("text", [True, False])
def test_by_hand_equals_by_graph(name, text):
    subject = (
        Subject(build(name, **SMALL), text_batch(2)) if text else Subject(build(name, END, **SMALL), vector_batch())
    )
    by_graph = parts_by_graph(subject)
    by_hand = parts_by_hand(subject)
    assert set(by_hand) == set(by_graph)
    for site, parts in by_hand.items():
        for kind, values in parts.norms().items():
            expected = by_graph[site].norms()[kind]
            assert torch.allclose(values, expected, rtol=1e-9, atol=1e-14, equal_nan=True), (site, kind)


@pytest.mark.parametrize("name", [*RECURRENT, *UNROLLED])
def test_a_single_loss_at_the_end_is_born_there_alone(name):
    subject = Subject(build(name, END, **{**SMALL, "n_layers": 1}), vector_batch())
    for site, parts in backward_parts(subject).items():
        found = parts.norms()
        assert (found["born"][:, -1] > 0).all(), site
        if site.endswith("hidden_state"):
            assert found["born"][:, :-1].abs().max() < 1e-12
        assert found["arriving"][:, -1].abs().max() == 0


def test_what_acted_is_the_share_that_reaches_the_position_before():
    subject = Subject(build("rnn", **{**SMALL, "n_layers": 1}), text_batch(1))
    found = backward_parts(subject)["layers.0.hidden_state"].norms()
    assert math.isnan(found["shrinkage"][0, 0])
    h = subject.trace.arrays["layers.0.hidden_state"].values[0]
    matrix = subject.model.weights(0).w_hh.detach()
    total = plain_total(subject, "layers.0.hidden_state")
    for t in range(1, 8):
        expected = (
            (matrix.T @ ((1 - h[t] ** 2) * total[t])).norm() / total[t].norm() if total[t].norm() > 0 else math.nan
        )
        assert float(found["shrinkage"][0, t]) == pytest.approx(float(expected), rel=1e-9, nan_ok=True)
