"""Exploding gradients cut short: the direction stays, the length is bounded (Pascanu, Mikolov and Bengio 2013)."""

from __future__ import annotations

from seqviz.training.remedies import KnobRemedy, register


@register("clip_norm")
class ClipNorm(KnobRemedy):
    """Both go on from the same weights."""

    title = "clip norm"
    help = "Gradients longer than this are scaled back to it (0: off)."
    key = "training.clip_norm"
    low, high = 0.0, 100.0
    order = 20
