from __future__ import annotations

import torch
from torch import nn

from seqviz.models.gru import GRU
from tests.models.recurrent_oracles import (
    build,
    longhand_equals_torch,
    position,
    pull_back_equals_autograd,
    step_passes_gradcheck,
)


def test_outputs_last_states_and_gradients_equal_torch_gru() -> None:
    longhand_equals_torch(build(GRU), nn.GRU(5, 4, 2, batch_first=True))


def test_pull_back_equals_autograd() -> None:
    pull_back_equals_autograd(build(GRU))


def test_step_passes_gradcheck() -> None:
    step_passes_gradcheck(build(GRU))


def test_reset_gate_acts_after_the_matrix_unlike_the_form_of_cho() -> None:
    model = build(GRU)
    x, before = position(model)
    h, weights = before["hidden_state"], model.weights(0)
    ours = model.cell_step(x, before, weights)
    w_in, b_in, w_hn, b_hn = (part[8:] for part in (weights.w_ih, weights.b_ih, weights.w_hh, weights.b_hh))
    r = ours["reset_gate"]
    torch_form = torch.tanh(x @ w_in.T + b_in + r * (h @ w_hn.T + b_hn))
    cho_form = torch.tanh(x @ w_in.T + b_in + (r * h) @ w_hn.T + b_hn)
    torch.testing.assert_close(ours["candidate"], torch_form, rtol=1e-9, atol=1e-12)
    assert (ours["candidate"] - cho_form).abs().max().item() > 1e-3


def test_open_update_gate_keeps_the_old_state() -> None:
    model = build(GRU)
    x, before = position(model)
    with torch.no_grad():
        model.weights(0).b_ih[4:8] = 1e3
    after = model.cell_step(x, before, model.weights(0))
    assert torch.equal(after["hidden_state"], before["hidden_state"])
