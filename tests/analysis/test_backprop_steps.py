"""The arrays of the backprop debugger, against the equations spelled out."""

from __future__ import annotations

import fnmatch
import math

import pytest
import torch

from seqviz.analysis import Subject
from seqviz.analysis.backprop_steps import REHEARSE, BackpropSteps, Rehearsal
from seqviz.models.base import architectures
from seqviz.models.recurrent import RecurrentModel
from seqviz.models.unrolled import UnrolledModel
from tests.analysis.small_models import SMALL, build, text_batch

EVERYTHING = frozenset({"*"})


def arrays_of(name: str, **knobs: object) -> tuple[Subject, dict[str, torch.Tensor]]:
    subject = Subject(build(name, **{**SMALL, **knobs}), text_batch(1))
    return subject, {key: found.values for key, found in BackpropSteps().compute(subject, EVERYTHING).items()}


def test_losses_and_sizes_are_those_of_the_trace():
    subject, found = arrays_of("lstm")
    assert torch.equal(found["backprop.losses"].isnan(), subject.trace.losses.isnan())
    c = subject.trace.arrays["layers.1.cell_state"].values
    assert torch.allclose(found["backprop.layers.1.cell_state.size"], (c**2).mean(-1) ** 0.5)


@pytest.mark.parametrize("activation", ["tanh", "relu"])
@pytest.mark.parametrize("name", ["rnn", "deep_rnn"])
def test_the_slope_of_a_plain_net_is_that_of_its_activation(name, activation):
    subject, found = arrays_of(name, activation=activation)
    h = subject.trace.arrays["layers.0.hidden_state"].values
    expected = 1 - h**2 if activation == "tanh" else (h > 0).double()
    assert torch.allclose(found["backprop.layers.0.hidden_state.factor.slope"], expected.mean(-1))


@pytest.mark.parametrize("residual", [True, False])
@pytest.mark.parametrize("activation", ["tanh", "relu", "sigmoid", "leaky"])
def test_the_slope_is_the_derivative_of_the_activation_by_what_entered_it(activation, residual):
    subject, found = arrays_of("rnn_variants", activation=activation, residual=residual, layer_norm=False)
    cell, arrays = subject.model.cell(0), subject.trace.arrays
    h = arrays["layers.0.hidden_state"].values
    before = torch.cat([torch.zeros_like(h[:, :1]), h[:, :-1]], dim=1)
    entered = arrays["embedding"].values @ cell.weight_ih.T + before @ cell.weight_hh.T + cell.bias + cell.bias_hh
    entered = entered.detach().requires_grad_()
    (expected,) = torch.autograd.grad(cell.phi(entered).sum(), entered)
    assert torch.allclose(found["backprop.layers.0.hidden_state.factor.slope"], expected.mean(-1))


@pytest.mark.parametrize(
    ("name", "state", "gate"),
    [("lstm", "cell_state", "forget_gate"), ("gru", "hidden_state", "update_gate"),
     ("highway", "hidden_state", "carry_gate"), ("lstm_peephole", "cell_state", "forget_gate")],
)  # fmt: skip
def test_the_gate_that_keeps_stands_with_the_state_it_keeps(name, state, gate):
    subject, found = arrays_of(name)
    expected = subject.trace.arrays[f"layers.1.{gate}"].values.mean(-1)
    assert torch.equal(found[f"backprop.layers.1.{state}.factor.{gate}"], expected)


def test_the_slope_of_an_lstm_is_that_of_the_cell_it_reads():
    subject, found = arrays_of("lstm")
    c = subject.trace.arrays["layers.0.cell_state"].values
    assert torch.allclose(found["backprop.layers.0.hidden_state.factor.slope"], (1 - torch.tanh(c) ** 2).mean(-1))


@pytest.mark.parametrize(
    "name", [n for n, kind in architectures.items() if issubclass(kind, RecurrentModel | UnrolledModel)]
)
def test_every_promised_array_is_given_and_nothing_else(name):
    model = build(name, **SMALL)
    promised = BackpropSteps().names(model)
    given = BackpropSteps().compute(Subject(model, text_batch(1)), EVERYTHING)
    assert all(any(fnmatch.fnmatchcase(key, one) for one in promised) for key in given)
    assert all(any(fnmatch.fnmatchcase(key, one) for key in given) for one in promised)


def test_a_rehearsed_step_joins_the_arrays_only_where_somebody_can_rehearse_it():
    subject, found = arrays_of("rnn")
    assert "backprop.step" not in found
    subject.shared[REHEARSE] = lambda: Rehearsal((1.0, 2.0, 0.5, 1.0, 1e-3, 0.9), {"w": (1.0, 2.0, 3.0, 1.5)})
    found = BackpropSteps().compute(subject, frozenset({"backprop.*"}))
    assert found["backprop.step"].axes == ("value",)
    assert found["backprop.step"].values.tolist() == [1.0, 2.0, 0.5, 1.0, 1e-3, 0.9]
    assert found["backprop.update.w"].values.tolist() == [1.0, 2.0, 3.0, 1.5]


def test_models_without_a_recurrent_layer_are_not_served():
    assert not BackpropSteps().serves(build("transformer", **SMALL))
    assert BackpropSteps().names(build("transformer", **SMALL)) == ()


def test_nothing_arrives_at_the_end_and_nothing_acted_before_the_start():
    _, found = arrays_of("gru")
    assert found["backprop.layers.0.hidden_state.arriving"][0, -1] == 0
    assert math.isnan(found["backprop.layers.0.hidden_state.shrinkage"][0, 0])


@pytest.mark.parametrize(("name", "state"), [("rnn", "hidden_state"), ("gru", "hidden_state"), ("lstm", "cell_state")])
def test_the_largest_singular_value_is_that_of_the_jacobian_by_autograd(name, state):
    subject, found = arrays_of(name)
    model, arrays = subject.model, subject.trace.arrays
    values = found[f"backprop.layers.0.{state}.factor.singular"]
    for t in range(1, 8):
        before = {n: arrays[f"layers.0.{n}"].values[:, t - 1] for n in model.states}

        def step(row, t=t, before=before):
            state_now = {**before, state: row}
            return model.cell_step(arrays["embedding"].values[:, t], state_now, model.weights(0))[state]

        jacobian = torch.autograd.functional.jacobian(step, before[state])[0, :, 0]
        assert float(values[0, t]) == pytest.approx(float(torch.linalg.matrix_norm(jacobian, 2)), rel=1e-9)
    assert math.isnan(values[0, 0])


def test_singular_values_are_left_alone_until_somebody_asks():
    subject = Subject(build("lstm", **SMALL), text_batch(1))
    BackpropSteps().compute(subject, frozenset({"backprop.layers.*.total"}))
    assert not any(key.startswith("jacobians") for key in subject.shared)
