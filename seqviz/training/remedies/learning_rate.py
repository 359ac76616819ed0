"""The size of one update: too large and the loss jumps, too small and nothing moves."""

from __future__ import annotations

from seqviz.training.remedies import KnobRemedy, register


@register("learning_rate")
class LearningRate(KnobRemedy):
    """Both go on from the same weights; only the steps are longer or shorter."""

    title = "learning rate"
    help = "Size of one update (the peak of the schedule)."
    key = "optimizer.learning_rate"
    low, high = 1e-6, 10.0
    order = 10
