"""The norm of the whole gradient, before clipping."""

from __future__ import annotations

from seqviz.training.breakpoints import Breakpoint, Measured, breakpoints, largest
from seqviz.training.divergence import Place
from seqviz.training.learner import Going, GradientLearner
from seqviz.training.worst_place import steepest


@breakpoints.register("grad_norm")
class GradientNorm(Breakpoint):
    """||dL/dW|| over all parameters."""

    title = "gradient norm"
    quantity = "‖∇L‖"
    limit = 5.0
    help = "The length of the gradient of all parameters together, before clipping."
    order = 20
    panel = "parameter_table"

    def measure(self, learner: GradientLearner, step: Going) -> Measured:
        return Measured(step.grad_norm)

    def where(self, learner: GradientLearner, step: Going, measured: Measured) -> Place:
        norms = {
            name: float(weight.grad.norm())
            for name, weight in learner.model.named_parameters()
            if weight.grad is not None
        }
        row, position, axis = steepest(learner.model, step.batch)
        return Place(largest(norms)[0], row, position, axis)
