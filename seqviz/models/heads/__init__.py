"""Heads turn features (batch, position, d_features) into a predictive distribution. One file each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from torch import Tensor, nn

from seqviz.core.batch import Batch
from seqviz.core.interface import Interface
from seqviz.core.registry import Registry


class Head(nn.Module):
    """`forward(features, batch)` gives a Predictive (models/output.py).

    `pointwise`: the output at a position reads the features of that position alone.
    """

    pointwise: ClassVar[bool] = False

    def __init__(self, d_features: int, interface: Interface) -> None:
        super().__init__()

    def forward(self, features: Tensor, batch: Batch | None) -> Any:
        raise NotImplementedError


heads: Registry[Callable[[int, Interface], Head]] = Registry("head", "seqviz.models.heads")
