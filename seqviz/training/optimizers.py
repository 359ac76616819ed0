"""Torch's optimisers from our knobs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import nn

from seqviz.core.config import OptimizerConfig


def make_optimizer(
    parameters: Iterable[tuple[str, nn.Parameter]], config: OptimizerConfig, device: str
) -> torch.optim.Optimizer:
    """The optimiser of a config. Weight decay pulls matrices only, as is usual: biases and gains stay free."""
    named = [(name, p) for name, p in parameters if p.requires_grad]
    groups: list[dict[str, Any]] = [
        {"params": [p for _, p in named if p.ndim >= 2], "weight_decay": config.weight_decay},
        {"params": [p for _, p in named if p.ndim < 2], "weight_decay": 0.0},
    ]
    groups = [group for group in groups if group["params"]]
    rate = config.learning_rate
    fused = device in ("cpu", "cuda")  # one kernel for all tensors; equal to the plain loop up to rounding
    betas = (config.beta1, config.beta2)
    if config.name == "adamw":
        return torch.optim.AdamW(groups, lr=rate, betas=betas, fused=fused)
    if config.name == "adam":
        return torch.optim.Adam(groups, lr=rate, betas=betas, fused=fused)
    if config.name == "sgd":
        return torch.optim.SGD(groups, lr=rate, momentum=config.momentum, fused=fused)
    return torch.optim.RMSprop(groups, lr=rate, alpha=config.decay, momentum=config.momentum)


def set_rate(optimizer: torch.optim.Optimizer, rate: float) -> None:
    for group in optimizer.param_groups:
        group["lr"] = rate


def set_weight_decay(optimizer: torch.optim.Optimizer, value: float) -> None:
    for group in optimizer.param_groups:
        if any(p.ndim >= 2 for p in group["params"]):
            group["weight_decay"] = value


def state_bytes(optimizer_name: str, parameters: int, itemsize: int = 4) -> int:
    """Weights, gradients and what the optimiser remembers, in bytes."""
    copies = {"adamw": 2, "adam": 2, "sgd": 1, "rmsprop": 2}[optimizer_name]
    return parameters * itemsize * (2 + copies)
