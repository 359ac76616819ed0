"""A loss that leaps out of those of the last steps.

    z = (L - median) / (1.4826 median|L_i - median|)        over the last 32 steps

1.4826 makes the median deviation that of a normal distribution, so z counts its standard deviations; a single leap
among the 32 moves neither median.
"""

from __future__ import annotations

import math
from collections import deque

import numpy as np

from seqviz.core.lab_commands import BreakpointSetting
from seqviz.training.breakpoints import Breakpoint, Measured, breakpoints
from seqviz.training.divergence import Place
from seqviz.training.learner import Going, GradientLearner
from seqviz.training.worst_place import costliest

WINDOW, FEWEST = 32, 8  # losses that are compared with, and how many there must be at least


@breakpoints.register("loss_spike")
class LossSpike(Breakpoint):
    """How far the loss of this batch lies above the last ones."""

    title = "loss spike"
    quantity = "L − median of 32"
    unit = "spreads"
    limit = 6.0
    help = (
        "How far this batch's loss lies above the median of the last 32 steps, in units of their spread (1.48 × the "
        "median distance from that median). It is silent for the first 8 steps."
    )
    order = 30
    panel = "loss"

    def __init__(self, setting: BreakpointSetting) -> None:
        super().__init__(setting)
        self._losses: deque[float] = deque(maxlen=WINDOW)

    def measure(self, learner: GradientLearner, step: Going) -> Measured:
        if len(self._losses) < FEWEST:
            return Measured(math.nan)
        middle, spread = middle_and_spread(np.array(self._losses))
        value = (step.loss - middle) / spread if spread > 0 else math.nan
        return Measured(value, words=f"the loss is {step.loss:.3g}, the last ones lie at {middle:.3g}")

    def where(self, learner: GradientLearner, step: Going, measured: Measured) -> Place:
        row, position, axis = costliest(learner.model, step.batch)
        return Place("loss", row, position, axis)

    def applied(self, step: Going) -> None:
        self._losses.append(step.loss)

    def remember(self, before: Breakpoint) -> None:
        assert isinstance(before, LossSpike)
        self._losses.extend(before._losses)


def middle_and_spread(losses: np.ndarray) -> tuple[float, float]:
    """Median, and 1.4826 times the median distance from it."""
    middle = float(np.median(losses))
    return middle, 1.4826 * float(np.median(np.abs(losses - middle)))
