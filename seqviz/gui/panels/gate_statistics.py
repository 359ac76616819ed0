"""What a gate track shows of all units at once, and which units remember longest. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SHUT, OPEN = 0.1, 0.9
DROP = 0.12  # how far a mean must fall below its neighbourhood to be named


@dataclass(frozen=True)
class GateSummary:
    """Of one gate (t, unit): (t,) mean, 10th and 90th percentile, and the share of units nearly shut or open."""

    mean: NDArray[np.floating]
    low: NDArray[np.floating]
    high: NDArray[np.floating]
    shut: NDArray[np.floating]
    open: NDArray[np.floating]


def summarise(gate: NDArray[np.floating]) -> GateSummary:
    """One sort gives both percentiles (nearest rank)."""
    ordered = np.sort(gate, axis=1)  # (t, unit)
    last = gate.shape[1] - 1
    return GateSummary(
        mean=gate.mean(axis=1),
        low=ordered[:, round(0.1 * last)],
        high=ordered[:, round(0.9 * last)],
        shut=(gate < SHUT).mean(axis=1),
        open=(gate > OPEN).mean(axis=1),
    )


def drops(mean: NDArray[np.floating], most: int = 3) -> list[int]:
    """Positions where the mean falls clearly below its median, one per dip, the deepest first."""
    if len(mean) < 3:
        return []
    padded = np.concatenate(([np.inf], mean, [np.inf]))
    dip = (mean <= padded[:-2]) & (mean < padded[2:]) & (mean < np.median(mean) - DROP)
    found = sorted(np.flatnonzero(dip), key=lambda t: float(mean[t]))
    return [int(t) for t in found[:most]]


def memory_length(keep: NDArray[np.floating]) -> NDArray[np.float64]:
    """(t, unit) of a gate that keeps the old state -> (unit,): positions until 1/e is left, -1 / mean log keep."""
    logs = np.log(np.clip(keep.astype(np.float64), 1e-6, 1.0 - 1e-6))
    return -1.0 / logs.mean(axis=0)


def persistence(states: NDArray[np.floating]) -> NDArray[np.float64]:
    """(t, unit) -> (unit,): correlation of each unit with itself one position later; 1 for a unit that never moves."""
    centred = states.astype(np.float64) - states.mean(axis=0, dtype=np.float64)
    power = (centred**2).sum(axis=0)
    lagged = (centred[1:] * centred[:-1]).sum(axis=0)
    return np.where(power > 1e-12, lagged / np.maximum(power, 1e-12), 1.0)
