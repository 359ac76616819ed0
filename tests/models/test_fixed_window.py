from __future__ import annotations

import pytest
import torch
from torch import nn

from seqviz.core.batch import Batch, Field
from seqviz.core.interface import Interface, Space
from seqviz.models.base import Context
from seqviz.models.fixed_window import FixedWindow, FixedWindowConfig

V, T = 7, 9
CHOICES = pytest.mark.parametrize("direct", [False, True])


def make(context: int = 12, **knobs: object) -> FixedWindow:
    torch.manual_seed(0)
    space = Space("tokens", V)
    config = FixedWindowConfig(**{"window": 4, "d_hidden": 5, "d_embedding": 3, **knobs})
    model = FixedWindow(config, Interface(space, space, "softmax", context))
    return model.double().eval()


def batch(positions: int = T, rows: int = 2) -> Batch:
    ids = torch.randint(V, (rows, positions + 1), generator=torch.Generator().manual_seed(2))
    axes = ("batch", "t")
    return Batch({"tokens": Field(ids[:, :-1], axes)}, {"tokens": Field(ids[:, 1:], axes)})


def logits(model: FixedWindow, data: Batch) -> torch.Tensor:
    return model.forward(data, Context()).predictive.logits


def test_the_window_layer_is_a_convolution_with_its_weights_laid_out_by_place():
    model, data = make(), batch()
    conv = nn.Conv1d(3, 5, 4).double()
    with torch.no_grad():
        conv.weight.copy_(model.read.weight.view(5, 4, 3).transpose(1, 2))  # (H, N*E) -> (H, E, N)
        conv.bias.copy_(model.read.bias)
    x = model.embed(data).detach()
    padded = nn.functional.pad(x.transpose(1, 2), (3, 0))  # (B, E, N-1 + T)
    hidden = torch.tanh(conv(padded)).transpose(1, 2)  # (B, T, H)
    expected = model.head(hidden).logits
    torch.testing.assert_close(logits(model, data), expected, rtol=1e-12, atol=1e-12)
    expected.square().sum().backward()
    wanted = conv.weight.grad.transpose(1, 2).reshape(5, 12)
    model.zero_grad()
    logits(model, data).square().sum().backward()
    torch.testing.assert_close(model.read.weight.grad, wanted, rtol=1e-10, atol=1e-12)


@CHOICES
def test_the_loss_passes_gradcheck(direct):
    model, data = make(direct=direct), batch(4, 1)
    start = model.read.weight.detach().clone().requires_grad_()

    def losses(weight: torch.Tensor) -> torch.Tensor:
        said = torch.func.functional_call(model, {"read.weight": weight}, (data, Context()))
        return said.predictive.log_prob(data.targets["tokens"].values)

    assert torch.autograd.gradcheck(losses, (start,))


def test_a_token_outside_the_window_changes_nothing_and_one_inside_does():
    model, data = make(window=3), batch()
    tokens = data.inputs["tokens"].values.clone()
    tokens[:, 2] = (tokens[:, 2] + 1) % V
    other = Batch({"tokens": Field(tokens, ("batch", "t"))}, data.targets)
    moved = (logits(model, data) != logits(model, other)).any(dim=2).all(dim=0)
    assert moved.tolist() == [False, False, True, True, True, False, False, False, False]


def test_order_inside_the_window_counts():
    model = make(window=3)
    axes = ("batch", "t")
    one, other = (torch.tensor([ids]) for ids in ([1, 2, 3], [2, 1, 3]))
    said = [
        logits(model, Batch({"tokens": Field(ids, axes)}, {"tokens": Field(ids, axes)}))[0, -1] for ids in (one, other)
    ]
    assert not torch.allclose(said[0], said[1])


def test_direct_connections_join_the_window_to_the_output():
    model, data = make(direct=True), batch()
    assert model.head.linear.weight.shape == (V, 5 + 4 * 3)
    with torch.no_grad():
        model.head.linear.weight[:, 5:] = 0.0
    plain = make()
    arrays = dict(model.state_arrays())
    arrays["head.linear.weight"] = arrays["head.linear.weight"][:, :5]
    plain.load_arrays(arrays)
    torch.testing.assert_close(logits(model, data), logits(plain, data), rtol=1e-12, atol=1e-12)


def test_the_reach_is_a_band_as_wide_as_the_window():
    reach = make(window=2).reach(batch(4), "embedding")
    assert reach.int().tolist() == [[1, 0, 0, 0], [1, 1, 0, 0], [0, 1, 1, 0], [0, 0, 1, 1]]
    assert make(window=2).receptive_field() == 2


def test_a_window_longer_than_the_context_is_refused_in_one_line():
    with pytest.raises(ValueError, match=r"^model.window: a window of 13 tokens is longer than the context of 12"):
        make(window=13)
    assert make(window=12).receptive_field() == 12
