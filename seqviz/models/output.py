"""What a model says: a distribution over the targets, and the state to go on from."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor
from torch.nn import functional as F


class Predictive(Protocol):
    """A distribution for each output position."""

    def log_prob(self, targets: Tensor) -> Tensor:
        """Log probability of `targets` in nats: (batch, out_pos). Where a model gives 0, -inf."""
        ...


@dataclass(frozen=True)
class Categorical:
    """Over symbols; `logits` (batch, out_pos, vocab), not necessarily normalised."""

    logits: Tensor

    def log_prob(self, targets: Tensor) -> Tensor:
        batch, positions, size = self.logits.shape
        flat = F.cross_entropy(self.logits.reshape(-1, size), targets.reshape(-1), reduction="none")
        return -flat.reshape(batch, positions)

    def log_probs(self) -> Tensor:
        """(batch, out_pos, vocab) normalised log probabilities."""
        return torch.log_softmax(self.logits, dim=-1)


@dataclass(frozen=True)
class LogTable:
    """Over symbols, by log probabilities that are normalised already (counting models); -inf is allowed."""

    table: Tensor  # (batch, out_pos, vocab)

    def log_prob(self, targets: Tensor) -> Tensor:
        return self.table.gather(-1, targets.unsqueeze(-1)).squeeze(-1)

    def log_probs(self) -> Tensor:
        return self.table


@dataclass(frozen=True)
class PathTable(LogTable):
    """A LogTable of each position by itself, with the answer that is best as a whole: they need not agree."""

    path: Tensor  # (batch, out_pos) int64

    def decode(self) -> Tensor:
        return self.path


@dataclass(frozen=True)
class Gaussian:
    """Independent normals; `mean` (batch, out_pos, dim), `deviation` a number or a like-shaped tensor.

    With deviation sqrt(1/2) the negative log probability is the squared error plus a constant.
    """

    mean: Tensor
    deviation: Tensor | float = 0.5**0.5

    def log_prob(self, targets: Tensor) -> Tensor:
        scale = torch.as_tensor(self.deviation, dtype=self.mean.dtype, device=self.mean.device)
        z = (targets - self.mean) / scale
        return (-0.5 * z * z - torch.log(scale) - 0.5 * math.log(2 * math.pi)).sum(dim=-1)  # (batch, out_pos)


@dataclass(frozen=True)
class Output:
    """`state` is whatever the model wants back in `Context.state` to go on after the last position.

    `own_loss`: (sum in nats, count) that training takes in place of the task's, while a model learns something else
    first; there need be no predictive then.
    """

    predictive: Any  # a Predictive
    state: Any = None
    own_loss: tuple[Tensor, Tensor] | None = None
