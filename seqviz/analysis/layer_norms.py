"""What goes into every layer norm, and how much it lets through.

mean[t], spread[t]   of the numbers that are normalised at position t (the norm takes both away)
gain                 root mean square of the learned gains: how large what comes out is
A spread near 0 makes the norm divide by almost nothing, so that noise is blown up; a spread that grows with every
block is a residual stream whose later blocks hardly matter. Ba, Kiros and Hinton, "Layer normalization", 2016.
"""

from __future__ import annotations

from seqviz.analysis import Analysis, Subject, analyses, matches
from seqviz.models.base import Model
from seqviz.models.inner_health import NormalisesLayers
from seqviz.models.trace import TracedArray

PREFIX = "health.layer_norm."


@analyses.register("layer_norms")
class LayerNorms(Analysis):
    """mean and spread (batch, t), gain (value,) of every layer norm."""

    provides = (f"{PREFIX}*",)

    def serves(self, model: Model) -> bool:
        return isinstance(model, NormalisesLayers) and bool(model.norm_gains())

    def names(self, model: Model) -> tuple[str, ...]:
        gains = model.norm_gains() if isinstance(model, NormalisesLayers) else {}
        return tuple(f"{PREFIX}{path}.{what}" for path in gains for what in ("mean", "spread", "gain"))

    def compute(self, subject: Subject, wants: frozenset[str]) -> dict[str, TracedArray]:
        assert isinstance(subject.model, NormalisesLayers)
        found: dict[str, TracedArray] = {}
        for path, gain in subject.model.norm_gains().items():
            rms = gain.detach().square().mean().sqrt().reshape(1)
            figures = {f"{PREFIX}{path}.gain": TracedArray(rms, ("value",))}
            for what in ("mean", "spread"):
                if not matches(f"{PREFIX}{path}.{what}", wants):
                    continue
                traced = subject.trace.arrays[f"{path}.{what}"]  # (B, T), or (B, T, 1) where cells note it
                values = traced.values if traced.values.ndim == 2 else traced.values.squeeze(2)
                figures[f"{PREFIX}{path}.{what}"] = TracedArray(values, ("batch", "t"))
            found |= {name: array for name, array in figures.items() if matches(name, wants)}
        return found
