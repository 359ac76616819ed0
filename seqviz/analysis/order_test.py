"""Whether attention knows in which order tokens came: the tokens before the last are shuffled.

order.first_attention   ||a' - a|| / ||a||,  a what the first attention hands on at the last position (all windows)
order.prediction        the largest total variation between the prediction there and that before the shuffle

Attention without positions is a sum over a set, so the first is 0 but for rounding, at any depth. The second is too
where nothing else tells the order; a causal mask tells some of it to later blocks (Haviv et al. 2022).
"""

from __future__ import annotations

import torch
from torch import Tensor

from seqviz.analysis import Analysis, Subject, analyses, matches
from seqviz.core.batch import Batch, Field
from seqviz.models.base import Model, NeuralModel
from seqviz.models.trace import Trace, TracedArray

FIRST = "blocks.0.attention.output"
SHUFFLES = 2  # one alone may be the order that was there


@analyses.register("order_test")
class OrderTest(Analysis):
    """One number each: (batch,), the batch axis of length 1."""

    provides = ("order.first_attention", "order.prediction")
    cost = "request"

    def serves(self, model: Model) -> bool:
        attends = isinstance(model, NeuralModel) and matches(FIRST, model.provides)
        return attends and model.interface.structure == "chain"

    def compute(self, subject: Subject, wants: frozenset[str]) -> dict[str, TracedArray]:
        if not any(matches(name, wants) for name in self.provides):
            return {}
        numbers = [0.0, 0.0]
        for seed in range(SHUFFLES):
            other = Subject(subject.model, shuffled(subject.batch, seed)).trace
            found = _moved(subject.trace, other), _changed(subject.trace, other)
            numbers = [max(pair) for pair in zip(numbers, found, strict=True)]
        return {
            name: TracedArray(torch.tensor([value], dtype=torch.float64), ("batch",))
            for name, value in zip(self.provides, numbers, strict=True)
            if matches(name, wants)
        }


def shuffled(batch: Batch, seed: int) -> Batch:
    """The same inputs, all but the last position in another order; targets stay."""
    count = next(iter(batch.inputs.values())).values.shape[1]
    order = torch.randperm(count - 1, generator=torch.Generator().manual_seed(seed))
    order = torch.cat([order, torch.tensor([count - 1])])  # (T,)

    def move(field: Field) -> Field:
        chosen = order.to(field.values.device)
        mask = None if field.mask is None else field.mask[:, chosen]
        return Field(field.values[:, chosen], field.axes, mask)

    inputs = {name: move(field) for name, field in batch.inputs.items()}
    return Batch(inputs, batch.targets, batch.rulers, batch.structure, batch.tokens, batch.fresh, batch.in_order)


def _moved(one: Trace, other: Trace) -> float:
    a, b = (trace.arrays[FIRST].values[:, -1].double() for trace in (one, other))  # (B, D)
    return float((b - a).norm() / a.norm().clamp(min=1e-30))


def _changed(one: Trace, other: Trace) -> float:
    a, b = _said(one), _said(other)  # (B, V)
    return float(0.5 * (a - b).abs().sum(dim=-1).max())


def _said(trace: Trace) -> Tensor:
    """Probabilities at the last position, or the mean of what is foretold there: (B, V)."""
    predictive = trace.output.predictive
    tells = getattr(predictive, "log_probs", None)
    if tells is not None:
        values: Tensor = tells()[:, -1].double().exp()
        return values
    mean = getattr(predictive, "mean", None)
    return trace.losses[:, -1:].double().nan_to_num() if mean is None else mean[:, -1].double()
