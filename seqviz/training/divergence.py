"""Not a number, found before it is applied: which tensor went bad first."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from seqviz.core.batch import Batch
from seqviz.models.base import NeuralModel

POSITIONS = ("t", "source", "target", "node", "query_pos")  # axes along which a trace has one entry per position


@dataclass(frozen=True)
class Place:
    """Where in a step something was found; `row`, `position` -1: nowhere in particular. `axis` is the position's."""

    tensor: str
    row: int = -1
    position: int = -1
    axis: str = "t"


class Diverged(Exception):
    """Raised in the step that went bad, before the optimiser; the weights are still those of the step before."""

    def __init__(self, step: int, tensor: str, loss: float, row: int = -1, position: int = -1, axis: str = "t") -> None:
        super().__init__(f"step {step}: not a number in {tensor}")
        self.step, self.loss, self.place = step, loss, Place(tensor, row, position, axis)

    @property
    def tensor(self) -> str:
        return self.place.tensor


def first_bad_array(model: NeuralModel, batch: Batch) -> Place | None:
    """The first weight, input or traced array that is not finite, in the order of the forward pass."""
    for name, weight in model.named_parameters():
        if not bool(torch.isfinite(weight).all()):
            return Place(f"weights of {name}")
    for name, item in batch.inputs.items():
        if item.values.is_floating_point() and not bool(torch.isfinite(item.values).all()):
            return _where(f"input {name}", ~torch.isfinite(item.values), item.axes)
    with torch.no_grad():
        trace = model.trace(batch)
    for name, array in trace.arrays.items():
        if array.axes[0] != "batch":  # a table of the model's own: fixed, or one of the weights above
            continue
        masked = name.endswith(".scores")  # -inf says "not allowed" there
        good = torch.isfinite(array.values) | (torch.isneginf(array.values) if masked else False)
        if not bool(good.all()):
            return _where(name, ~good, array.axes)
    return None


def _where(tensor: str, bad: Tensor, axes: tuple[str, ...]) -> Place:
    """The first position at which an array is bad, and the first row that is bad there."""
    axis = next((name for name in POSITIONS if name in axes), None)
    if axis is None or axes[0] != "batch":
        return Place(tensor)
    at = axes.index(axis)
    others = [dim for dim in range(bad.ndim) if dim not in (0, at)]
    flags = bad.amax(dim=others) if others else bad  # (batch, position)
    position = int(flags.any(dim=0).int().argmax())
    return Place(tensor, int(flags[:, position].int().argmax()), position, "t" if axis == "query_pos" else axis)


def first_bad_gradient(model: NeuralModel) -> str | None:
    """The first parameter, in backward order, whose gradient is not finite."""
    for name, weight in reversed(list(model.named_parameters())):
        if weight.grad is not None and not bool(torch.isfinite(weight.grad).all()):
            return f"gradient of {name}"
    return None
