"""How much of a weight matrix one update changes: ||W_new - W|| / ||W||, the largest of all matrices.

The optimiser acts, and what it did is measured; where that is too much, weights and optimiser are put back to the bit.
About 1e-3 is usual (A. Karpathy's rule of thumb).
"""

from __future__ import annotations

import torch

from seqviz.core.lab_commands import BreakpointSetting
from seqviz.training.breakpoints import Breakpoint, Measured, breakpoints, largest
from seqviz.training.divergence import Place
from seqviz.training.learner import Going, GradientLearner
from seqviz.training.step_copy import StepCopy
from seqviz.training.worst_place import steepest


@breakpoints.register("update_ratio")
class UpdateRatio(Breakpoint):
    """The largest relative change of a weight matrix."""

    title = "update ratio"
    quantity = "‖ΔW‖ / ‖W‖"
    limit = 0.1
    help = (
        "The update of a weight matrix against the matrix itself; near 0.001 is usual. Biases are left out: many begin "
        "at 0."
    )
    order = 40
    seam = "after_update"
    panel = "update_ratio"

    def __init__(self, setting: BreakpointSetting) -> None:
        super().__init__(setting)
        self._before: StepCopy | None = None

    def prepare(self, learner: GradientLearner) -> None:
        self._before = StepCopy(learner)

    def measure(self, learner: GradientLearner, step: Going) -> Measured:
        assert self._before is not None
        name, value = largest(ratios(learner, self._before))
        return Measured(value, Place(name))

    def take_back(self, learner: GradientLearner) -> None:
        assert self._before is not None
        self._before.put_back(learner)

    def where(self, learner: GradientLearner, step: Going, measured: Measured) -> Place:
        row, position, axis = steepest(learner.model, step.batch)
        return Place(measured.place.tensor, row, position, axis)


@torch.no_grad()
def ratios(learner: GradientLearner, before: StepCopy) -> dict[str, float]:
    """Relative change by name of every matrix that was not 0."""
    chosen = [
        (name, new, old)
        for (name, new), old in zip(learner.named_parameters, before.weights, strict=True)
        if new.ndim >= 2
    ]
    new, old = [n for _, n, _ in chosen], [o for _, _, o in chosen]
    changed = [now - then for now, then in zip(new, old, strict=True)]
    changes = torch.stack(torch._foreach_norm(changed)).double()  # (matrix,)
    sizes = torch.stack(torch._foreach_norm(old)).double()
    shares = torch.where(sizes > 0, changes / sizes, torch.nan).tolist()
    return {name: share for (name, _, _), share in zip(chosen, shares, strict=True)}
