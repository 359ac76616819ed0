"""Snapshots of the weights: evenly spread, bounded, and of the steps that they say."""

from __future__ import annotations

import torch

from seqviz.training import weight_path
from seqviz.training.learner import Going
from seqviz.training.weight_path import WeightPath


class Learner:
    """Weights that hold the number of the step."""

    def __init__(self, size: int = 4) -> None:
        self.parameters, self.steps = [torch.nn.Parameter(torch.zeros(size))], 0

    def go_on(self, path: WeightPath, steps: int) -> None:
        for _ in range(steps):
            self.steps += 1
            with torch.no_grad():
                self.parameters[0].fill_(self.steps)
            path.after_update(self, Going(self.steps, None, 0.0, 0.0, None))  # type: ignore[arg-type]


def test_snapshots_are_of_the_steps_they_say_and_spread_evenly():
    learner = Learner()
    path = WeightPath(learner)  # type: ignore[arg-type]
    learner.go_on(path, 1000)
    steps, weights = path.snapshots
    assert len(steps) <= weight_path.MOST
    assert len(steps) > weight_path.MOST // 3
    assert steps[0] == 0
    assert len({b - a for a, b in zip(steps, steps[1:], strict=False)}) == 1
    assert weights[:, 0].tolist() == [float(step) for step in steps]


def test_a_model_too_large_for_the_bound_leaves_no_snapshots(monkeypatch):
    monkeypatch.setattr(weight_path, "BYTES", 64)
    learner = Learner(size=100)
    path = WeightPath(learner)  # type: ignore[arg-type]
    learner.go_on(path, 10)
    assert path.snapshots is None
