"""Weights and optimiser as they stand before an update, to be put back to the bit."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from seqviz.training.learner import GradientLearner


class StepCopy:
    """`weights` in the order of the learner's parameters."""

    def __init__(self, learner: GradientLearner) -> None:
        with torch.no_grad():
            self.weights: list[Tensor] = [weight.detach().clone() for weight in learner.parameters]
        self._steps = learner.steps
        self._memory = {
            weight: {name: _copied(value) for name, value in memory.items()}
            for weight, memory in learner.optimizer.state.items()
        }

    @torch.no_grad()
    def put_back(self, learner: GradientLearner) -> None:
        """The learner stands where it stood; may be called once."""
        torch._foreach_copy_(list[Tensor](learner.parameters), self.weights)
        learner.steps = self._steps
        learner.optimizer.state.clear()
        learner.optimizer.state.update(self._memory)


def _copied(value: Any) -> Any:
    return value.clone() if isinstance(value, Tensor) else value
