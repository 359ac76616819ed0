"""How weights begin. The knob `model.initialization` of every neural architecture.

Xavier: Glorot and Bengio 2010. Orthogonal: Saxe et al. 2014.
Identity (for ReLU recurrences): Le, Jaitly and Hinton 2015.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


def initialize(model: nn.Module, name: str) -> None:
    """Start every matrix of `model` in the named way; "default" leaves torch's own start untouched."""
    if name == "default":
        return
    with torch.no_grad():
        for key, weight in model.named_parameters():
            if weight.ndim < 2:
                continue
            for block in square_blocks(key, weight):
                _start(block, name)


def square_blocks(key: str, weight: Tensor) -> list[Tensor]:
    """Fused recurrent matrices (gates stacked in rows) as their single (hidden, hidden) blocks; others whole."""
    rows, columns = weight.shape[0], weight[0].numel()
    if "weight_hh" in key and rows % columns == 0:
        return list(weight.split(columns, dim=0))
    return [weight]


def _start(weight: Tensor, name: str) -> None:
    if name == "xavier":
        nn.init.xavier_uniform_(weight)
    elif name == "orthogonal":
        nn.init.orthogonal_(weight)
    elif name == "normal":
        nn.init.normal_(weight, std=0.02)
    elif name == "identity":
        if weight.ndim == 2 and weight.shape[0] == weight.shape[1]:
            nn.init.eye_(weight)
    else:
        raise AssertionError(name)
