"""Exploding gradients cut entry by entry: cheap, and it bends the direction (Mikolov 2012)."""

from __future__ import annotations

from seqviz.training.remedies import KnobRemedy, register


@register("clip_value")
class ClipValue(KnobRemedy):
    """Both go on from the same weights."""

    title = "clip value"
    help = "Every entry of the gradient is cut to ± this, before its length is looked at (0: off)."
    key = "training.clip_value"
    low, high = 0.0, 1.0
    order = 30
