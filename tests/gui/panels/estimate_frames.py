"""Canned frames of a belief over cells and of a track in the plane."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from seqviz.core.batch import Ruler
from seqviz.core.events import Frame, RunStarted
from seqviz.gui.panels.base import Cursor, Snapshot
from tests.gui.panels.sheet_frames import run_of

SYMBOLS = ("D", "→.", "→D", "←.")
CELLS = ("1", "2 D", "3", "4 D", "5")
MOTION = np.array(
    [[0.9, 0.1, 0, 0, 0], [0, 0.9, 0.1, 0, 0], [0, 0, 0.9, 0.1, 0], [0, 0, 0, 0.9, 0.1], [0, 0, 0, 0, 1.0]]
)
DOOR = np.array([0.1, 0.9, 0.1, 0.9, 0.1])


def walk() -> dict[str, np.ndarray]:
    """Four steps of a small filter; the true cells are 2, 3, 4, 3 (counted from 1)."""
    belief, arrays = np.full(5, 0.2), {"predicted": [], "likelihood": [], "updated": []}
    for symbol in SYMBOLS:
        before = belief @ MOTION
        likelihood = DOOR if symbol.endswith("D") else 1 - DOOR
        belief = before * likelihood / (before * likelihood).sum()
        for name, value in zip(arrays, (before, likelihood, belief), strict=True):
            arrays[name].append(value)
    found = {f"belief.{name}": np.array(rows, np.float32) for name, rows in arrays.items()}
    sensor = np.stack([1 - DOOR, DOOR]).astype(np.float32)
    truth = np.array([1, 2, 3, 2], np.float32)
    return found | {
        "estimate.probabilities": found["belief.updated"],
        "estimate.truth": truth,
        "belief.sensor": sensor,
    }


def told(arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """What a net gives of it."""
    return {name: array for name, array in arrays.items() if name.startswith("estimate.")}


def track(steps: int = 8) -> dict[str, np.ndarray]:
    """A straight line along x; measured one above it, estimated a quarter above it; gains fall to 0.25 and stay."""
    t = np.arange(steps, dtype=np.float32)
    truth = np.stack([t, np.zeros(steps, np.float32)], axis=1)
    shift = np.array([0, 1], np.float32)
    gain = np.zeros((steps, 4, 2), np.float32)
    for axis in (0, 1):
        gain[:, axis, axis] = np.maximum(0.25, 0.75 - 0.25 * t)
        gain[:, 2 + axis, axis] = 0.05
    before, after = (np.zeros((steps, 4, 4), np.float32) for _ in range(2))
    before[:], after[:] = np.diag([1.0, 0.25, 1, 1]), np.diag([0.36, 0.16, 1, 1])
    mean = truth + 0.25 * shift
    return {
        "estimate.mean": mean,
        "estimate.deviation": np.tile(np.array([0.6, 0.4], np.float32), (steps, 1)),
        "estimate.observed": truth + shift,
        "estimate.truth": truth,
        "belief.predicted": np.concatenate([truth, np.zeros_like(truth)], axis=1),
        "belief.predicted_covariance": before,
        "belief.covariance": after,
        "belief.gain": gain,
    }


def shot(
    arrays: dict[str, np.ndarray],
    column: int = 2,
    labels: tuple[str, ...] = SYMBOLS,
    run: RunStarted | None = None,
) -> Snapshot:
    frame = Frame(1, "r", arrays, {}, {"t": Ruler(labels, "symbol")}, dict.fromkeys(arrays, 1))
    return Snapshot(run=run or estimator(arrays), frame=frame, cursor=Cursor(column))


def estimator(arrays: dict[str, np.ndarray]) -> RunStarted:
    return replace(run_of("state", tuple(arrays)), vocabulary=CELLS)
