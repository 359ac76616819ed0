"""Where a token stands: attention alone sees a bag of words (Vaswani et al. 2017)."""

from __future__ import annotations

from seqviz.training.remedies import KnobRemedy, register


@register("position")
class PositionEncoding(KnobRemedy):
    """Both begin at step 0."""

    title = "position"
    help = "How the model knows where a token stands."
    key = "model.position"
    from_start = True
    order = 180
