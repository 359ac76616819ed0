"""The terms of dL/dW of a recurrent net that has no pull-back by hand: each position gets weights of its own.

The longhand pass runs with a fresh copy of every cell's parameters at every position; what autograd says of a copy is
that position's term. Dearer than vectors (T copies of the cells), so these models are looked at less often.

Axes: T positions.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from torch.func import functional_call

from seqviz.analysis import Subject
from seqviz.analysis.gradient_norms import mean_losses
from seqviz.analysis.weight_parts import Part, Terms, listening, parts_of
from seqviz.models.recurrent import State
from seqviz.models.unrolled import Cell, UnrolledModel

Copies = dict[str, list[Tensor]]  # by parameter, a copy for each position in the order they were read


def cell_parameters(model: UnrolledModel) -> set[nn.Parameter]:
    """Parameters of the cells, whose terms are found by copies."""
    return set(model.layers.parameters())


def unrolled_parts(subject: Subject, model: UnrolledModel, names: dict[Tensor, str]) -> dict[str, list[Part] | Terms]:
    """The cells' parameters by copies, everything around them by its modules."""
    inside = {module for layer in model.layers for module in layer.modules()}
    around = [module for module in model.modules() if module not in inside]
    with torch.enable_grad(), _own_weights(model) as copies, listening(around) as heard:
        loss = mean_losses(model.trace(subject.batch, keep_graph=True).losses)
        flat = [copy for each in copies.values() for copy in each]
        gradients = iter(torch.autograd.grad(loss, flat, retain_graph=True, allow_unused=True, materialize_grads=True))
    found: dict[str, list[Part] | Terms] = {
        name: Terms(torch.stack([next(gradients) for _ in each])) for name, each in copies.items()
    }
    positions = next(iter(subject.batch.inputs.values())).values.shape[1]
    with torch.enable_grad():
        return found | parts_of(heard, loss, names, positions)


class _Step(nn.Module):
    """One position of a cell as a call of a module, so that its parameters can be others for this call."""

    def __init__(self, cell: Cell) -> None:
        super().__init__()
        self.cell = cell

    def forward(self, x: Tensor, before: State) -> State:
        return type(self.cell).equations(self.cell, x, before)


@contextmanager
def _own_weights(model: UnrolledModel) -> Iterator[Copies]:
    """Inside the block every position that a cell reads is computed with copies of its parameters."""
    copies: Copies = {}
    cells = [model.cell(layer) for layer in range(model.n_layers)]
    for layer, cell in enumerate(cells):
        cell.equations = _copying(cell, f"layers.{layer}.", copies)  # type: ignore[method-assign]
    try:
        yield copies
    finally:
        for cell in cells:
            del cell.equations  # the class's own shows again


class _copying:
    """Stands in for `equations` of one cell."""

    def __init__(self, cell: Cell, path: str, copies: Copies) -> None:
        self.step, self.path, self.copies = _Step(cell), path, copies

    def __call__(self, x: Tensor, before: State) -> State:
        own = {name: p.detach().clone().requires_grad_() for name, p in self.step.cell.named_parameters()}
        for name, copy in own.items():
            self.copies.setdefault(self.path + name, []).append(copy)
        said: State = functional_call(self.step, {f"cell.{name}": copy for name, copy in own.items()}, (x, before))
        return said
