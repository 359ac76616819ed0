"""Against learning by heart: a share of the activations is silenced at random (Srivastava et al. 2014)."""

from __future__ import annotations

from seqviz.training.remedies import KnobRemedy, register


@register("dropout")
class Dropout(KnobRemedy):
    """Both go on from the same weights."""

    title = "dropout"
    help = "Share of activations silenced at random while training."
    key = "model.dropout"
    order = 50
