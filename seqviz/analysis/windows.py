"""The mean of an analysis over many windows, gathered one window at a time."""

from __future__ import annotations

import torch
from torch import Tensor

from seqviz.models.trace import TracedArray


class WindowMean:
    """Sums of arrays by name; positions that are nan in a window do not count there.

    `step`: the training step at which the first window was looked at.
    """

    def __init__(self, step: int = 0) -> None:
        self.step = step
        self.count = 0
        self._sums: dict[str, Tensor] = {}
        self._counts: dict[str, Tensor] = {}
        self._axes: dict[str, tuple[str, ...]] = {}

    def add(self, arrays: dict[str, TracedArray]) -> None:
        """Add one window's arrays; every window gives the same names and shapes."""
        self.count += 1
        for name, traced in arrays.items():
            known = torch.isfinite(traced.values)
            values = torch.where(known, traced.values, torch.zeros_like(traced.values))
            if name in self._sums:
                self._sums[name] += values
                self._counts[name] += known
            else:
                self._sums[name], self._counts[name] = values.clone(), known.to(torch.int64)
            self._axes[name] = traced.axes

    def means(self) -> dict[str, TracedArray]:
        """Means by name; nan where no window had a value."""
        return {
            name: TracedArray(total / self._counts[name].where(self._counts[name] > 0, torch.nan), self._axes[name])
            for name, total in self._sums.items()
        }
