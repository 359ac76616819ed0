from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from seqviz.models.base import Context
from seqviz.models.deep_rnn import DeepRNN
from tests.models.recurrent_oracles import series
from tests.models.unrolled_oracles import (
    TIGHT,
    both_paths,
    build,
    equals,
    equals_torch,
    orthogonal_blocks,
    step_passes_gradcheck,
)

PLAIN: dict[str, Any] = {"skip": False, "transition_depth": 1, "output_depth": 0}


@pytest.mark.parametrize("activation", ["tanh", "relu"])
@pytest.mark.parametrize("layers", [1, 3])
def test_without_depth_in_transition_output_or_skips_it_is_torch_stacked_rnn(layers: int, activation: str) -> None:
    model = build(DeepRNN, **PLAIN, n_layers=layers, activation=activation)
    equals_torch(model, nn.RNN(5, 4, layers, nonlinearity=activation, batch_first=True))


@pytest.mark.parametrize("shortcut", [True, False])
def test_a_deep_transition_equals_an_independent_loop(shortcut: bool) -> None:
    model = build(DeepRNN, n_layers=1, transition_depth=3, shortcut=shortcut)
    p = dict(model.cell(0).named_parameters())

    def independent(x: Tensor) -> Tensor:
        h, found = x.new_zeros(2, 4), []
        for x_t in x.unbind(1):
            a = torch.tanh(torch.cat([x_t, h], 1) @ torch.cat([p["weight_ih"], p["weight_hh"]], 1).T + p["bias"])
            a = torch.tanh(nn.functional.linear(a, p["deeper.0.weight"], p["deeper.0.bias"]))
            past = h @ p["shortcut.weight_hh"].T if shortcut else 0
            h = torch.tanh(nn.functional.linear(a, p["deeper.1.weight"], p["deeper.1.bias"]) + past)
            found.append(h)
        return torch.stack(found, dim=1)

    equals(model, independent)


def test_a_transition_of_depth_one_has_no_shortcut_to_take() -> None:
    names = [name for name, _ in build(DeepRNN, transition_depth=1, shortcut=True).named_parameters()]
    assert not [name for name in names if "shortcut" in name or "deeper" in name]


def test_skip_connections_equal_a_stack_of_torch_rnns_that_read_everything_below() -> None:
    model = build(DeepRNN, n_layers=3, transition_depth=1, output_depth=0)
    references = [nn.RNN(5 + 4 * layer, 4, batch_first=True).double() for layer in range(3)]
    with torch.no_grad():
        for layer, reference in enumerate(references):
            cell = model.cell(layer)
            cell.weight_ih.copy_(reference.weight_ih_l0)
            cell.weight_hh.copy_(reference.weight_hh_l0)
            cell.bias.copy_(reference.bias_ih_l0 + reference.bias_hh_l0)
    for x, top in both_paths(model):
        read = x
        for reference in references:
            read = torch.cat([read, reference(read)[0]], dim=-1)
        torch.testing.assert_close(top, read[..., -4:], **TIGHT)
        predictive: Any = model.forward(series(), Context()).predictive
        torch.testing.assert_close(predictive.mean, model.head(read[..., 5:], series()).mean, **TIGHT)


def test_a_deep_output_is_read_by_the_head_and_traced() -> None:
    model = build(DeepRNN, skip=False, output_depth=2)
    trace = model.trace(series())
    y = trace.arrays["layers.1.hidden_state"].values
    for j, layer in enumerate(model.deep_output):
        y = torch.tanh(layer(y))
        torch.testing.assert_close(trace.arrays[f"output.{j}"].values, y, **TIGHT)
    torch.testing.assert_close(trace.output.predictive.mean, model.head(y, series()).mean, **TIGHT)


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_step_passes_gradcheck(depth: int) -> None:
    step_passes_gradcheck(build(DeepRNN, transition_depth=depth))


def test_recurrent_blocks_start_orthogonal() -> None:
    orthogonal_blocks(DeepRNN)
