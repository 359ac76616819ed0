"""The total gradient at each position: how much the whole loss changes with one state.

    total[t] = || d L / d site_t ||,    L = (sum of l_t over the positions that have a target) / (their number)

In a language model each position has a loss of its own, so this looks flat even when nothing flows back: see
gradient_map for the picture that shows vanishing. Of several sequences each has its own L; the norms are averaged.
"""

from __future__ import annotations

import torch
from torch import Tensor

from seqviz.analysis import Analysis, Subject, analyses, matches
from seqviz.analysis.backward_scan import features_gradient, scan_back
from seqviz.analysis.itemised import gradient_sites
from seqviz.analysis.lengths import length
from seqviz.models.base import Model
from seqviz.models.recurrent import RecurrentModel
from seqviz.models.trace import TracedArray


class TotalGradient(Analysis):
    """(batch, t), the batch axis of length 1."""

    provides = ("gradient.total.*",)
    source_matters = True

    def names(self, model: Model) -> tuple[str, ...]:
        return tuple(f"gradient.total.{site}" for site in gradient_sites(model)) if self.serves(model) else ()

    def totals(self, subject: Subject) -> dict[str, Tensor]:
        """(B, S) by site."""
        raise NotImplementedError

    def compute(self, subject: Subject, wants: frozenset[str]) -> dict[str, TracedArray]:
        return {
            name: TracedArray(values.mean(dim=0, keepdim=True), ("batch", position_axis(subject, site)))
            for site, values in self.totals(subject).items()
            if matches(name := f"gradient.total.{site}", wants)
        }


@analyses.register("gradient_norms")
class ScannedTotal(TotalGradient):
    """Recurrent models, by hand: cheap enough for every frame."""

    def serves(self, model: Model) -> bool:
        return isinstance(model, RecurrentModel)

    def totals(self, subject: Subject) -> dict[str, Tensor]:
        return scanned_total(subject)


@analyses.register("gradient_norms_by_graph")
class GraphTotal(TotalGradient):
    """All other differentiable models, by a longhand pass and autograd."""

    cost = "budget"

    def serves(self, model: Model) -> bool:
        return model.learns_by == "gradient" and not isinstance(model, RecurrentModel)

    def totals(self, subject: Subject) -> dict[str, Tensor]:
        sites = gradient_sites(subject.model)
        return {site: total for site, total in graph_total(subject).items() if matches(site, sites)}


def mean_losses(losses: Tensor) -> Tensor:
    """(B, R) with nan -> the sum over sequences of each one's own mean loss, a number."""
    return torch.nanmean(losses, dim=1).nansum()


@torch.no_grad()
def scanned_total(subject: Subject, embedding: bool = False) -> dict[str, Tensor]:
    """By hand, for recurrent models: (B, S) by site."""
    assert isinstance(subject.model, RecurrentModel)
    own = features_gradient(subject, mean_losses).unsqueeze(0).unbind(dim=2)  # T of (1, B, H)

    def join(s: int, rows: Tensor) -> Tensor:
        return rows + own[s] if len(rows) else own[s]

    found: dict[str, list[Tensor]] = {}
    for _, sites in scan_back(subject.model, subject.trace, join, embedding):
        for site, rows in sites.items():
            found.setdefault(site, []).append(rows)
    return {site: length(torch.cat(rows[::-1])).T for site, rows in found.items()}  # T of (1, B, H) -> (B, T)


def graph_total(subject: Subject) -> dict[str, Tensor]:
    """By autograd over the longhand graph: (B, S) by site."""
    trace = subject.graph
    tensors = [tensor for site in trace.sites.values() for tensor in site.steps]
    with torch.enable_grad():
        loss = mean_losses(trace.losses)
    gradients = torch.autograd.grad(loss, tensors, retain_graph=True, allow_unused=True, materialize_grads=True)
    norms = iter([length(gradient) for gradient in gradients])  # (B,), or (B, S) where stacked
    found: dict[str, Tensor] = {}
    for name, site in trace.sites.items():
        steps = [next(norms) for _ in site.steps]
        found[name] = steps[0] if site.stacked else torch.stack(steps, dim=1)
    return found


def position_axis(subject: Subject, site: str) -> str:
    """The axis a site's positions lie along."""
    axis: str = subject.trace.arrays[site].axes[1]
    return axis
