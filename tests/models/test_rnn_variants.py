from __future__ import annotations

import itertools
import math

import pytest
import torch
from torch import Tensor, nn

from seqviz.models.rnn import RNN
from seqviz.models.rnn_variants import RNNVariants
from tests.models.recurrent_oracles import INTERFACE, SIZES, series
from tests.models.unrolled_oracles import TIGHT, both_paths, build, drawn, equals, step_passes_gradcheck

PLAIN = {"residual": False, "layer_norm": False}
PHI = {
    "tanh": math.tanh,
    "relu": lambda a: max(a, 0.0),
    "sigmoid": lambda a: 1 / (1 + math.exp(-a)),
    "leaky": lambda a: a if a > 0 else 0.01 * a,
}


@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_without_lane_and_norm_it_is_torch_s_own_rnn_outputs_and_gradients(activation) -> None:
    model = build(RNNVariants, activation=activation, **PLAIN)
    size, width = SIZES["d_hidden"], SIZES["d_embedding"]
    reference = nn.RNN(width, size, model.n_layers, nonlinearity=activation, batch_first=True).double()
    kinds = {"weight_ih": "weight_ih", "weight_hh": "weight_hh", "bias": "bias_ih", "bias_hh": "bias_hh"}
    places = list(itertools.product(range(model.n_layers), kinds))
    for layer, ours in places:
        with torch.no_grad():
            theirs = getattr(reference, f"{kinds[ours]}_l{layer}")
            model.cell(layer).get_parameter(ours).copy_(theirs)
    for x, top in both_paths(model):
        inputs = x.detach().requires_grad_()
        expected, _ = reference(inputs)
        torch.testing.assert_close(top, expected, **TIGHT)
        weight = drawn(*expected.shape).detach()
        wanted = [inputs, *(getattr(reference, f"{kinds[ours]}_l{layer}") for layer, ours in places)]
        found = [x, *(model.cell(layer).get_parameter(ours) for layer, ours in places)]
        wanted_by = torch.autograd.grad((expected * weight).sum(), wanted)
        for ours_by, theirs_by in zip(torch.autograd.grad((top * weight).sum(), found), wanted_by, strict=True):
            torch.testing.assert_close(ours_by, theirs_by, **TIGHT)


@pytest.mark.parametrize("start", ["default", "orthogonal", "xavier"])
def test_it_begins_with_the_very_weights_of_the_plain_rnn(start) -> None:
    torch.manual_seed(5)
    plain = RNN(RNN.Config(**SIZES, initialization=start), INTERFACE).state_dict()
    torch.manual_seed(5)
    ours = RNNVariants(RNNVariants.Config(**SIZES, initialization=start, layer_norm=True), INTERFACE).state_dict()
    for layer in range(SIZES["n_layers"]):
        for kind, name in (("weight_ih",) * 2, ("weight_hh",) * 2, ("bias_ih", "bias"), ("bias_hh",) * 2):
            assert torch.equal(plain[f"cells.{kind}_l{layer}"], ours[f"layers.{layer}.{name}"]), name
    assert all(torch.equal(value, ours[name]) for name, value in plain.items() if not name.startswith("cells"))


@pytest.mark.parametrize("layer_norm", [False, True])
@pytest.mark.parametrize("residual", [False, True])
@pytest.mark.parametrize("activation", list(PHI))
def test_states_equal_a_plain_loop_number_by_number(activation, residual, layer_norm) -> None:
    model = build(RNNVariants, n_layers=1, activation=activation, residual=residual, layer_norm=layer_norm)
    cell = model.cell(0)
    w, u = cell.weight_ih.tolist(), cell.weight_hh.tolist()
    biases = [a + b for a, b in zip(cell.bias.tolist(), cell.bias_hh.tolist(), strict=True)]
    for x, top in both_paths(model):
        for row, found in zip(x.tolist(), top.tolist(), strict=True):
            h = [0.0] * len(u)
            for x_t, expected in zip(row, found, strict=True):
                a = [sum(p * q for p, q in zip(w[i], x_t, strict=True)) for i in range(len(h))]
                a = [a[i] + sum(p * q for p, q in zip(u[i], h, strict=True)) for i in range(len(h))]
                if layer_norm:
                    mean = sum(a) / len(a)
                    spread = math.sqrt(sum((v - mean) ** 2 for v in a) / len(a) + 1e-5)
                    a = [(v - mean) / spread for v in a]
                new = [PHI[activation](v + b) for v, b in zip(a, biases, strict=True)]
                h = [p + q for p, q in zip(h, new, strict=True)] if residual else new
                assert h == pytest.approx(expected, rel=1e-9, abs=1e-12)


def test_gains_of_the_layer_norm_multiply_before_the_biases() -> None:
    model = build(RNNVariants, n_layers=1, residual=False, layer_norm=True)
    cell = model.cell(0)
    with torch.no_grad():
        cell.gain.copy_(torch.linspace(0.5, 2.0, len(cell.gain)))

    def independent(x: Tensor) -> Tensor:
        h, found = x.new_zeros(len(x), len(cell.gain)), []
        for x_t in x.unbind(1):
            a = x_t @ cell.weight_ih.T + h @ cell.weight_hh.T
            centred = a - a.mean(1, keepdim=True)
            h = torch.tanh(cell.gain * centred / (centred.square().mean(1, keepdim=True) + 1e-5).sqrt()
                           + cell.bias + cell.bias_hh)  # fmt: skip
            found.append(h)
        return torch.stack(found, dim=1)

    equals(model, independent)


@pytest.mark.parametrize("layer_norm", [False, True])
def test_step_passes_gradcheck(layer_norm) -> None:
    step_passes_gradcheck(build(RNNVariants, layer_norm=layer_norm))


def test_the_lane_adds_one_to_every_eigenvalue_of_the_step() -> None:
    model = build(RNNVariants, n_layers=1)
    cell, h = model.cell(0), drawn(1, SIZES["d_hidden"], seed=9) * 0.1
    drive = drawn(1, SIZES["d_hidden"]).detach()
    with_lane = torch.autograd.functional.jacobian(lambda state: cell.advance(drive, (state,))[0][0], h)[:, 0]
    cell.residual = False
    without = torch.autograd.functional.jacobian(lambda state: cell.advance(drive, (state,))[0][0], h)[:, 0]
    torch.testing.assert_close(with_lane, without + torch.eye(SIZES["d_hidden"], dtype=torch.float64), **TIGHT)


def test_what_is_added_is_shown_where_there_is_a_lane() -> None:
    arrays = build(RNNVariants).trace(series()).arrays
    h = arrays["layers.0.hidden_state"].values
    torch.testing.assert_close(h.diff(dim=1), arrays["layers.0.added"].values[:, 1:], **TIGHT)
    assert "layers.0.added" not in build(RNNVariants, residual=False).trace(series()).arrays


def test_what_goes_into_the_layer_norm_is_told_position_by_position() -> None:
    model = build(RNNVariants, n_layers=1, layer_norm=True)
    arrays, cell = model.trace(series()).arrays, model.cell(0)
    h = arrays["layers.0.hidden_state"].values[:, :-1]
    a = arrays["embedding"].values[:, 1:] @ cell.weight_ih.T + h @ cell.weight_hh.T
    torch.testing.assert_close(arrays["layers.0.norm.mean"].values[:, 1:, 0], a.mean(-1), **TIGHT)
    torch.testing.assert_close(arrays["layers.0.norm.spread"].values[:, 1:, 0], a.std(-1, unbiased=False), **TIGHT)
    assert set(model.norm_gains()) == {"layers.0.norm"}
    assert build(RNNVariants).norm_gains() == {}
