"""The models of the bench as one would write them by hand: what seqviz's trainer is measured against."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from seqviz.cli.bench.harness.settings import LENGTH, MODELS


def plain_model(name: str, vocab_size: int) -> nn.Module:
    """Tokens (batch, t) -> logits (batch, t, vocab)."""
    return PlainGPT(vocab_size) if name == "transformer" else PlainRecurrent(name, vocab_size)


class PlainRecurrent(nn.Module):
    def __init__(self, name: str, vocab_size: int) -> None:
        super().__init__()
        kind = {"lstm": nn.LSTM, "gru": nn.GRU, "rnn": nn.RNN}[name]
        size = MODELS[name]
        self.embedding = nn.Embedding(vocab_size, size["d_embedding"])
        self.cells = kind(size["d_embedding"], size["d_hidden"], size["n_layers"], batch_first=True)
        self.linear = nn.Linear(size["d_hidden"], vocab_size)

    def forward(self, tokens: Tensor) -> Tensor:
        logits: Tensor = self.linear(self.cells(self.embedding(tokens))[0])
        return logits


class PlainBlock(nn.Module):
    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm_1, self.norm_2 = nn.LayerNorm(width, bias=False), nn.LayerNorm(width, bias=False)
        self.into, self.out = nn.Linear(width, 3 * width, bias=False), nn.Linear(width, width, bias=False)
        self.widen, self.narrow = nn.Linear(width, 4 * width, bias=False), nn.Linear(4 * width, width, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        batch, length, width = x.shape
        parts = self.into(self.norm_1(x)).split(width, dim=2)
        query, key, value = (p.view(batch, length, self.heads, -1).transpose(1, 2) for p in parts)  # (B, head, T, d)
        read = functional.scaled_dot_product_attention(query, key, value, is_causal=True)
        x = x + self.out(read.transpose(1, 2).reshape(batch, length, width))
        inner = functional.gelu(self.widen(self.norm_2(x)))  # (B, T, 4 D)
        grown: Tensor = x + self.narrow(inner)
        return grown


class PlainGPT(nn.Module):
    def __init__(self, vocab_size: int) -> None:
        super().__init__()
        size = MODELS["transformer"]
        width = size["d_model"]
        self.embedding, self.position = nn.Embedding(vocab_size, width), nn.Embedding(LENGTH, width)
        self.blocks = nn.Sequential(*(PlainBlock(width, size["n_heads"]) for _ in range(size["n_layers"])))
        self.norm = nn.LayerNorm(width, bias=False)
        for table in (self.embedding, self.position):
            nn.init.normal_(table.weight, std=0.02)

    def forward(self, tokens: Tensor) -> Tensor:
        x = self.embedding(tokens) + self.position(torch.arange(tokens.shape[1]))  # (B, T, D)
        return functional.linear(self.norm(self.blocks(x)), self.embedding.weight)
