from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from seqviz.analysis import Subject
from seqviz.analysis.depth_grid import DepthGrid, last_loss, level_norms
from seqviz.analysis.gradient_norms import mean_losses, scanned_total
from seqviz.analysis.itemised import itemised_maps
from seqviz.models.base import Context, position_losses
from tests.analysis.small_models import SMALL, build, text_batch

EVERYTHING = frozenset({"*"})
CONV = {"channels": 6, "n_levels": 2, "kernel_size": 2, "n_layers": 2, "d_embedding": 4}
DEEP = [
    "deep_rnn",
    "highway",
    "lstm",
    "bilstm",
    "tcn",
    "gated_conv",
    "transformer",
    "transformer_encoder",
    "fixed_window",
]


def subject_of(name: str, batch_size: int = 2, **knobs: object) -> Subject:
    return Subject(build(name, **{**SMALL, **CONV, **knobs}), text_batch(batch_size))


def kept_gradients(subject: Subject, which: str) -> dict[str, torch.Tensor]:
    """Plain `backward` with `retain_grad` on every level: norms (B, S) by name."""
    trace = subject.model.trace(subject.batch, keep_graph=True)
    for level in trace.levels.values():
        for step in level.steps:
            step.retain_grad()
    if which == "total":
        loss = sum(row[~row.isnan()].mean() for row in trace.losses)
    else:
        loss = trace.losses[:, -2].sum()  # the last position has no target
    loss.backward()
    found = {}
    for name, level in trace.levels.items():
        parts = [torch.zeros_like(step) if step.grad is None else step.grad for step in level.steps]
        whole = parts[0] if level.stacked else torch.stack(parts, dim=1)  # (B, S, D)
        found[name] = (whole * whole).sum(dim=2).sqrt()
    if isinstance(subject.model, nn.Module):
        subject.model.zero_grad(set_to_none=True)
    return found


@pytest.mark.parametrize("which", ["total", "last"])
@pytest.mark.parametrize("name", DEEP)
def test_the_norm_at_every_level_is_that_of_a_plain_backward_pass(name, which):
    subject = subject_of(name)
    expected = kept_gradients(subject, which)
    found = DepthGrid().compute(subject, EVERYTHING)
    prefix = f"depth.{which}."
    assert {n.removeprefix(prefix) for n in found if n.startswith(prefix)} == set(expected)
    for level, norms in expected.items():
        values = found[prefix + level].values
        assert values.shape == (1, norms.shape[1])
        assert torch.allclose(values[0], norms.mean(dim=0), rtol=1e-10, atol=1e-15), level


@pytest.mark.parametrize("name", ["rnn", "lstm", "gru"])
def test_the_totals_of_a_recurrent_net_are_those_of_the_scan_by_hand(name):
    subject = subject_of(name)
    found = level_norms(subject, mean_losses(subject.graph.losses))
    for site, values in scanned_total(subject, embedding=True).items():
        assert torch.allclose(found[site], values, rtol=1e-9, atol=1e-14), site


@pytest.mark.parametrize("norm", ["pre", "post"])
@pytest.mark.parametrize(("block", "below"), [(0, "stream"), (1, "blocks.0.residual")])
def test_branch_and_stream_beside_it_add_up_to_the_gradient_below_them(norm, block, below):
    subject = subject_of("transformer", norm=norm)
    trace, loss = subject.graph, mean_losses(subject.graph.losses)
    name = f"blocks.{block}.attention"
    meet = [trace.levels[n].steps[0] for n in (name, f"{name}.beside", below)]
    branch, beside, whole = torch.autograd.grad(loss, meet, retain_graph=True)
    assert torch.allclose(branch + beside, whole, rtol=1e-10, atol=1e-14)
    share = DepthGrid().compute(subject, EVERYTHING)[f"depth.share.{name}"].values
    assert float(share[0]) == pytest.approx(float(branch.norm() / (branch.norm() + beside.norm())))


def test_what_a_branch_wrote_gets_the_gradient_of_the_stream_unchanged():
    """Why the branch is looked at where it leaves the stream: after x + f(x) its gradient is the stream's own."""
    subject = subject_of("transformer", norm="pre")
    trace = subject.graph
    stream = torch.autograd.grad(mean_losses(trace.losses), trace.levels["blocks.1.residual"].steps, retain_graph=True)
    beside = torch.autograd.grad(
        mean_losses(trace.losses), trace.levels["blocks.1.mlp.beside"].steps, retain_graph=True
    )
    assert torch.allclose(stream[0], beside[0])


def test_the_last_loss_is_that_of_the_last_position_with_a_target():
    losses = torch.tensor([[1.0, 2.0, math.nan], [3.0, math.nan, math.nan]])
    assert float(last_loss(losses)) == 2.0
    assert float(last_loss(torch.full((1, 3), math.nan))) == 0.0


def test_no_gradient_of_the_last_loss_reaches_beyond_the_receptive_field():
    subject = Subject(build("tcn", **{**CONV, "n_levels": 1}), text_batch(1))
    field = subject.model.receptive_field()
    values = DepthGrid().compute(subject, EVERYTHING)["depth.last.embedding"].values[0]
    last = len(values) - 2
    assert (values[: last - field + 1] == 0).all()
    assert (values[last - field + 1 : last + 1] > 0).any()


def test_each_level_of_a_tcn_carries_its_dilation():
    found = DepthGrid().compute(subject_of("tcn"), EVERYTHING)
    assert float(found["depth.dilation.conv.0.output"].values[0]) == 1.0
    assert float(found["depth.dilation.conv.1.output"].values[0]) == 2.0


def test_highway_depths_are_levels_of_their_own():
    names = DepthGrid().compute(subject_of("highway", depth=3), EVERYTHING)
    assert {"depth.total.layers.0.depth.0.state", "depth.total.layers.0.depth.1.state"} <= set(names)


def test_levels_beside_the_sites_leave_the_itemised_map_of_a_transformer_at_the_embedding_alone():
    assert set(itemised_maps(subject_of("transformer"))) == {"embedding"}


@pytest.mark.parametrize("name", DEEP)
def test_a_trace_with_levels_says_what_forward_says(name):
    subject = subject_of(name)
    forward = position_losses(subject.model.forward(subject.batch, Context()), subject.batch)
    assert torch.allclose(subject.graph.losses, forward, equal_nan=True)


def test_counting_models_are_not_served():
    assert not DepthGrid().serves(build("ngram"))
