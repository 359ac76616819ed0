"""Answers as the worker would give them, without a worker."""

from __future__ import annotations

import math

import numpy as np

from seqviz.core.events import Evidence, Explained
from seqviz.gui.explain.asking import Who
from seqviz.gui.race.styles import RacerStyle


def evidence(witness: str, weights: np.ndarray, unit: str = "share", agreement: float = math.nan, **more) -> Evidence:
    return Evidence(witness, witness.capitalize(), f"What {witness} says.", weights, unit, agreement=agreement, **more)


def falling(position: int, half: float = 3.0) -> np.ndarray:
    """Weights that halve every `half` places back."""
    return 2.0 ** (-(position - 1 - np.arange(position)) / half)


def truth(position: int, largest: float = 4.0) -> Evidence:
    return evidence("replacing", largest * falling(position), "bits")


def net(position: int = 39, step: int = 0, agreement: float = 0.97, bits: float = 2.5) -> Explained:
    """A recurrent net: its gradient tells much the same as the truth."""
    weights = falling(position) / falling(position).sum()
    return Explained(step, position, bits, (truth(position), evidence("gradient", weights, agreement=agreement)))


def attending(position: int = 39, step: int = 0, agreement: float = 0.26) -> Explained:
    """A Transformer: attention looks elsewhere."""
    shares = np.roll(falling(position), 5)
    told = (
        truth(position, 8.0),
        evidence("sight", np.full(position, 1 / position)),
        evidence("gradient", falling(position, 4.0) / 6, agreement=0.8),
        evidence("attention", shares / shares.sum(), agreement=agreement),
    )
    return Explained(step, position, 4.0, told)


def counting(position: int = 39, step: int = 40) -> Explained:
    """A bigram: only the token before, and what was counted after it."""
    weights = np.zeros(position)
    weights[-1] = 1.0
    rows = (("t", 879.0, False), ("F", 178.0, True))
    counts = evidence("counts", weights, agreement=1.0, rows=rows, rows_title="times counted after it")
    return Explained(step, position, 3.0, (evidence("replacing", 3.0 * weights, "bits"), counts))


def states(position: int = 39) -> Explained:
    """A hidden Markov model: a path of states, and no weights."""
    labels = tuple(str(n % 12 + 1) for n in range(position))
    rows = (("s", 0.24, False), ("F", 0.02, True))
    path = evidence(
        "states", np.full(position, np.nan), "", labels=labels, rows=rows, rows_title="chance of the next token"
    )
    return Explained(10, position, 5.6, (truth(position, 6.0), path))


def who(number: int, label: str, title: str = "", ending: str = "") -> Who:
    return Who(number, label, title or label, RacerStyle("family:lstm", (), "disc"), ending)
