"""Canned measurements of four tensors over some steps."""

from __future__ import annotations

import numpy as np

from seqviz.core.events import RunStarted
from seqviz.core.lab_events import ParametersMeasured
from seqviz.gui.history import History
from seqviz.gui.panels.base import Panel, Snapshot
from tests.gui.panels.sheet_frames import run_of

NAMES = ("embedding.weight", "cells.weight_ih_l0", "cells.weight_hh_l0", "head.bias")
SHAPES = ((20, 4), (32, 4), (32, 8), (20,))
EDGES = np.linspace(-12.0, 2.0, 43)


def measured(step: int, names: tuple[str, ...] = NAMES) -> ParametersMeasured:
    """Update ratios of 1e-4, 1e-3, 1e-2 ... ; entries of W_hh around 10^-3, a tenth of those of the embedding zero."""
    count = len(names)
    histograms = np.zeros((count, 42), np.float32)
    histograms[:, np.searchsorted(EDGES, -3.0, side="right") - 1] = 1.0
    zeros = np.zeros(count)
    zeros[0], histograms[0] = 0.1, 0.9 * histograms[0]
    known = step >= 10
    figures = {
        "gradient_norm": np.arange(1.0, count + 1) / 10,
        "gradient_max": np.full(count, 0.01),
        "zero_share": zeros,
        "weight_norm": np.full(count, 2.0),
        "update_norm": 2.0 * 10.0 ** (np.arange(count) - 4.0),
        "update_ratio": 10.0 ** (np.arange(count) - 4.0),
        "signal_to_noise": np.linspace(0.2, 0.5, count) if known else np.full(count, np.nan),
        "angle": np.linspace(60.0, 120.0, count) if step > 1 else np.full(count, np.nan),
    }
    return ParametersMeasured(step, names, figures, histograms, EDGES, SHAPES[:count] if names == NAMES else ())


def run() -> RunStarted:
    return run_of(provides=("parameters.*",))


def history_of(*steps: int, names: tuple[str, ...] = NAMES) -> History:
    history = History()
    for step in steps:
        history.apply(measured(step, names))
    return history


def show(panel: Panel, *steps: int, names: tuple[str, ...] = NAMES) -> None:
    panel.present(Snapshot(run=run(), history=history_of(*steps, names=names)))
