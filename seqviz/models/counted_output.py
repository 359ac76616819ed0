"""What a counting model says, reckoned only as far as it is asked: one symbol of each position, or all of them.

A vocabulary of 10,000 words makes a table of a hundred million numbers out of a few thousand positions, so the loss is
scored symbol by symbol; the table is made when somebody wants to see it.
Axes: N positions of all rows, V symbols, `shape` (batch, t) with batch * t = N.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from seqviz.models.context_counts import Ints
from seqviz.models.smoothings import EverySymbol, OneSymbol, Smoothing

RANKED = 2048  # symbols; of more, the likeliest one is not looked for at every position


@dataclass(frozen=True)
class Counted:
    """A smoothing at N positions. Scores that are no distribution have no log probability: nan."""

    smoothing: Smoothing
    contexts: Ints  # (order, N)
    available: Ints  # (N,) tokens of context the text has
    shape: tuple[int, ...]

    @property
    def normalised(self) -> bool:
        return self.smoothing.normalised

    def log_prob(self, targets: Tensor) -> Tensor:
        """(batch, t) in nats; -inf where the counts say 0, nan where they say no probabilities."""
        if not self.normalised:
            return torch.full(targets.shape, math.nan, dtype=torch.float64)
        return torch.from_numpy(_log(self._scores(targets).reshape(tuple(targets.shape))))

    def log_probs(self) -> Tensor:
        """(batch, t, V) log probabilities; of scores that are no distribution, their shares of their sum."""
        return self._table

    @cached_property
    def _table(self) -> Tensor:
        table = self.smoothing.probabilities(self.contexts, self.available, EverySymbol(self.smoothing.size))  # (N, V)
        if not self.normalised:
            table /= table.sum(axis=1, keepdims=True)
        return torch.from_numpy(_log(table).reshape(*self.shape, self.smoothing.size))

    def _scores(self, targets: Tensor) -> np.ndarray:
        """(N,) scores of one symbol at each position."""
        asked = OneSymbol(targets.numpy().ravel(), self.smoothing.size)
        return self.smoothing.probabilities(self.contexts, self.available, asked)[:, 0]

    def figures(self, targets: Tensor, mask: Tensor | None) -> dict[str, tuple[float, float]]:
        """How well counts serve these positions, as name: (sum, count).

        `unseen_contexts_n`: contexts of order n that were never seen; `given_zero`: targets that count as impossible;
        `accuracy`, of scores that have no bits: targets that got the highest score.
        """
        counts = np.ones(targets.numel(), dtype=bool) if mask is None else mask.numpy().ravel()
        total = float(counts.sum())
        found: dict[str, tuple[float, float]] = {}
        for length, numbers in enumerate(self.contexts[1:], 1):
            fits = counts & (self.available >= length)
            found[f"unseen_contexts_{length + 1}"] = (float((numbers[fits] < 0).sum()), float(fits.sum()))
        if not self.normalised and self.smoothing.size <= RANKED:
            best = self._table.argmax(-1).numpy().ravel()
            found["accuracy"] = (float((best == targets.numpy().ravel())[counts].sum()), total)
        impossible = float((self._scores(targets)[counts] == 0).sum())
        return found | ({"given_zero": (impossible, total)} if impossible else {})


def _log(shares: np.ndarray) -> np.ndarray:
    with np.errstate(divide="ignore"):  # log 0 is -inf, as it should be
        return np.asarray(np.log(shares))
