"""A lane past the matrix: the old state is carried on and the new one added, so the gradient has a way of slope 1."""

from __future__ import annotations

from typing import Any

from seqviz.core.config import RunConfig
from seqviz.training.remedies import knob_of, register
from seqviz.training.remedies.swapping import FeatureRemedy

SMALL = (
    "The lane adds 1 to every eigenvalue of a step: unless the matrices begin small (spectral radius 0.1), states and "
    "gradients may explode."
)


@register("residual")
class Residual(FeatureRemedy):
    """Both begin at step 0."""

    title = "residual lane"
    help = "What was is carried on, what is new is only added to it: the gradient can pass the matrices by."
    feature = "residual"
    order = 160

    def notes(self, config: RunConfig, value: Any) -> tuple[str, ...]:
        told = super().notes(config, value)
        if value is True and knob_of(config, "model.spectral_radius") is not None:
            told += (SMALL,)
        return told
