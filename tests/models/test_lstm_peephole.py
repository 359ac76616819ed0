from __future__ import annotations

import torch
from torch import Tensor, nn

from seqviz.models.lstm_peephole import PeepholeLSTM
from tests.models.recurrent_oracles import series
from tests.models.unrolled_oracles import build, equals, equals_torch, orthogonal_blocks, step_passes_gradcheck


def test_without_peepholes_outputs_and_gradients_equal_torch_lstm() -> None:
    model = build(PeepholeLSTM)
    with torch.no_grad():
        for layer in range(2):
            model.cell(layer).get_parameter("peephole").zero_()
    equals_torch(model, nn.LSTM(5, 4, 2, batch_first=True), order=(0, 1, 3, 2))


def test_outputs_and_gradients_equal_an_lstm_cell_whose_biases_hold_the_peeps() -> None:
    model = build(PeepholeLSTM, n_layers=1)
    cell = model.cell(0)

    def independent(x: Tensor) -> Tensor:
        h, c = x.new_zeros(2, 4), x.new_zeros(2, 4)
        p = cell.get_parameter("peephole")
        found = []
        for x_t in x.unbind(1):
            pre = x_t @ cell.weight_ih.T + h @ cell.weight_hh.T + cell.bias  # i f o g
            i = (pre[:, 0:4] + p[0:4] * c).sigmoid()
            f = (pre[:, 4:8] + p[4:8] * c).sigmoid()
            c = f * c + i * pre[:, 12:16].tanh()
            h = (pre[:, 8:12] + p[8:12] * c).sigmoid() * c.tanh()
            found.append(h)
        return torch.stack(found, dim=1)

    equals(model, independent)


def test_step_passes_gradcheck() -> None:
    step_passes_gradcheck(build(PeepholeLSTM))


def test_recurrent_blocks_start_orthogonal_gate_by_gate() -> None:
    orthogonal_blocks(PeepholeLSTM)


def test_forget_bias_is_where_the_forget_gate_starts() -> None:
    gate = build(PeepholeLSTM, forget_bias=4.0).trace(series()).arrays["layers.0.forget_gate"].values
    assert gate[:, 0].mean().item() > 0.95


def test_an_output_gate_opens_by_its_peephole_while_the_hidden_state_was_silent() -> None:
    cell = build(PeepholeLSTM).cell(0)
    with torch.no_grad():
        for parameter in cell.parameters():
            parameter.zero_()
        cell.bias[4:8] = 50.0  # remember all
        cell.bias[8:12] = -50.0  # say nothing
        cell.get_parameter("peephole")[8:] = 100.0
    silent = {"hidden_state": torch.zeros(1, 4, dtype=torch.float64)}
    low = cell.equations(
        torch.zeros(1, 5, dtype=torch.float64), {**silent, "cell_state": torch.full((1, 4), 0.1).double()}
    )
    high = cell.equations(
        torch.zeros(1, 5, dtype=torch.float64), {**silent, "cell_state": torch.full((1, 4), 0.9).double()}
    )
    assert low["output_gate"].max() < 1e-6
    assert high["output_gate"].min() > 1 - 1e-6
