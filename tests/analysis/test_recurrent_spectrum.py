from __future__ import annotations

import numpy as np
import pytest
import torch

from seqviz.analysis import Subject
from seqviz.analysis.recurrent_spectrum import RecurrentSpectrum, eigenvalues, recurrent_blocks
from seqviz.models.base import architectures
from tests.analysis.small_models import SMALL, build, text_batch
from tests.analysis.test_jacobians import CELLS

NAMES = sorted({name for name, _ in CELLS})


@pytest.mark.parametrize("name", NAMES)
def test_every_block_has_the_eigenvalues_radius_and_norm_that_numpy_finds(name):
    model = build(name, **SMALL)
    found = RecurrentSpectrum().compute(Subject(model, text_batch()), frozenset({"spectrum.*"}))
    for layer in (0, 1):
        blocks = recurrent_blocks(model, layer)
        assert blocks
        for block, matrix in blocks.items():
            plain = matrix.detach().numpy()
            prefix = f"spectrum.layers.{layer}.{block}"
            values = found[f"{prefix}.eigenvalues"].values.numpy()
            together = values[:, 0] + 1j * values[:, 1]
            expected = np.linalg.eigvals(plain)
            assert np.allclose(np.sort_complex(together), np.sort_complex(expected), atol=1e-10)
            assert (np.diff(np.abs(together)) <= 1e-12).all()  # the largest first
            assert float(found[f"{prefix}.radius"].values) == pytest.approx(np.abs(expected).max(), rel=1e-10)
            assert float(found[f"{prefix}.norm"].values) == pytest.approx(np.linalg.norm(plain, 2), rel=1e-10)
    assert len(found) == 2 * 3 * len(blocks)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("size", [1e-20, 1.0, 1e20])
def test_no_radius_is_larger_than_its_norm(name, size):
    model = build(name, **SMALL).float()
    with torch.no_grad():
        for key, weights in model.named_parameters():
            if "weight_hh" in key:
                weights *= size
    found = RecurrentSpectrum().compute(Subject(model, text_batch()), frozenset({"spectrum.*"}))
    radii = {key: float(array.values) for key, array in found.items() if key.endswith(".radius")}
    for key, radius in radii.items():
        norm = float(found[key.replace(".radius", ".norm")].values)
        assert 0 < radius <= norm * (1 + 1e-5) < float("inf"), key


def test_blocks_are_named_after_the_gates_they_feed():
    assert list(recurrent_blocks(build("rnn", **SMALL), 0)) == ["recurrent"]
    assert list(recurrent_blocks(build("lstm", **SMALL), 1)) == [
        "input_gate", "forget_gate", "cell_candidate", "output_gate"
    ]  # fmt: skip
    assert list(recurrent_blocks(build("gru", **SMALL), 0)) == ["reset_gate", "update_gate", "candidate"]
    assert list(recurrent_blocks(build("deep_rnn", **SMALL), 0)) == ["recurrent", "shortcut.recurrent"]
    assert list(recurrent_blocks(build("highway", depth=2, **SMALL), 0)) == [
        "candidate", "transform_gate", "deeper.0.candidate", "deeper.0.transform_gate"
    ]  # fmt: skip


@pytest.mark.parametrize("name", [name for name in NAMES if name != "lstm_layer_norm"])
def test_a_block_feeds_the_quantity_it_is_named_after(name):
    """With one block changed, its own quantity differs at the second position and no other gate does there.

    Layer norm is left out: it spreads a change of one block over the gates of all.
    """
    model = build(name, **{**SMALL, "n_layers": 1}, depth=1)
    sums = ("gate", "candidate")
    for key, matrix in recurrent_blocks(model, 0).items():
        before = model.trace(text_batch()).arrays
        with torch.no_grad():
            matrix += 0.1
        after = model.trace(text_batch()).arrays
        changed = {
            array.removeprefix("layers.0.")
            for array in before
            if array.endswith(sums) and not torch.allclose(before[array].values[:, 1], after[array].values[:, 1])
        }
        coupled = {("lstm_coupled", "forget_gate"): {"input_gate"}, ("highway", "transform_gate"): {"carry_gate"},
                   ("gru", "reset_gate"): {"candidate"}, ("lstm_peephole", "input_gate"): {"output_gate"},
                   ("lstm_peephole", "forget_gate"): {"output_gate"},
                   ("lstm_peephole", "cell_candidate"): {"output_gate"}}.get((name, key), set())  # fmt: skip
        assert changed == ({key} | coupled if key.endswith(sums) else set()), key


def test_a_broken_matrix_gives_nan_and_no_error():
    assert torch.isnan(eigenvalues(torch.tensor([[torch.inf, 0.0], [0.0, 1.0]]))).all()


def test_an_identity_start_has_radius_one():
    model = build("rnn", activation="relu", initialization="identity", **SMALL)
    found = RecurrentSpectrum().compute(Subject(model, text_batch()), frozenset({"spectrum.layers.0.*radius"}))
    assert {name: float(a.values) for name, a in found.items()} == {"spectrum.layers.0.recurrent.radius": 1.0}
    assert not RecurrentSpectrum().serves(build("transformer", **SMALL))
    assert "transformer" in dict(architectures.items())
