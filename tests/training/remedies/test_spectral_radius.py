"""Spectral radius: the twin begins with the original's numbers, the recurrent ones scaled."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from seqviz.training.builder import build, complete
from seqviz.training.remedies.spectral_radius import SpectralRadius


@pytest.mark.parametrize("model", ["rnn", "lstm", "lstm_peephole", "rnn_variants"])
def test_only_recurrent_matrices_differ_and_only_in_scale(make_config, model):
    config = complete(make_config(model))
    original, twin = build(config).model, build(SpectralRadius().applied(config, 1.5)).model
    size = config.model.knobs["d_hidden"]
    for (name, one), other in zip(original.state_arrays().items(), twin.state_arrays().values(), strict=True):
        if "weight_hh" not in name:
            assert torch.equal(one, other), name
            continue
        for before, after in zip(one.split(size), other.split(size), strict=True):
            torch.testing.assert_close(before / before.norm(), after / after.norm())
            assert np.abs(np.linalg.eigvals(after.numpy().astype(np.float64))).max() == pytest.approx(1.5, rel=1e-5)


def test_it_is_offered_where_there_is_a_recurrent_matrix(make_config):
    assert SpectralRadius().offered(complete(make_config("gru"))).from_start
    assert SpectralRadius().offered(complete(make_config("transformer"))) is None
