from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from seqviz.models.lstm_layer_norm import LayerNormLSTM
from tests.models.recurrent_oracles import series
from tests.models.unrolled_oracles import TIGHT, build, drawn, equals, orthogonal_blocks, step_passes_gradcheck


def test_outputs_and_gradients_equal_an_independent_loop_with_torch_layer_norm() -> None:
    model = build(LayerNormLSTM, n_layers=1)
    cell = model.cell(0)
    with torch.no_grad():  # off 1 and 0, so that each gain and bias must be at its own place
        for k, name in enumerate(("gain_ih", "gain_hh", "gain_cell", "bias_cell", "bias")):
            cell.get_parameter(name).add_(0.3 * drawn(*cell.get_parameter(name).shape, seed=k))

    def independent(x: Tensor) -> Tensor:
        p = dict(cell.named_parameters())
        h, c = x.new_zeros(2, 4), x.new_zeros(2, 4)
        found = []
        for x_t in x.unbind(1):
            pre = F.layer_norm(x_t @ p["weight_ih"].T, (16,)) * p["gain_ih"]
            pre = pre + F.layer_norm(h @ p["weight_hh"].T, (16,)) * p["gain_hh"] + p["bias"]
            i, f, o, g = pre.split(4, dim=1)
            c = f.sigmoid() * c + i.sigmoid() * g.tanh()
            h = o.sigmoid() * torch.tanh(F.layer_norm(c, (4,)) * p["gain_cell"] + p["bias_cell"])
            found.append(h)
        return torch.stack(found, dim=1)

    equals(model, independent)


def test_step_passes_gradcheck() -> None:
    step_passes_gradcheck(build(LayerNormLSTM))


def test_recurrent_blocks_start_orthogonal_gate_by_gate() -> None:
    orthogonal_blocks(LayerNormLSTM)


def test_gains_start_at_one_and_biases_at_zero_but_for_the_forget_bias() -> None:
    cell = build(LayerNormLSTM, forget_bias=2.0).cell(0)
    for name in ("gain_ih", "gain_hh", "gain_cell"):
        assert torch.equal(cell.get_parameter(name), torch.ones_like(cell.get_parameter(name)))
    assert not cell.get_parameter("bias_cell").any()
    assert cell.bias.tolist() == [0.0] * 4 + [2.0] * 4 + [0.0] * 8


def test_the_scale_of_the_input_weights_changes_next_to_nothing() -> None:
    model = build(LayerNormLSTM, n_layers=1)
    before = model.trace(series()).arrays["layers.0.hidden_state"].values
    with torch.no_grad():
        model.cell(0).weight_ih.mul_(1000.0)
        model.cell(0).weight_hh.mul_(1000.0)
    after = model.trace(series()).arrays["layers.0.hidden_state"].values
    assert (after - before).abs().max() < 5e-3  # all that is left is the eps of the normalisation


def test_the_normalised_cell_is_what_the_hidden_state_shows() -> None:
    arrays = build(LayerNormLSTM).trace(series()).arrays
    shown = arrays["layers.1.output_gate"].values * torch.tanh(arrays["layers.1.normalised_cell"].values)
    torch.testing.assert_close(shown, arrays["layers.1.hidden_state"].values, **TIGHT)
