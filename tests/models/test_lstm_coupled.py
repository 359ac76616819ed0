from __future__ import annotations

import torch
from torch import Tensor

from seqviz.models.lstm_coupled import CoupledLSTM
from tests.models.recurrent_oracles import series
from tests.models.unrolled_oracles import build, equals, orthogonal_blocks, step_passes_gradcheck


def test_outputs_and_gradients_equal_an_independent_loop_with_one_minus_the_forget_gate() -> None:
    model = build(CoupledLSTM, n_layers=1)
    cell = model.cell(0)

    def independent(x: Tensor) -> Tensor:
        h, c = x.new_zeros(2, 4), x.new_zeros(2, 4)
        found = []
        for x_t in x.unbind(1):
            f, o, g = (torch.cat([x_t, h], 1) @ torch.cat([cell.weight_ih, cell.weight_hh], 1).T + cell.bias).split(
                4, 1
            )
            c = f.sigmoid() * c + (1 - f.sigmoid()) * g.tanh()
            h = o.sigmoid() * c.tanh()
            found.append(h)
        return torch.stack(found, dim=1)

    equals(model, independent)


def test_step_passes_gradcheck() -> None:
    step_passes_gradcheck(build(CoupledLSTM))


def test_recurrent_blocks_start_orthogonal_gate_by_gate() -> None:
    orthogonal_blocks(CoupledLSTM)


def test_both_gates_are_shown_and_add_up_to_one() -> None:
    arrays = build(CoupledLSTM).trace(series()).arrays
    total = arrays["layers.1.input_gate"].values + arrays["layers.1.forget_gate"].values
    torch.testing.assert_close(total, torch.ones_like(total))


def test_a_forget_bias_opens_one_gate_and_shuts_the_other() -> None:
    arrays = build(CoupledLSTM, forget_bias=4.0).trace(series()).arrays
    assert arrays["layers.0.forget_gate"].values[:, 0].mean().item() > 0.95
    assert arrays["layers.0.input_gate"].values[:, 0].mean().item() < 0.05


def test_it_has_three_quarters_of_the_recurrent_weights_of_an_lstm() -> None:
    assert build(CoupledLSTM).cell(0).weight_hh.shape == (12, 4)
