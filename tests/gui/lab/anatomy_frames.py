"""Canned arrays of one optimiser step on the probe of `sheet_frames`."""

from __future__ import annotations

import numpy as np

from tests.gui.panels.sheet_frames import N

TENSORS = ("cells.bias_hh_l0", "cells.weight_hh_l0", "cells.weight_ih_l0", "embedding.weight", "head.linear.weight")


def arrays_of(
    layers: int = 1, cell: bool = False, fade: float = 0.8, norm: float = 2.0, limit: float = 1.0, end: float = 0.9
) -> dict[str, np.ndarray]:
    """Each position back leaves `fade` of what was there; 0.1 is born everywhere; lengths just under 1."""
    arrays = {"backprop.losses": np.linspace(1.0, 2.0, N)}
    arrays["backprop.losses"][-1] = np.nan
    for layer in range(layers):
        for state in ("hidden_state", "cell_state") if cell else ("hidden_state",):
            place = f"backprop.layers.{layer}.{state}"
            total, arriving = np.zeros(N), np.zeros(N)
            for t in reversed(range(N - 1)):
                arriving[t] = fade * total[t + 1]
                total[t] = arriving[t] + 0.1
            acted = np.concatenate([[np.nan], np.full(N - 1, fade)])
            arrays |= {f"{place}.total": total, f"{place}.arriving": arriving, f"{place}.shrinkage": acted}
            arrays |= {f"{place}.born": np.where(np.arange(N) < N - 1, 0.1, 0.0), f"{place}.size": np.full(N, 0.5)}
            factor = "forget_gate" if state == "cell_state" else "slope"
            arrays[f"{place}.factor.{factor}"] = np.full(N, 0.7)
    kept = min(1.0, limit / norm) if limit else 1.0
    arrays["backprop.step"] = np.array([1.5, norm, kept, limit, 1e-3, end])
    arrays |= {f"backprop.update.{name}": np.array([0.5, 10.0, 0.01, 1e-3]) for name in TENSORS}
    return {name: values.astype(np.float32) for name, values in arrays.items()}
