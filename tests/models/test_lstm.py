from __future__ import annotations

import torch
from torch import nn

from seqviz.models.lstm import LSTM
from tests.models.recurrent_oracles import (
    build,
    longhand_equals_torch,
    pull_back_equals_autograd,
    series,
    step_passes_gradcheck,
)


def test_outputs_last_states_and_gradients_equal_torch_lstm() -> None:
    longhand_equals_torch(build(LSTM), nn.LSTM(5, 4, 2, batch_first=True))


def test_pull_back_equals_autograd() -> None:
    pull_back_equals_autograd(build(LSTM))


def test_step_passes_gradcheck() -> None:
    step_passes_gradcheck(build(LSTM))


def test_forget_bias_is_where_the_forget_gate_of_every_layer_starts() -> None:
    model = build(LSTM, forget_bias=3.0)
    for layer in range(2):
        weights = model.weights(layer)
        assert torch.equal((weights.b_ih + weights.b_hh)[4:8], torch.full((4,), 3.0, dtype=torch.float64))
    gate = model.trace(series()).arrays["layers.0.forget_gate"].values
    assert gate[:, 0].mean().item() > 0.9


def test_forget_gate_of_one_and_input_gate_of_zero_keep_the_cell() -> None:
    model = build(LSTM)
    weights = model.weights(0)
    with torch.no_grad():
        weights.w_ih.zero_()
        weights.w_hh.zero_()
        weights.b_hh.zero_()
        weights.b_ih.copy_(torch.tensor([-1e3] * 4 + [1e3] * 4 + [0.0] * 8))
        cell = torch.randn(2, 4, dtype=torch.float64)
        state = {"hidden_state": torch.zeros(2, 4, dtype=torch.float64), "cell_state": cell}
        for x in model.embed(series()).unbind(1):
            state = model.cell_step(x, state, weights)
    assert torch.equal(state["cell_state"], cell)


def test_orthogonal_start_acts_on_each_gate_by_itself() -> None:
    w_hh = build(LSTM, initialization="orthogonal").weights(0).w_hh
    for block in w_hh.split(4):
        torch.testing.assert_close(block @ block.T, torch.eye(4, dtype=torch.float64), rtol=0, atol=1e-6)
