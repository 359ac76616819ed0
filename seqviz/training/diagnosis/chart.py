"""The run's record as the doctor keeps it: every step's figures, from the events and from looking at the updates."""

from __future__ import annotations

import time
from array import array

import numpy as np
import torch
from torch import Tensor

from seqviz.core.events import BaselinesCounted, Evaluated, Event, KnobChanged, RunDiverged, RunStarted, StepMetrics
from seqviz.training.diagnosis.case import Floats, Record
from seqviz.training.learner import Going, GradientLearner
from seqviz.training.watch_budget import WatchBudget

SERIES = (
    "steps", "losses", "grad_norms", "clip_scales", "rates", "valid_steps", "valid_losses", "ratio_steps", "ratios",
)  # fmt: skip
NAME = "size of the updates"
EVERY = 5  # steps between two looks at an update: each copies the weights once


class Chart:
    """Hears the trainer's events; costs a few appended numbers a step."""

    def __init__(self) -> None:
        self._series = {name: array("d") for name in SERIES}
        self.baselines: dict[str, float] = {}
        self.started: RunStarted | None = None
        self.tokens = 0
        self._diverged = ""
        self._rate_changed = 0.0

    def hear(self, event: Event) -> None:
        match event:
            case RunStarted():
                self.__init__()  # type: ignore[misc]  # a new run, a new chart
                self.started = event
            case StepMetrics():
                self._add(steps=event.step, losses=event.loss, grad_norms=event.grad_norm)
                self._add(clip_scales=event.clip_scale, rates=event.learning_rate)
                self.tokens = event.tokens
            case Evaluated(full=False):
                self._add(valid_steps=event.step, valid_losses=event.loss)
            case BaselinesCounted(baselines):
                self.baselines |= {line.name: line.nats for line in baselines}
            case KnobChanged(step, "optimizer.learning_rate"):
                self._rate_changed = step
            case RunDiverged():
                self._diverged = event.tensor
            case _:
                pass

    def add_ratio(self, step: int, ratio: float) -> None:
        self._add(ratio_steps=step, ratios=ratio)

    def _add(self, **values: float) -> None:
        for name, value in values.items():
            self._series[name].append(value)

    def record(self) -> Record:
        """A copy as it stands."""
        series: dict[str, Floats] = {name: np.array(values, np.float64) for name, values in self._series.items()}
        return Record(**series, rate_changed=self._rate_changed, diverged=self._diverged)


class UpdateRatios:
    """An onlooker of the steps: the median over the matrices of ||new - old|| / ||old||.

    At every fifth step at the oftest, and no oftener than the budget allows.
    """

    def __init__(self, chart: Chart, budget: WatchBudget) -> None:
        self.budget = budget
        self._chart = chart
        self._before: list[Tensor] = []
        self._seconds = 0.0

    def before_clip(self, learner: GradientLearner, step: Going) -> None:
        """Nothing to see yet."""

    def before_update(self, learner: GradientLearner, step: Going) -> None:
        self._before = []
        if step.number % EVERY == 0 and self.budget.due(NAME):
            began = time.perf_counter()
            self._before = [p.detach().clone() for p in matrices(learner)]
            self._seconds = time.perf_counter() - began

    @torch.no_grad()
    def after_update(self, learner: GradientLearner, step: Going) -> None:
        if self._before:
            began = time.perf_counter()
            sizes = torch.stack(torch._foreach_norm(self._before))  # (matrix,)
            moved = torch.stack(torch._foreach_norm(torch._foreach_sub(matrices(learner), self._before)))
            ratios = (moved / sizes.clamp(min=1e-30)).double().cpu().numpy()
            self._chart.add_ratio(step.number, float(np.median(ratios)))
            self._before = []
            self.budget.spent(NAME, self._seconds + time.perf_counter() - began)


def matrices(learner: GradientLearner) -> list[Tensor]:
    """Weights with two axes or more: biases and scales begin at 0 or 1, so their ratios say little."""
    return [p for p in learner.parameters if p.ndim >= 2]
