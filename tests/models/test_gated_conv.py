from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from seqviz.models.base import Context
from seqviz.models.gated_conv import GatedConv
from tests.models.convolution_oracles import TIGHT, build, equals_reference, series, support_is_the_receptive_field


@pytest.mark.parametrize("bottleneck", [False, True])
@pytest.mark.parametrize("weight_norm", [False, True])
def test_features_and_gradients_equal_glu_over_left_padded_conv1d(bottleneck: bool, weight_norm: bool) -> None:
    model = build(GatedConv, n_layers=3, kernel_size=3, bottleneck=bottleneck, weight_norm=weight_norm)

    def one(conv: object, x: Tensor) -> Tensor:
        return x if conv is None else F.conv1d(x, conv.conv.weight, conv.conv.bias)  # type: ignore[attr-defined]

    def reference(x: Tensor) -> Tensor:
        for block in model.stack:
            look = block.look.conv
            both = F.conv1d(F.pad(one(block.squeeze, x), (2, 0)), look.weight, look.bias)
            x = one(block.around, x) + one(block.widen, F.glu(both, dim=1))
        return x

    equals_reference(model, reference)


@pytest.mark.parametrize(("kernel_size", "n_layers"), [(1, 2), (2, 1), (3, 4), (5, 3)])
def test_gradient_support_is_1_plus_n_times_k_minus_1(kernel_size: int, n_layers: int) -> None:
    model = build(GatedConv, kernel_size=kernel_size, n_layers=n_layers)
    support_is_the_receptive_field(model, 1 + n_layers * (kernel_size - 1))


def test_the_gate_lies_between_0_and_1_and_a_shut_one_leaves_the_residual_alone() -> None:
    model = build(GatedConv, n_layers=2)
    gate = model.trace(series()).arrays["conv.1.gate"].values
    assert gate.shape == (2, 12, 4)
    assert bool(((gate > 0) & (gate < 1)).all())
    with torch.no_grad():
        model.stack[1].look.conv.bias[4:] = -1e4
    arrays = model.trace(series()).arrays
    assert bool((arrays["conv.1.gate"].values == 0).all())
    torch.testing.assert_close(arrays["conv.1.output"].values, arrays["conv.0.output"].values, **TIGHT)


def test_a_bottleneck_gates_a_quarter_of_the_units_and_has_fewer_parameters() -> None:
    wide, narrow = (build(GatedConv, channels=16, bottleneck=value) for value in (False, True))
    assert narrow.trace(series()).arrays["conv.0.gate"].values.shape[2] == 4
    assert sum(p.numel() for p in narrow.parameters()) < sum(p.numel() for p in wide.parameters()) / 3


def test_no_state_is_carried_from_window_to_window() -> None:
    assert build(GatedConv).forward(series(), Context()).state is None
