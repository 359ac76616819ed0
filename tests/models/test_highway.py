from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor, nn

from seqviz.models.highway import Highway
from tests.models.recurrent_oracles import series
from tests.models.unrolled_oracles import TIGHT, build, equals, orthogonal_blocks, step_passes_gradcheck


def test_one_unit_of_depth_one_equals_the_equations_by_hand() -> None:
    model = build(Highway, n_layers=1, depth=1, d_hidden=1)
    cell = model.cell(0)
    with torch.no_grad():
        cell.weight_ih.copy_(torch.tensor([[1.0, 0, 0, 0, 0], [0, 2.0, 0, 0, 0]], dtype=torch.float64))
        cell.weight_hh.copy_(torch.tensor([[0.5], [-1.0]], dtype=torch.float64))
        cell.bias.copy_(torch.tensor([0.1, -0.2], dtype=torch.float64))
    x = torch.tensor([[0.3, 0.4, 9.0, 9.0, 9.0]], dtype=torch.float64)
    found = cell.equations(x, {"hidden_state": torch.tensor([[0.6]], dtype=torch.float64)})
    candidate = math.tanh(0.3 + 0.5 * 0.6 + 0.1)
    transform = 1 / (1 + math.exp(-(2 * 0.4 - 0.6 - 0.2)))
    assert found["candidate"].item() == pytest.approx(candidate, rel=1e-12)
    assert found["transform_gate"].item() == pytest.approx(transform, rel=1e-12)
    assert found["carry_gate"].item() == pytest.approx(1 - transform, rel=1e-12)
    assert found["hidden_state"].item() == pytest.approx(transform * candidate + (1 - transform) * 0.6, rel=1e-12)


@pytest.mark.parametrize("depth", [1, 4])
def test_outputs_and_gradients_equal_an_independent_loop(depth: int) -> None:
    model = build(Highway, n_layers=1, depth=depth)
    p = dict(model.cell(0).named_parameters())

    def independent(x: Tensor) -> Tensor:
        s, found = x.new_zeros(2, 4), []
        for x_t in x.unbind(1):
            for d in range(depth):
                prefix = "" if d == 0 else f"deeper.{d - 1}."
                pre = s @ p[prefix + "weight_hh"].T + p[prefix + "bias"]
                pre = pre + x_t @ p["weight_ih"].T if d == 0 else pre
                gate = pre[:, 4:].sigmoid()
                s = gate * pre[:, :4].tanh() + (1 - gate) * s
            found.append(s)
        return torch.stack(found, dim=1)

    equals(model, independent)


def test_with_the_carry_gate_closed_depth_one_is_the_plain_rnn() -> None:
    model, reference = build(Highway, n_layers=1, depth=1), nn.RNN(5, 4, batch_first=True).double()
    cell = model.cell(0)
    with torch.no_grad():
        cell.weight_ih.copy_(torch.cat([reference.weight_ih_l0, torch.zeros(4, 5)]))
        cell.weight_hh.copy_(torch.cat([reference.weight_hh_l0, torch.zeros(4, 4)]))
        cell.bias.copy_(torch.cat([reference.bias_ih_l0 + reference.bias_hh_l0, torch.full((4,), 1e3)]))
    x = model.embed(series())
    torch.testing.assert_close(cell(x, (x.new_zeros(2, 4),))[0], reference(x)[0], **TIGHT)


def test_with_the_carry_gate_open_the_state_and_its_gradient_go_through_untouched() -> None:
    cell = build(Highway, depth=5, transform_bias=-10.0).cell(0)
    with torch.no_grad():
        for _, bias in cell.feedback():
            bias[4:] = -1e3
    state = torch.randn(2, 4, dtype=torch.float64).requires_grad_()
    (after,) = cell(cell.weight_ih.new_ones(2, 7, 5), (state,))[1]
    torch.testing.assert_close(after, state, **TIGHT)
    torch.testing.assert_close(torch.autograd.grad(after.sum(), state)[0], torch.ones_like(state), **TIGHT)


@pytest.mark.parametrize("depth", [1, 3])
def test_step_passes_gradcheck(depth: int) -> None:
    step_passes_gradcheck(build(Highway, depth=depth))


def test_recurrent_blocks_of_every_depth_start_orthogonal() -> None:
    orthogonal_blocks(Highway)


def test_what_a_step_carries_is_the_product_of_its_carry_gates() -> None:
    arrays = build(Highway, depth=3).trace(series()).arrays
    product = torch.stack([arrays[f"layers.0.depth.{k}.carry_gate"].values for k in range(3)]).prod(dim=0)
    torch.testing.assert_close(arrays["layers.0.carry_gate"].values, product, **TIGHT)
    torch.testing.assert_close(arrays["layers.0.transform_gate"].values, 1 - product, **TIGHT)
    assert "layers.0.depth.1.state" in arrays
    assert "layers.0.depth.2.state" not in arrays  # it is the hidden state


def test_the_transform_bias_is_where_the_gate_of_every_depth_starts() -> None:
    arrays = build(Highway, depth=3, transform_bias=-5.0).trace(series()).arrays
    for k in range(3):
        assert arrays[f"layers.0.depth.{k}.transform_gate"].values[:, 0].mean().item() < 0.05
