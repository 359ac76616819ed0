"""A lane past the matrix: the old state is carried on and the new one added, so the gradient has a way of slope 1."""

from __future__ import annotations

from seqviz.training.remedies import register
from seqviz.training.remedies.swapping import FeatureRemedy


@register("residual")
class Residual(FeatureRemedy):
    """Both begin at step 0."""

    title = "residual lane"
    help = "What was is carried on, what is new is only added to it: the gradient can pass the matrices by."
    feature = "residual"
    order = 160
