"""Through which levels the gradient comes from the loss down to the input, and how much of it is left at each.

total[t]  = || d L / d x_t ||      L the mean of all losses
last[t]   = || d l_T / d x_t ||    l_T the last loss of the probe alone
x runs over the levels of a pass: what the head reads ("features"), every layer's state, and the embedding. Of a
Transformer's block there are three: the stream that leaves it ("residual"), and what comes back through attention and
through the MLP, each where the branch leaves the stream. x + f(x) hands the gradient on unchanged to what f wrote, so
its norm there would only repeat the stream's; how much f itself brings back does tell.
share = || through f || / (|| through f || + || beside f ||), norms over all positions: of what meets below.

One or two backward passes over one longhand graph, whatever the number of levels.
Axes: B batch, S positions of a level.
"""

from __future__ import annotations

import re

import torch
from torch import Tensor

from seqviz.analysis import Analysis, Subject, analyses, matches
from seqviz.analysis.gradient_norms import mean_losses
from seqviz.analysis.lengths import length
from seqviz.models.base import Model
from seqviz.models.cone import SeesACone
from seqviz.models.trace import Site, TracedArray

TOTAL, LAST, SHARE, DILATION = "depth.total.", "depth.last.", "depth.share.", "depth.dilation."
BRANCH = re.compile(r"blocks\.\d+\.(attention|mlp)")


@analyses.register("depth_grid")
class DepthGrid(Analysis):
    """total, last: (batch, position) by level, in reading order; share, dilation: (value,)."""

    provides = (f"{TOTAL}*", f"{LAST}*", f"{SHARE}*", f"{DILATION}*")
    cost = "budget"

    def serves(self, model: Model) -> bool:
        return model.learns_by == "gradient" and model.interface.structure != "bag"

    def names(self, model: Model) -> tuple[str, ...]:
        if not self.serves(model):
            return ()
        shares = (f"{SHARE}*",) if matches("blocks.*.attention.pattern", model.provides) else ()
        dilations = (f"{DILATION}*",) if isinstance(model, SeesACone) else ()
        return (f"{TOTAL}*", f"{LAST}*", *shares, *dilations)

    def compute(self, subject: Subject, wants: frozenset[str]) -> dict[str, TracedArray]:
        found: dict[str, TracedArray] = {}
        if matches(f"{TOTAL}*", wants) or matches(f"{SHARE}*", wants):
            norms = level_norms(subject, mean_losses(subject.graph.losses))
            found |= _arrays(subject, TOTAL, norms)
            found |= {f"{SHARE}{name}": TracedArray(value, ("value",)) for name, value in shares_of(norms).items()}
        if matches(f"{LAST}*", wants):
            found |= _arrays(subject, LAST, level_norms(subject, last_loss(subject.graph.losses)))
        if isinstance(subject.model, SeesACone):
            for level in subject.model.cone():
                found[DILATION + level.array] = TracedArray(torch.tensor([float(level.dilation)]), ("value",))
        return {name: array for name, array in found.items() if matches(name, wants)}


def last_loss(losses: Tensor) -> Tensor:
    """The last loss that any sequence has, (B, R) -> a number; 0 where there is none."""
    known = (~losses.isnan()).any(dim=0).nonzero()
    return losses[:, known[-1, 0]].nansum() if len(known) else losses.nansum()


def level_norms(subject: Subject, loss: Tensor) -> dict[str, Tensor]:
    """Norm of the gradient of a number by every level: (B, S) each, in reading order."""
    levels = subject.graph.levels
    tensors = [tensor for level in levels.values() for tensor in level.steps]
    gradients = iter(torch.autograd.grad(loss, tensors, retain_graph=True, allow_unused=True, materialize_grads=True))
    found: dict[str, Tensor] = {}
    for name, level in levels.items():
        norms = [length(next(gradients)) for _ in level.steps]  # (B,), or (B, S) if stacked
        found[name] = norms[0] if level.stacked else torch.stack(norms, dim=1)
    return found


def shares_of(norms: dict[str, Tensor]) -> dict[str, Tensor]:
    """(1,) by branch: its part of what it and the stream beside it bring down."""
    found: dict[str, Tensor] = {}
    for name, branch in norms.items():
        if BRANCH.fullmatch(name) is None:
            continue
        through, beside = (length(values.flatten()) for values in (branch, norms[f"{name}.beside"]))
        both = through + beside
        found[name] = (through / torch.where(both > 0, both, torch.nan)).reshape(1)
    return found


def _arrays(subject: Subject, prefix: str, norms: dict[str, Tensor]) -> dict[str, TracedArray]:
    return {
        prefix + name: TracedArray(values.mean(dim=0, keepdim=True), ("batch", level_axis(subject, level)))
        for (name, values), level in zip(norms.items(), subject.graph.levels.values(), strict=True)
    }


def level_axis(subject: Subject, level: Site) -> str:
    """What the positions of a level lie along."""
    traced = subject.graph.arrays.get(level.name)
    return level.axis if traced is None or len(traced.axes) < 3 else traced.axes[1]
