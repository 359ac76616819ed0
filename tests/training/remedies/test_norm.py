"""Norms of a Transformer's blocks: before, after, or none, from step 0."""

from __future__ import annotations

import torch

from seqviz.training.builder import build, complete
from seqviz.training.remedies import switches
from seqviz.training.remedies.norm import Norm


def test_a_block_offers_one_switch_of_layer_norm_and_recurrences_another(make_config):
    for model, name in (("transformer", "norm"), ("rnn", "layer_norm"), ("lstm", "layer_norm")):
        titled = [s.name for s in switches(complete(make_config(model))) if s.title == "layer norm"]
        assert titled == [name], model


def test_without_norms_the_matrices_begin_as_they_did(make_config):
    config = complete(make_config("transformer"))
    original, twin = build(config).model.state_arrays(), build(Norm().applied(config, "none")).model.state_arrays()
    assert {name for name in original if name not in twin} == {name for name in original if "norm" in name}
    assert all(torch.equal(value, original[name]) for name, value in twin.items())
