"""Units of a loss: how nats per token become what is shown.

Perplexity is exp(L) for a mean loss of L nats, and 2^B for B = L / ln 2 bits: one number, told per token. Tokens of
different kinds (characters, byte pairs, words) do not compare, characters of the same text do: with C characters
per token on the mean, the perplexity per character is exp(L / C) = 2^(B / C), the C-th root of that per token.
"""

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
    characters
        how many characters of text a token stands for on the mean; 0 where tokens are no text.
    unknown
        share of the tokens that are told that are the unknown word: easy to foretell, so every figure flatters.
    """

    name: str
    per_nat: float
    token: str
    characters: float = 0.0
    unknown: float = 0.0

    def convert(self, nats: float) -> float:
        return nats * self.per_nat

    @property
    def has_perplexity(self) -> bool:
        """Whether the loss is that of a distribution over symbols: a squared error or a density has no perplexity, and
        neither has telling a true word from drawn ones.
        """
        return self.name.startswith("bits/")

    def perplexity_per_character(self, nats: float) -> float | None:
        """What word, byte-pair and character models compare by; None where tokens are no text."""
        return perplexity(nats / self.characters) if self.characters else None


def bits_per(token: str, characters_per_token: float = 1.0, unknown: float = 0.0) -> Unit:
    """Bits per character where tokens are text, else bits per symbol."""
    if token in ("character", "word", "token"):
        per_nat = 1.0 / (math.log(2) * characters_per_token)
        return Unit("bits/char", per_nat, token, characters_per_token, unknown)
    return Unit(f"bits/{token}", 1.0 / math.log(2), token)


def bits(nats: float) -> float:
    return nats / math.log(2)


def perplexity(nats: float) -> float:
    """The exponential of a mean loss; infinite instead of an overflow."""
    return math.exp(nats) if nats < 700 else math.inf


def perplexity_of_bits(number: float) -> float:
    """The same from bits: 2 to their power."""
    return float(2.0**number) if number < 1000 else math.inf
