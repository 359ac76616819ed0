"""Which units are stuck: so far out on their squashing function that hardly any gradient comes through.

saturation[t, u]   -1 stuck low, +1 stuck high, 0 free
sigmoid    below 0.1 is stuck low (shut), above 0.9 stuck high (open): Karpathy, Johnson and Fei-Fei, "Visualizing and
           Understanding Recurrent Networks", 2015. The slope there is under 0.09, of 0.25 at best.
tanh       beyond -0.97 and 0.97, where the slope 1 - tanh^2 is under 0.06 of 1 at best: the share that Karpathy's
           lectures on activation statistics count ("Building makemore", part 3, 2022).
Of a cell state c it is tanh(c) that counts, on its way to the hidden state.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from seqviz.analysis import Analysis, Subject, analyses, matches
from seqviz.analysis.offered import activation_of, activations_of, offered
from seqviz.models.base import Model
from seqviz.models.inner_health import Activation
from seqviz.models.trace import TracedArray

SHUT, OPEN = 0.1, 0.9
TANH_ENDS = 0.97
ENDS: dict[Activation, tuple[float, float]] = {  # of the traced numbers
    "sigmoid": (SHUT, OPEN),
    "tanh": (-TANH_ENDS, TANH_ENDS),
    "before_tanh": (-math.atanh(TANH_ENDS), math.atanh(TANH_ENDS)),
}
PREFIX = "health.saturation."


def stuck(values: Tensor, kind: Activation) -> Tensor:
    """-1, 0 or +1 for each number as int8; what is no number counts as free."""
    low, high = ENDS[kind]
    return (values > high).to(torch.int8) - (values < low).to(torch.int8)


@analyses.register("saturation")
class Saturation(Analysis):
    """(batch, t, unit) int8 for every gate, candidate and squashed state of the trace."""

    provides = (f"{PREFIX}*",)

    def serves(self, model: Model) -> bool:
        return bool(self._patterns(model))

    def names(self, model: Model) -> tuple[str, ...]:
        return tuple(PREFIX + name for name in self._patterns(model))

    def _patterns(self, model: Model) -> tuple[str, ...]:
        squashed = [name for name, kind in activations_of(model).items() if kind in ENDS]
        found = offered(model, squashed)
        known = activations_of(model)
        hidden = {name.replace("normalised_cell", "cell_state") for name in found if "normalised_cell" in name}
        return tuple(n for n in found if n not in hidden and activation_of(n, known) in ENDS)

    def compute(self, subject: Subject, wants: frozenset[str]) -> dict[str, TracedArray]:
        promised = self._patterns(subject.model)
        known = activations_of(subject.model)
        found: dict[str, TracedArray] = {}
        for name, traced in subject.trace.arrays.items():
            kind = activation_of(name, known)
            if kind in ENDS and kind is not None and matches(PREFIX + name, wants) and matches(name, promised):
                found[PREFIX + name] = TracedArray(stuck(traced.values, kind), traced.axes)
        return found
