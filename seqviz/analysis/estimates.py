"""What a model tells of a hidden state, beside what is true and what was measured: for every estimator alike.

Symbols (the cell of a corridor): estimate.probabilities (t, cell), estimate.truth (t)
Numbers (a place in the plane): estimate.mean, estimate.deviation, estimate.observed, estimate.truth (t, coordinate)

The truth is nan where nobody knows it (what a person typed). The observation is there where it is of what is told.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from seqviz.analysis import Analysis, Subject, analyses, matches
from seqviz.core.batch import Batch
from seqviz.models.base import Model
from seqviz.models.output import Output
from seqviz.models.trace import TracedArray

TOLD_OF_SYMBOLS = ("estimate.probabilities", "estimate.truth")
TOLD_OF_NUMBERS = ("estimate.mean", "estimate.deviation", "estimate.observed", "estimate.truth")


@analyses.register("estimates")
class Estimates(Analysis):
    """For models that tell a state nobody sees, whatever they are."""

    provides = tuple(dict.fromkeys((*TOLD_OF_SYMBOLS, *TOLD_OF_NUMBERS)))

    def serves(self, model: Model) -> bool:
        return model.interface.hidden and model.interface.structure == "chain"

    def names(self, model: Model) -> tuple[str, ...]:
        if not self.serves(model):
            return ()
        return TOLD_OF_SYMBOLS if model.interface.outputs.kind == "tokens" else TOLD_OF_NUMBERS

    def compute(self, subject: Subject, wants: frozenset[str]) -> dict[str, TracedArray]:
        told = _of_symbols if subject.model.interface.outputs.kind == "tokens" else _of_numbers
        found = told(subject.trace.output, subject.batch)
        return {name: array for name, array in found.items() if matches(name, wants)}


def _of_symbols(output: Output, batch: Batch) -> dict[str, TracedArray]:
    shares = output.predictive.log_probs().detach().exp()  # (batch, t, cell)
    target = batch.targets["tokens"]
    truth = _known(target.values.to(shares.dtype), target.mask)
    return {
        "estimate.probabilities": TracedArray(shares, ("batch", "t", "cell")),
        "estimate.truth": TracedArray(truth, ("batch", "t")),
    }


def _of_numbers(output: Output, batch: Batch) -> dict[str, TracedArray]:
    axes, mean = ("batch", "t", "coordinate"), output.predictive.mean.detach()
    target, observed = batch.targets["vectors"], batch.inputs["vectors"].values
    deviation = torch.as_tensor(output.predictive.deviation).detach().to(mean).expand_as(mean)
    found = {
        "estimate.mean": mean,
        "estimate.deviation": deviation,
        "estimate.truth": _known(target.values, target.mask),
    }
    if observed.shape == mean.shape:
        found["estimate.observed"] = observed
    return {name: TracedArray(values, axes) for name, values in found.items()}


def _known(values: Tensor, mask: Tensor | None) -> Tensor:
    """Not a number where there is no target; a mask is (batch, t)."""
    if mask is None:
        return values
    wide = mask.reshape(*mask.shape, *([1] * (values.ndim - mask.ndim)))
    return torch.where(wide, values, torch.full_like(values, math.nan))
