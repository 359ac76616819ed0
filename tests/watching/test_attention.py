"""Patterns are those that torch's own attention gives when it is asked; gradients those of autograd."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from seqviz.watching.outputs import find_sites
from seqviz.watching.sites import Hooks, Sighting

B, T, WIDTH, HEADS = 3, 6, 8, 2


def seen_of(model, run):
    sites, batch_first = find_sites(model)
    hooks, seen = Hooks(sites), Sighting(batch_first)
    hooks.place(seen)
    loss = run()
    hooks.remove()
    loss.backward()
    return seen.arrays()[0]


def causal(kind: str) -> torch.Tensor:
    mask = torch.ones(T, T, dtype=torch.bool).triu(1)
    return mask if kind == "bool" else torch.zeros(T, T).masked_fill(mask, float("-inf"))


@pytest.mark.parametrize("batch_first", [True, False])
@pytest.mark.parametrize("kind", ["bool", "float", "none", "by head"])
@pytest.mark.parametrize("padded", [True, False])
def test_the_pattern_is_the_one_torch_gives(batch_first, kind, padded):
    torch.manual_seed(0)
    attention = nn.MultiheadAttention(WIDTH, HEADS, batch_first=batch_first)
    nn.init.normal_(attention.in_proj_bias)
    x = torch.randn(B, T, WIDTH) if batch_first else torch.randn(T, B, WIDTH)
    mask = None if kind == "none" else causal("float" if kind == "by head" else kind)
    if kind == "by head":
        mask = mask.repeat(B * HEADS, 1, 1) + torch.randn(B * HEADS, T, T)
    padding = torch.zeros(B, T, dtype=torch.bool) if padded else None
    if padded:
        padding[0, -2:] = True
        mask = None if mask is None or kind == "by head" else causal("bool")
    given = {"attn_mask": mask, "key_padding_mask": padding}
    arrays = seen_of(attention, lambda: (attention(x, x, x, need_weights=False, **given)[0] ** 2).sum())
    _, expected = attention(x, x, x, average_attn_weights=False, **given)
    torch.testing.assert_close(
        torch.tensor(arrays["blocks.0.attention.pattern"]), expected[0].detach(), rtol=1e-4, atol=1e-6
    )


def test_the_gradient_by_what_attention_gives_is_autograds():
    torch.manual_seed(0)
    attention = nn.MultiheadAttention(WIDTH, HEADS, batch_first=True)
    x, kept = torch.randn(B, T, WIDTH), []

    def run():
        out = attention(x, x, x, need_weights=False)[0]
        out.retain_grad()
        kept.append(out)
        return (out**3).sum()

    arrays = seen_of(attention, run)
    torch.testing.assert_close(torch.tensor(arrays["gradient.total.blocks.0.attention"]), kept[0].grad[0].norm(dim=-1))


class OwnAttention(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.parts = nn.Linear(WIDTH, 3 * WIDTH)
        self.attention_dropout = nn.Dropout(0.2)

    def forward(self, x):
        q, k, v = (p.view(B, T, HEADS, -1).transpose(1, 2) for p in self.parts(x).chunk(3, -1))
        self.pattern = (q @ k.transpose(-1, -2)).softmax(-1)
        return (self.attention_dropout(self.pattern) @ v).transpose(1, 2).reshape(B, T, WIDTH)


def test_attention_of_the_users_own_is_found_by_its_dropout():
    model = OwnAttention()
    arrays = seen_of(model, lambda: model(torch.randn(B, T, WIDTH)).sum())
    torch.testing.assert_close(torch.tensor(arrays["blocks.0.attention.pattern"]), model.pattern[0].detach())


def test_blocks_of_an_encoder_have_patterns_and_gradients_by_their_paths():
    layer = nn.TransformerEncoderLayer(WIDTH, HEADS, 16, batch_first=True)
    model = nn.TransformerEncoder(layer, 2)
    arrays = seen_of(model, lambda: (model(torch.randn(B, T, WIDTH)) ** 2).sum())
    assert {"blocks.0.attention.pattern", "blocks.1.attention.pattern", "gradient.total.layers/1"} <= set(arrays)
    assert arrays["gradient.total.layers/0/linear1"].shape == (T,)
