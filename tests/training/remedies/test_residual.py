"""The residual lane: honest about what it needs besides."""

from __future__ import annotations

import numpy as np
import torch

from seqviz.training.builder import build, complete
from seqviz.training.remedies.residual import Residual


def test_it_says_that_the_matrices_should_begin_small(make_config):
    assert "spectral radius 0.1" in Residual().notes(complete(make_config("rnn")), True)[-1]
    assert Residual().notes(complete(make_config("rnn_variants")), False) == ()


def test_the_note_is_true_the_step_at_zero_has_eigenvalues_of_the_matrix_plus_one(make_config):
    config = Residual().applied(complete(make_config("rnn", model__spectral_radius=0.5)), True)
    cell = build(config).model.cell(0)
    with torch.no_grad():
        cell.bias.zero_()
        cell.bias_hh.zero_()
    size = config.model.knobs["d_hidden"]
    jacobian = torch.autograd.functional.jacobian(
        lambda h: cell.advance(torch.zeros(1, size), (h[None],))[0][0], torch.zeros(size)
    )
    found = np.sort_complex(np.linalg.eigvals(jacobian.numpy()))
    expected = np.sort_complex(1 + np.linalg.eigvals(cell.weight_hh.detach().numpy()))
    np.testing.assert_allclose(np.abs(found).max(), np.abs(expected).max(), rtol=1e-5)
