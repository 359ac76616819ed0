"""Memory that is open at the start: with f near 1 the gradient along the cell hardly fades (Jozefowicz et al. 2015)."""

from __future__ import annotations

from seqviz.training.remedies import KnobRemedy, register


@register("forget_bias")
class ForgetBias(KnobRemedy):
    """Both begin at step 0: it says where the gates start, not where they go."""

    title = "forget bias"
    help = "Where the forget gates start: σ(1) = 0.73 open, σ(3) = 0.95."
    key = "model.forget_bias"
    low, high = -3.0, 8.0
    from_start = True
    order = 130
