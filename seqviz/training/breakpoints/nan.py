"""Not a number, or infinite, anywhere in the step: the run halts instead of ending as diverged."""

from __future__ import annotations

import math

from seqviz.training.breakpoints import Breakpoint, Measured, breakpoints
from seqviz.training.divergence import Diverged
from seqviz.training.learner import Going, GradientLearner


@breakpoints.register("nan")
class NotANumber(Breakpoint):
    """Loss, gradient or any traced array is no number."""

    title = "NaN or Inf"
    quantity = "any tensor"
    help = (
        "Without it such a step ends the run as diverged. With it the run halts before the step; going on tries the "
        "same batch again and leaves it out if it still gives no number."
    )
    order = 10
    has_limit = False
    panel = "parameter_table"

    def measure(self, learner: GradientLearner, step: Going) -> Measured:
        return Measured(math.nan)  # the learner itself finds it, before anybody is asked

    def of_divergence(self, learner: GradientLearner, error: Diverged) -> Measured:
        return Measured(error.loss, error.place)
