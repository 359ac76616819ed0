from __future__ import annotations

import pytest
import torch
from torch import nn

from seqviz.models.rnn import RNN
from tests.models.recurrent_oracles import (
    build,
    longhand_equals_torch,
    pull_back_equals_autograd,
    series,
    step_passes_gradcheck,
)

ACTIVATIONS = pytest.mark.parametrize("activation", ["tanh", "relu"])


@ACTIVATIONS
def test_outputs_last_states_and_gradients_equal_torch_rnn(activation: str) -> None:
    reference = nn.RNN(5, 4, 2, nonlinearity=activation, batch_first=True)
    longhand_equals_torch(build(RNN, activation=activation), reference)


@ACTIVATIONS
def test_pull_back_equals_autograd(activation: str) -> None:
    pull_back_equals_autograd(build(RNN, activation=activation))


@ACTIVATIONS
def test_step_passes_gradcheck(activation: str) -> None:
    step_passes_gradcheck(build(RNN, activation=activation))


def test_orthogonal_start_keeps_lengths() -> None:
    w_hh = build(RNN, initialization="orthogonal").weights(1).w_hh
    torch.testing.assert_close(w_hh @ w_hh.T, torch.eye(4, dtype=torch.float64), rtol=0, atol=1e-6)


def test_identity_start_with_relu_is_a_perfect_memory() -> None:
    model = build(RNN, initialization="identity", activation="relu")
    weights = model.weights(0)
    assert torch.equal(weights.w_hh, torch.eye(4, dtype=torch.float64))
    with torch.no_grad():
        weights.w_ih.zero_()
        weights.b_ih.zero_()
        weights.b_hh.zero_()
        start = torch.rand(2, 4, dtype=torch.float64)
        state = {"hidden_state": start}
        for x in model.embed(series()).unbind(1):
            state = model.cell_step(x, state, weights)
    assert torch.equal(state["hidden_state"], start)


def test_relu_state_has_no_ceiling_and_tanh_state_has() -> None:
    x, h = torch.full((1, 5), 9.0, dtype=torch.float64), {"hidden_state": torch.ones(1, 4, dtype=torch.float64)}
    for activation, bounded in (("tanh", True), ("relu", False)):
        model = build(RNN, activation=activation)
        with torch.no_grad():
            model.weights(0).w_ih.fill_(1.0)
            after = model.cell_step(x, h, model.weights(0))["hidden_state"]
        assert bool((after <= 1).all()) is bounded
