"""ReLU units that never fire: their output is 0 and their gradient too, so nothing can wake them but luck.

active[u] = share of positions at which unit u is above 0, the mean over the validation windows
A unit is dead where that is exactly 0: not once above 0 at any position of any of these windows.
Positions that are no numbers are left out.
"""

from __future__ import annotations

import torch
from torch import Tensor

from seqviz.analysis import Analysis, Subject, analyses, matches
from seqviz.analysis.offered import activation_of, activations_of, offered
from seqviz.models.base import Model
from seqviz.models.trace import TracedArray

PREFIX = "health.active."


def share_active(values: Tensor) -> Tensor:
    """(B, T, U) -> (1, U): share of the known numbers above 0; nan where there is none."""
    known = torch.isfinite(values)
    above = ((values > 0) & known).sum(dim=(0, 1), keepdim=True)[0]  # (1, U)
    count = known.sum(dim=(0, 1), keepdim=True)[0].to(torch.float64)
    return above / torch.where(count > 0, count, torch.nan)


@analyses.register("dead_units")
class DeadUnits(Analysis):
    """(batch, unit) of every array that came out of a ReLU."""

    provides = (f"{PREFIX}*",)
    cost = "budget"
    over_windows = True

    def serves(self, model: Model) -> bool:
        return bool(self.names(model))

    def names(self, model: Model) -> tuple[str, ...]:
        rectified = [name for name, kind in activations_of(model).items() if kind == "relu"]
        return tuple(PREFIX + name for name in offered(model, rectified))

    def compute(self, subject: Subject, wants: frozenset[str]) -> dict[str, TracedArray]:
        if not any(matches(name, wants) for name in self.names(subject.model)):
            return {}
        known = activations_of(subject.model)
        return {
            PREFIX + name: TracedArray(share_active(traced.values), ("batch", "unit"))
            for name, traced in subject.trace.arrays.items()
            if activation_of(name, known) == "relu" and traced.values.ndim == 3 and matches(PREFIX + name, wants)
        }
