"""Where the weights have been: some snapshots of a run, evenly spread over its steps, within a bound of memory."""

from __future__ import annotations

import time

import torch
from torch import Tensor

from seqviz.analysis.loss_landscape import flat
from seqviz.training.learner import Going, GradientLearner
from seqviz.training.watch_budget import WatchBudget

NAME = "path of the weights"
MOST, FEWEST, BYTES = 48, 6, 64 * 2**20


class WeightPath:
    """An onlooker. Every `every` steps a copy; when there are too many, every second one goes and `every` doubles.

    A model too large for `FEWEST` snapshots within the bound leaves none.
    """

    def __init__(self, learner: GradientLearner, budget: WatchBudget | None = None) -> None:
        self.budget = budget or WatchBudget()
        weights = sum(p.numel() * p.element_size() for p in learner.parameters)
        self.most = min(MOST, BYTES // max(weights, 1))
        self.every = 1
        self._kept: list[tuple[int, Tensor]] = []  # (step, (P,))
        if self.most >= FEWEST:
            self._keep(learner, learner.steps)

    def before_clip(self, learner: GradientLearner, step: Going) -> None:
        pass

    def before_update(self, learner: GradientLearner, step: Going) -> None:
        pass

    def after_update(self, learner: GradientLearner, step: Going) -> None:
        if step.number % self.every == 0 and self.most >= FEWEST:
            began = time.perf_counter()
            self._keep(learner, step.number)
            self.budget.charged(NAME, time.perf_counter() - began)

    def _keep(self, learner: GradientLearner, step: int) -> None:
        self._kept.append((step, flat(learner.parameters).cpu()))
        if len(self._kept) > self.most:
            self.every *= 2
            self._kept = [(s, weights) for s, weights in self._kept if s % self.every == 0]

    @property
    def snapshots(self) -> tuple[tuple[int, ...], Tensor] | None:
        """(steps, weights (N, P)) in order; None where none are kept."""
        if not self._kept:
            return None
        return tuple(step for step, _ in self._kept), torch.stack([weights for _, weights in self._kept])
