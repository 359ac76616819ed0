"""The optimiser step that the run would make if the probe were its batch, made by a copy.

Nothing of the run changes: not its weights, gradients, optimiser, schedule or random numbers. Dropout is off, as it is
wherever the probe is looked at.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from seqviz.analysis.backprop_steps import Rehearsal
from seqviz.core.batch import Batch
from seqviz.training.divergence import Diverged
from seqviz.training.learner import Going, GradientLearner

NOWHERE = (math.nan,) * 4


def rehearse(learner: GradientLearner, batch: Batch) -> Rehearsal:
    """One step of a copy of `learner` on one numpy batch; nan where it would diverge."""
    double = learner.double()
    watcher = _Watcher()
    double.onlookers = [watcher]
    try:
        double.learn(batch)
    except Diverged as error:
        limit = float(learner.clip_norm or 0.0)
        step = (error.loss, math.nan, math.nan, limit, math.nan, math.nan)
        return Rehearsal(step, {name: NOWHERE for name, p in learner.model.named_parameters() if p.requires_grad})
    with torch.no_grad():
        after = double.evaluate(batch)
    before = double.result
    return Rehearsal(
        (before.loss, before.grad_norm, before.clip_scale, float(learner.clip_norm or 0.0), before.learning_rate,
         after.total / after.count if after.count else math.nan),
        watcher.figures,
    )  # fmt: skip


class _Watcher:
    """Measures the one step of the copy."""

    def __init__(self) -> None:
        self.figures: dict[str, tuple[float, ...]] = {}
        self._gradients: list[float] = []
        self._before: list[Tensor] = []

    def before_clip(self, learner: GradientLearner, step: Going) -> None:
        self._gradients = [0.0 if p.grad is None else float(p.grad.norm()) for p in learner.parameters]
        self._before = [p.detach().clone() for p in learner.parameters]

    def before_update(self, learner: GradientLearner, step: Going) -> None:
        """Clipping is told by the learner's own result."""

    def after_update(self, learner: GradientLearner, step: Going) -> None:
        names = [name for name, p in learner.model.named_parameters() if p.requires_grad]
        for name, gradient, old, new in zip(names, self._gradients, self._before, learner.parameters, strict=True):
            weight, update = float(old.norm()), float((new.detach() - old).norm())
            self.figures[name] = (gradient, weight, update, update / weight if weight else math.nan)
