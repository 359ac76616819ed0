"""One scale for what enters the activations, whatever the matrices do (Ba, Kiros and Hinton 2016)."""

from __future__ import annotations

from seqviz.training.remedies import register
from seqviz.training.remedies.swapping import FeatureRemedy


@register("layer_norm")
class LayerNorm(FeatureRemedy):
    """Both begin at step 0."""

    title = "layer norm"
    help = "What enters the activations is brought to one mean and one spread at every position."
    feature = "layer_norm"
    order = 170
