"""Transformer encoder: blocks of self-attention in which every token reads all tokens, before and after it.

    x = x + attention(norm(x));   x = x + mlp(norm(x))         as in the decoder, but nothing is masked save padding

It cannot foretell the next token, which it would see; it learns by filling in tokens that were hidden from it.
Vaswani et al., "Attention is all you need", 2017; masked fill-in: Devlin et al., "BERT", 2018. The blocks:
models/transformer_blocks.py; attention: models/attention.py; positions: models/positional.py (without any, the output
would not change when tokens change places).
Axes: B batch, T positions, S positions that are read.
"""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor

from seqviz.core.batch import Batch
from seqviz.core.interface import Offers
from seqviz.models.base import TrunkConfig, architectures
from seqviz.models.transformer_blocks import BlocksConfig, BlockStack


@architectures.register("transformer_encoder")
class TransformerEncoder(BlockStack):
    """Every token looks at all tokens on both sides, in one step."""

    Config: ClassVar[type[TrunkConfig]] = BlocksConfig
    title = "Transformer encoder"
    offers = Offers(frozenset({"chain"}), frozenset({"tokens", "vectors"}), causal=False)

    def present(self, batch: Batch) -> Tensor | None:
        """An empty row keeps its first position: attention must look somewhere."""
        mask: Tensor | None = batch.inputs[self.interface.inputs.kind].mask
        if mask is None or bool(mask.all()):
            return None
        empty = ~mask.any(dim=1, keepdim=True)  # (B, 1)
        return torch.cat([mask[:, :1] | empty, mask[:, 1:]], dim=1)  # (B, S)

    def reach(self, batch: Batch, site: str) -> Tensor:
        """Every loss may depend on every position."""
        outputs = next(iter(batch.targets.values())).values.shape[1]
        positions = next(iter(batch.inputs.values())).values.shape[1]
        return torch.ones(outputs, positions, dtype=torch.bool)

    def receptive_field(self) -> int | None:
        return self.interface.context_length
