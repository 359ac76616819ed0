"""Two directions against torch's own modules, with and without padding."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from seqviz.core.batch import Batch, Field
from seqviz.core.interface import Interface, Needs, Space, reason_against
from seqviz.models.base import Context, architectures
from seqviz.models.bidirectional import BidirectionalModel
from seqviz.models.one_way import DIRECTIONS

TIGHT = {"rtol": 1e-9, "atol": 1e-12}
INTERFACE = Interface(Space("vectors", 3), Space("vectors", 3), "gaussian", 7)
NAMES = ("birnn", "bilstm", "bigru")
REFERENCES = {"birnn": nn.RNN, "bilstm": nn.LSTM, "bigru": nn.GRU}
LENGTHS = (7, 4, 1)


def build(name: str, **knobs: Any) -> BidirectionalModel:
    torch.manual_seed(0)
    cls: Any = architectures.get(name)
    return cls(cls.Config(**{"d_embedding": 5, "d_hidden": 4, "n_layers": 2, **knobs}), INTERFACE).double().eval()


def series(rows: int = 3, mask: Tensor | None = None) -> Batch:
    values = torch.randn(rows, 7, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(3))
    return Batch(
        {"vectors": Field(values, ("batch", "t", "dim"), mask)}, {"vectors": Field(values, ("batch", "t", "dim"), mask)}
    )


def padded() -> Batch:
    return series(mask=torch.arange(7) < torch.tensor(LENGTHS)[:, None])


@pytest.mark.parametrize("name", NAMES)
def test_outputs_last_states_and_gradients_equal_torchs_bidirectional_module(name: str) -> None:
    model = build(name)
    reference = REFERENCES[name](5, 4, 2, batch_first=True, bidirectional=True).double()
    reference.load_state_dict(model.cells.state_dict())
    trace = model.trace(series(), keep_graph=True)
    embedded = trace.sites["embedding"].steps[0]  # (B, T, E)
    ways = [torch.stack(trace.sites[f"layers.1.{way}.hidden_state"].steps, dim=1) for way in DIRECTIONS]
    top = torch.cat(ways, dim=2)  # (B, T, 2H)
    inputs = embedded.detach().requires_grad_()
    outputs, last = reference(inputs)
    torch.testing.assert_close(top, outputs, **TIGHT)
    for state, final in zip(model.cell.states, last if isinstance(last, tuple) else (last,), strict=True):
        for layer in range(2):  # h_n: layer 0 forward, layer 0 backward, layer 1 forward ...
            for number, (way, at) in enumerate(zip(DIRECTIONS, (-1, 0), strict=True)):
                ours = trace.arrays[f"layers.{layer}.{way}.{state}"].values[:, at]
                torch.testing.assert_close(ours, final[2 * layer + number], **TIGHT)
    weight = torch.randn_like(outputs)
    expected = torch.autograd.grad((outputs * weight).sum(), [inputs, *reference.parameters()])
    actual = torch.autograd.grad((top * weight).sum(), [embedded, *model.cells.parameters()])
    for a, b in zip(actual, expected, strict=True):
        torch.testing.assert_close(a, b, **TIGHT)


@pytest.mark.parametrize("name", NAMES)
def test_padding_changes_nothing_of_a_row(name: str) -> None:
    model, batch = build(name), padded()
    together, traced = model.forward(batch, Context()).predictive.mean, model.trace(batch)
    for row, length in enumerate(LENGTHS):
        alone = batch.convert(lambda values, row=row, length=length: values[row : row + 1, :length])
        torch.testing.assert_close(together[row, :length], model.forward(alone, Context()).predictive.mean[0], **TIGHT)
        for way in DIRECTIONS:
            for state in model.cell.states:
                array = f"layers.1.{way}.{state}"
                whole, own = traced.arrays[array].values[row], model.trace(alone).arrays[array].values[0]
                torch.testing.assert_close(whole[:length], own, **TIGHT)
                assert bool((whole[length:] == 0).all())


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("layers", [1, 2])
def test_all_three_passes_agree_on_padded_rows(name: str, layers: int) -> None:
    model, batch = build(name, n_layers=layers), padded()
    slow, quick = model.trace(batch), model.quick_trace(batch)
    fast = model.forward(batch, Context()).predictive.mean
    torch.testing.assert_close(slow.output.predictive.mean, fast, **TIGHT)
    assert set(slow.arrays) == set(quick.arrays)
    for array, traced in slow.arrays.items():
        torch.testing.assert_close(quick.arrays[array].values, traced.values, **TIGHT, msg=array)


@pytest.mark.parametrize("name", NAMES)
def test_gradients_of_padded_rows_are_those_of_the_fused_pass(name: str) -> None:
    model, batch = build(name), padded()
    target = batch.targets["vectors"]
    fast = -model.forward(batch, Context()).predictive.log_prob(target.values)[target.mask].sum()
    slow = model.trace(batch, keep_graph=True).losses.nansum()
    for a, b in zip(*(torch.autograd.grad(loss, list(model.parameters())) for loss in (slow, fast)), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-8, atol=1e-11)


def test_padding_in_the_middle_of_a_row_is_refused_with_a_sentence() -> None:
    mask = torch.ones(3, 7, dtype=torch.bool)
    mask[1, 2] = False
    with pytest.raises(ValueError, match="at the end of a row"):
        build("bilstm").forward(series(mask=mask), Context())


def test_the_top_layer_reaches_one_way_and_all_below_both_ways() -> None:
    model, batch = build("bigru"), series()
    every = torch.ones(7, 7, dtype=torch.bool)
    assert torch.equal(model.reach(batch, "layers.1.forward.hidden_state"), every.tril())
    assert torch.equal(model.reach(batch, "layers.1.backward.hidden_state"), every.triu())
    for site in ("layers.0.forward.hidden_state", "layers.0.backward.hidden_state", "embedding"):
        assert torch.equal(model.reach(batch, site), every)


@pytest.mark.parametrize("name", NAMES)
def test_predicting_the_next_token_is_refused_with_the_reason(name: str) -> None:
    offers = architectures.get(name).offers
    reason = reason_against(offers, Needs("chain", "tokens", "softmax", causal=True, next_token=True))
    assert reason is not None
    assert "sees the future" in reason
    assert "next token" in reason
    tracking = reason_against(offers, Needs("chain", "vectors", "spread_gaussian", causal=True))
    assert tracking is not None
    assert "token" not in tracking


def test_forget_bias_is_where_the_forget_gates_of_both_directions_start() -> None:
    model = build("bilstm", forget_bias=3.0)
    for layer in range(2):
        for way in DIRECTIONS:
            weights = model.weights(layer, way)
            assert torch.equal((weights.b_ih + weights.b_hh)[4:8], torch.full((4,), 3.0, dtype=torch.float64))


def test_the_cell_state_of_a_padded_row_is_a_site_its_own_loss_depends_on() -> None:
    trace = build("bilstm").trace(padded(), keep_graph=True)
    site = trace.sites["layers.1.backward.cell_state"]
    found = torch.autograd.grad(trace.losses[1, 3], site.steps, allow_unused=True)
    strength = [0.0 if g is None else float(g[1].abs().max()) for g in found]
    assert strength[3] > 0
    assert strength[4:] == [0.0] * 3
