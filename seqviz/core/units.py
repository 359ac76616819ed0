"""Units of a loss: how nats per token become what is shown."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Unit:
    """What one loss figure means.

    Attributes
    ----------
    name
        shown behind the figure: "bits/char", "bits/symbol", "squared error", "nats/node" ...
    per_nat
        factor from nats per token to this unit.
    token
        what one position is called: "character", "word", "token", "step", "node".
    """

    name: str
    per_nat: float
    token: str

    def convert(self, nats: float) -> float:
        return nats * self.per_nat


def bits_per(token: str, characters_per_token: float = 1.0) -> Unit:
    """Bits per character where tokens are text, else bits per symbol."""
    if token in ("character", "word", "token"):
        return Unit("bits/char", 1.0 / (math.log(2) * characters_per_token), token)
    return Unit(f"bits/{token}", 1.0 / math.log(2), token)


def perplexity(nats: float) -> float:
    """exp(nats); infinite instead of an overflow."""
    return math.exp(nats) if nats < 700 else math.inf
