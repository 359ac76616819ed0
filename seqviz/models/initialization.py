"""How weights begin. The knob `model.initialization` of every neural architecture.

Xavier: Glorot and Bengio 2010. Orthogonal: Saxe et al. 2014.
Identity (for ReLU recurrences): Le, Jaitly and Hinton 2015. Spectral radius: Jaeger 2001; why it decides about
vanishing: Pascanu, Mikolov and Bengio 2013.
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


def scale_recurrence(model: nn.Module, radius: float) -> None:
    """Scale every square block of the recurrent matrices to this spectral radius (0: leave them as they are).

    The radius of a block is the size of its largest eigenvalue; a block of zeros has no direction and stays.
    """
    if not radius:
        return
    with torch.no_grad():
        for key, weight in model.named_parameters():
            if "weight_hh" not in key or weight.ndim != 2:
                continue
            for block in square_blocks(key, weight):
                if block.shape[0] == block.shape[1]:
                    found = spectral_radius(block)
                    block.mul_(radius / found if found else 1.0)


def spectral_radius(block: Tensor) -> float:
    """The size of the largest eigenvalue of a square matrix."""
    return float(torch.linalg.eigvals(block.double()).abs().max())


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
