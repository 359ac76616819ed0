"""Decoder-only Transformer: blocks of causal self-attention, each token reads all tokens up to itself.

    x = x + attention(norm(x));   x = x + mlp(norm(x))         pre-norm; the blocks: models/transformer_blocks.py

Vaswani et al., "Attention is all you need", 2017; decoder-only: Radford et al. 2018, 2019 (GPT-2); tied weights: Press
and Wolf 2017. Attention itself: models/attention.py; positions: models/positional.py.
Axes: B batch, T positions, D model dimensions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from seqviz.core.interface import Offers
from seqviz.core.knobs import knob
from seqviz.models.attention import Remembered
from seqviz.models.base import TrunkConfig, architectures
from seqviz.models.transformer_blocks import Block, BlocksConfig, BlockStack

__all__ = ["Block", "Transformer", "TransformerConfig"]


class TransformerConfig(BlocksConfig):
    tie_weights: bool = knob(True, label="tie weights", advanced=True,
                             help="One matrix reads symbols and writes them, where both are the same.")  # fmt: skip


@dataclass(frozen=True)
class Cache:
    """What generation remembers: tokens (B, n) in the window, and each block's keys and values."""

    tokens: Tensor
    blocks: tuple[Remembered | None, ...]


@architectures.register("transformer")
class Transformer(BlockStack):
    """Every token looks back at all tokens before it, in one step."""

    Config: ClassVar[type[TrunkConfig]] = TransformerConfig
    title = "Transformer"
    offers = Offers(frozenset({"chain"}), frozenset({"tokens", "vectors"}), causal=True)
    config: TransformerConfig

    def share_matrices(self) -> None:
        self.tied = self.config.tie_weights and tie(self.embedding, self.head)

    # generation ------------------------------------------------------------------------------------------------

    def receptive_field(self) -> int | None:
        return self.interface.context_length

    def remembers(self, read: int) -> int:
        longest = self.interface.context_length
        quarter = max(1, longest // 4)  # sliding by one would read the whole window anew for every token
        return read if read <= longest else longest - quarter + 1 + (read - longest - 1) % quarter

    def initial_state(self, batch_size: int) -> Cache:
        return Cache(torch.zeros(batch_size, 0, dtype=torch.int64), (None,) * len(self.blocks))

    @torch.no_grad()
    def step(self, tokens: Tensor, state: Cache) -> tuple[Tensor, Cache]:
        """One token each. A full window lets its oldest quarter go; the rest is read anew, as every token has moved."""
        window = torch.cat([state.tokens.to(tokens.device), tokens.unsqueeze(1)], dim=1)  # (B, n + 1)
        start, unread, blocks = state.tokens.shape[1], tokens.unsqueeze(1), state.blocks
        if window.shape[1] > self.interface.context_length:
            window = window[:, -self.remembers(self.interface.context_length + 1) :]
            start, unread, blocks = 0, window, (None,) * len(self.blocks)
        x = self.position.add(self.embedding(unread), start)  # (B, 1 or n, D)
        kept = []
        for block, before in zip(self.stack, blocks, strict=True):
            x, remembered = block.extend(x, self.position, before, start)
            kept.append(remembered)
        predictive = self.head(self.norm(x[:, -1:]), None)  # one position
        return predictive.log_probs()[:, 0], Cache(window, tuple(kept))

    # parameters ------------------------------------------------------------------------------------------------

    def state_arrays(self) -> dict[str, Tensor]:
        arrays = super().state_arrays()
        if self.tied:
            del arrays["embedding.weight"]  # it is head.linear.weight
        return arrays

    def load_arrays(self, arrays: dict[str, Tensor]) -> None:
        shared = {"embedding.weight": arrays["head.linear.weight"]} if self.tied else {}
        super().load_arrays({**arrays, **shared})


def tie(embedding: nn.Module, head: nn.Module) -> bool:
    """Let symbols be read by the matrix that writes them; False where the two differ in shape."""
    linear = getattr(head, "linear", None)
    if not isinstance(embedding, nn.Embedding) or not isinstance(linear, nn.Linear):
        return False
    if embedding.weight.shape != linear.weight.shape:
        return False
    embedding.weight = linear.weight
    return True
