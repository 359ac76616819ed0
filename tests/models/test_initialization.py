"""How weights begin, matrix by matrix."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from seqviz.models.initialization import initialize


def nets() -> nn.ModuleDict:
    torch.manual_seed(0)
    return nn.ModuleDict({"cells": nn.LSTM(6, 8, batch_first=True), "linear": nn.Linear(40, 30)})


def test_torch_s_own_start_stays_where_none_is_asked_for():
    one, other = nets(), nets()
    initialize(one, "default")
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), other.parameters(), strict=True))


def test_every_gate_of_a_fused_recurrent_matrix_is_orthogonal_by_itself():
    net = nets()
    initialize(net, "orthogonal")
    for block in net["cells"].weight_hh_l0.split(8):
        torch.testing.assert_close(block @ block.T, torch.eye(8), atol=1e-5, rtol=0)


def test_identity_is_put_where_a_block_is_square_and_nowhere_else():
    net, before = nets(), nets()
    initialize(net, "identity")
    for block in net["cells"].weight_hh_l0.split(8):
        assert torch.equal(block, torch.eye(8))
    assert torch.equal(net["linear"].weight, before["linear"].weight)


@pytest.mark.parametrize(("name", "deviation"), [("normal", 0.02), ("xavier", (2 / 70) ** 0.5)])
def test_a_drawn_start_has_the_deviation_of_its_paper(name, deviation):
    net = nets()
    initialize(net, name)
    assert net["linear"].weight.std().item() == pytest.approx(deviation, rel=0.08)


def test_biases_are_left_alone():
    net, before = nets(), nets()
    initialize(net, "normal")
    assert torch.equal(net["linear"].bias, before["linear"].bias)
    assert torch.equal(net["cells"].bias_ih_l0, before["cells"].bias_ih_l0)
