"""`main.py trace` on the three presets of delayed recall against plain autograd in double precision.

Nothing of seqviz's own passes is used beyond the weights: the recurrences are written out here once more.
"""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from seqviz.cli import main
from seqviz.cli.choosing import chosen_config
from seqviz.data.corpora.delayed_recall import LABELS
from seqviz.training.builder import build

PROBE = "5cafebadeedfaceabcdefaabbccddeeffabcdeffa"
STORY = ("recall-rnn", "recall-irnn", "recall-lstm")


def rnn_states(weights: dict[str, Tensor], x: Tensor, relu: bool) -> dict[str, list[Tensor]]:
    h, states = torch.zeros(64, dtype=torch.float64), []
    for row in x:
        pre = (
            weights["weight_ih_l0"] @ row + weights["bias_ih_l0"] + weights["weight_hh_l0"] @ h + weights["bias_hh_l0"]
        )
        h = torch.relu(pre) if relu else torch.tanh(pre)
        states.append(h)
    return {"hidden_state": states}


def lstm_states(weights: dict[str, Tensor], x: Tensor) -> dict[str, list[Tensor]]:
    h = c = torch.zeros(64, dtype=torch.float64)
    found: dict[str, list[Tensor]] = {"hidden_state": [], "cell_state": []}
    for row in x:
        pre = (
            weights["weight_ih_l0"] @ row + weights["bias_ih_l0"] + weights["weight_hh_l0"] @ h + weights["bias_hh_l0"]
        )
        i, f, g, o = pre.split(64)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        h = torch.sigmoid(o) * torch.tanh(c)
        found["cell_state"].append(c)
        found["hidden_state"].append(h)
    return found


def by_plain_autograd(preset: str) -> dict[str, np.ndarray]:
    """||d l_T / d state_s|| of the loss at the question mark, for every state of every position: by name (T,)."""
    experiment = build(chosen_config(preset))
    arrays = {name: value.double() for name, value in experiment.model.state_arrays().items()}
    cells = {name.removeprefix("cells."): value for name, value in arrays.items() if name.startswith("cells.")}
    head = [value for name, value in arrays.items() if name.startswith("head.")]
    ids = torch.tensor([LABELS.index(symbol) for symbol in f"{PROBE}?"])
    x = arrays["embedding.weight"][ids].requires_grad_()
    states = lstm_states(cells, x) if preset.endswith("lstm") else rnn_states(cells, x, preset.endswith("irnn"))
    matrix, bias = sorted(head, key=lambda value: -value.ndim)
    logits = matrix @ states["hidden_state"][-1] + bias
    loss = -torch.log_softmax(logits, dim=0)[LABELS.index(PROBE[0])]
    found = {}
    for name, steps in states.items():
        gradients = torch.autograd.grad(loss, steps, retain_graph=True)
        found[name] = np.array([float(gradient.norm()) for gradient in gradients])
    return found


@pytest.mark.parametrize("preset", STORY)
def test_traced_gradients_equal_plain_autograd(tmp_path, preset, capsys):
    out = tmp_path / "probe.npz"
    assert main(["trace", preset, "--probe", f"{PROBE[0]} {PROBE[1:]}", "--out", str(out)]) == 0
    traced = np.load(out)
    expected = by_plain_autograd(preset)
    assert set(expected) == ({"hidden_state", "cell_state"} if preset.endswith("lstm") else {"hidden_state"})
    for name, gradients in expected.items():
        row = traced[f"gradient.itemised.layers.0.{name}"][-1]
        assert row.shape == gradients.shape
        assert np.allclose(row, gradients, rtol=1e-5, atol=1e-5 * gradients[-1]), name
        assert np.allclose(row, gradients, rtol=1e-4, atol=0), name  # far from the loss too, however small
