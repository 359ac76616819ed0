"""The itemised gradient map: which earlier state each loss still feels. This is the picture that shows vanishing.

    G[t, s] = || d l_t / d site_s ||        nan where l_t has no target or may not depend on s

Sites are the hidden (and cell) states of recurrent models, the input embedding of all others.
"""

from __future__ import annotations

from seqviz.analysis import Analysis, Subject, analyses, matches
from seqviz.analysis.itemised import gradient_sites, itemised_maps, map_axes
from seqviz.models.base import Model
from seqviz.models.trace import TracedArray


@analyses.register("gradient_map")
class GradientMap(Analysis):
    """(batch, t, s), the batch axis of length 1: the mean over the sequences of the norms."""

    provides = ("gradient.itemised.*",)
    cost = "budget"
    source_matters = True

    def serves(self, model: Model) -> bool:
        return bool(gradient_sites(model))

    def names(self, model: Model) -> tuple[str, ...]:
        return tuple(f"gradient.itemised.{site}" for site in gradient_sites(model))

    def compute(self, subject: Subject, wants: frozenset[str]) -> dict[str, TracedArray]:
        return {
            name: TracedArray(values.unsqueeze(0), ("batch", *map_axes(subject, site)))
            for site, values in itemised_maps(subject).items()
            if matches(name := f"gradient.itemised.{site}", wants)
        }
