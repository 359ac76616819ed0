"""Where the sight of a model ends: the first position that each output can depend on.

window.first[t] = max(0, t - n + 1),  n the receptive field

Of models that see less than the context they train on: fixed windows, n-grams, small convolutional nets. What stands
before `first` cannot change the prediction, whatever is learned.
"""

from __future__ import annotations

import torch

from seqviz.analysis import Analysis, Subject, analyses, matches
from seqviz.models.base import Model
from seqviz.models.trace import TracedArray


@analyses.register("window_edge")
class WindowEdge(Analysis):
    """(t,) positions."""

    provides = ("window.first",)

    def serves(self, model: Model) -> bool:
        field = model.receptive_field()
        return model.interface.structure == "chain" and field is not None and field < model.interface.context_length

    def compute(self, subject: Subject, wants: frozenset[str]) -> dict[str, TracedArray]:
        field = subject.model.receptive_field()
        if field is None or not matches("window.first", wants):
            return {}
        positions = next(iter(subject.batch.inputs.values())).values.shape[1]
        first = (torch.arange(positions) - field + 1).clamp(min=0)  # (t,)
        return {"window.first": TracedArray(first, ("t",))}
