"""Lengths of vectors over the whole range of numbers.

In single precision the squares of numbers below 1e-22 are 0 and those above 1e19 infinite, although the lengths
themselves are neither: a gradient that has vanished so far would be told as exactly 0, a state that explodes as
infinite long before it is. So squares are added up in double precision.
"""

from __future__ import annotations

import torch
from torch import Tensor

SQUARES = torch.float64


def length(values: Tensor) -> Tensor:
    """Euclidean, along the last axis: (..., H) -> (...), in the precision of `values`."""
    return torch.linalg.vector_norm(values, dim=-1, dtype=SQUARES).to(values.dtype)
