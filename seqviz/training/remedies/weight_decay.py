"""Against learning by heart: every matrix is pulled towards zero at each update (Loshchilov and Hutter 2019)."""

from __future__ import annotations

from seqviz.training.remedies import KnobRemedy, register


@register("weight_decay")
class WeightDecay(KnobRemedy):
    """Both go on from the same weights."""

    title = "weight decay"
    help = "Pull of every matrix towards zero; biases and gains stay free."
    key = "optimizer.weight_decay"
    low, high = 0.0, 1.0
    order = 60
