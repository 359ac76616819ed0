"""Not a number, found before it is applied: which tensor went bad first."""

from __future__ import annotations

import torch

from seqviz.core.batch import Batch
from seqviz.models.base import NeuralModel


class Diverged(Exception):
    """Raised in the step that went bad, before the optimiser; the weights are still those of the step before."""

    def __init__(self, step: int, tensor: str, loss: float) -> None:
        super().__init__(f"step {step}: not a number in {tensor}")
        self.step, self.tensor, self.loss = step, tensor, loss


def first_bad_array(model: NeuralModel, batch: Batch) -> str | None:
    """The first weight, input or traced array that is not finite, in the order of the forward pass."""
    for name, weight in model.named_parameters():
        if not bool(torch.isfinite(weight).all()):
            return f"weights of {name}"
    for name, item in batch.inputs.items():
        if item.values.is_floating_point() and not bool(torch.isfinite(item.values).all()):
            return f"input {name}"
    with torch.no_grad():
        trace = model.trace(batch)
    for name, array in trace.arrays.items():
        if array.axes[0] != "batch":  # a table of the model's own: fixed, or one of the weights above
            continue
        masked = name.endswith(".scores")  # -inf says "not allowed" there
        good = torch.isfinite(array.values) | (torch.isneginf(array.values) if masked else False)
        if not bool(good.all()):
            return name
    return None


def first_bad_gradient(model: NeuralModel) -> str | None:
    """The first parameter, in backward order, whose gradient is not finite."""
    for name, weight in reversed(list(model.named_parameters())):
        if weight.grad is not None and not bool(torch.isfinite(weight.grad).all()):
            return f"gradient of {name}"
    return None
