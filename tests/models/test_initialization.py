"""How weights begin, matrix by matrix."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from seqviz.models.base import architectures
from seqviz.models.initialization import initialize, scale_recurrence, square_blocks
from tests.models.recurrent_oracles import INTERFACE


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


@pytest.mark.parametrize("radius", [0.5, 1.0, 1.7])
def test_every_block_of_a_recurrent_matrix_gets_the_spectral_radius_asked_for(radius):
    net, before = nets(), nets()
    scale_recurrence(net, radius)
    for block, old in zip(net["cells"].weight_hh_l0.split(8), before["cells"].weight_hh_l0.split(8), strict=True):
        sizes = np.abs(np.linalg.eigvals(block.detach().numpy().astype(np.float64)))
        assert sizes.max() == pytest.approx(radius, rel=1e-5)
        torch.testing.assert_close(block / block.norm(), old / old.norm())
    assert torch.equal(net["cells"].weight_ih_l0, before["cells"].weight_ih_l0)
    assert torch.equal(net["linear"].weight, before["linear"].weight)


def test_no_radius_asked_for_or_a_matrix_of_zeros_leaves_everything_as_it_was():
    net, before = nets(), nets()
    scale_recurrence(net, 0.0)
    assert all(torch.equal(a, b) for a, b in zip(net.parameters(), before.parameters(), strict=True))
    nn.init.zeros_(net["cells"].weight_hh_l0)
    scale_recurrence(net, 1.0)
    assert not net["cells"].weight_hh_l0.any()


@pytest.mark.parametrize("name", [n for n, c in architectures.items() if "spectral_radius" in c.Config.model_fields])
def test_every_architecture_with_that_knob_begins_at_that_radius(name):
    cls = architectures.get(name)
    torch.manual_seed(0)
    model = cls(cls.Config(d_hidden=6, d_embedding=5, n_layers=2, spectral_radius=1.25), INTERFACE)
    blocks = [b for key, w in model.named_parameters() if "weight_hh" in key for b in square_blocks(key, w)]
    assert blocks
    for block in blocks:
        sizes = np.abs(np.linalg.eigvals(block.detach().numpy().astype(np.float64)))
        assert sizes.max() == pytest.approx(1.25, rel=1e-5)
