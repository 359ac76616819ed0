"""Symbols as one-hot rows, and what becomes of them: a row of a matrix.

    e_k = (0 ... 0 1 0 ... 0)      1 at the symbol's own number k, length V
    e_k W = W[k]                   the product picks a row: a matrix behind one-hot inputs *is* an embedding

A net whose first layer is a matrix reads e_k as it stands (`OneHot`), and the rows of its own matrix take the place of
the embedding. A trunk that needs vectors of its own width multiplies by a matrix first (`OneHotMatrix`): number for
number what the look-up table of an embedding gives, only slower.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

LARGEST_VOCABULARY = 4096  # symbols: the rows of one batch of 32 x 64 tokens are then 32 MiB


class OneHot(nn.Module):
    """Symbols (...) -> one-hot rows (..., V), in the model's own precision. Has no weights."""

    like: Tensor

    def __init__(self, size: int) -> None:
        super().__init__()
        check_size(size)
        self.size = size
        self.register_buffer("like", torch.zeros(()), persistent=False)  # follows the model's precision

    def forward(self, tokens: Tensor) -> Tensor:
        return F.one_hot(tokens, self.size).to(self.like.dtype)  # (..., V)


class OneHotMatrix(nn.Embedding):
    """An embedding carried out as the product it stands for: symbols (...) -> e_k W (..., dim)."""

    def __init__(self, size: int, dim: int) -> None:
        check_size(size)
        super().__init__(size, dim)

    def forward(self, tokens: Tensor) -> Tensor:
        rows = F.one_hot(tokens, self.num_embeddings).to(self.weight.dtype)  # (..., V)
        return rows @ self.weight  # (..., dim)


def check_size(size: int) -> None:
    """Refuse vocabularies whose one-hot rows would fill the memory with zeros.

    Raises
    ------
    ValueError
        one line that names the knob.
    """
    if size > LARGEST_VOCABULARY:
        raise ValueError(
            f"model.input_encoding: one-hot rows of {size} symbols are too long (at most {LARGEST_VOCABULARY}); "
            'take "embedding", which picks the same rows without writing out the zeros'
        )
