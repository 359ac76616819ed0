"""Where a block is normalised: before its parts the stream stays a lane for the gradient (Xiong et al. 2020)."""

from __future__ import annotations

from seqviz.training.remedies import KnobRemedy, register


@register("norm")
class Norm(KnobRemedy):
    """Both begin at step 0."""

    title = "layer norm"
    help = "Normalise before each part of a block, after it, or not at all."
    key = "model.norm"
    from_start = True
    order = 170
