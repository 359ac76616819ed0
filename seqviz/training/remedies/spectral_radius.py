"""Recurrent matrices that neither shrink nor stretch what they repeat: their largest eigenvalue on a slider."""

from __future__ import annotations

from seqviz.training.remedies import KnobRemedy, register


@register("spectral_radius")
class SpectralRadius(KnobRemedy):
    """Both begin at step 0 with the same numbers, scaled in the twin."""

    title = "spectral radius"
    help = "Size of the largest eigenvalue of every recurrent matrix at the start (0: as it was started)."
    key = "model.spectral_radius"
    low, high = 0.0, 2.0
    from_start = True
    order = 120
