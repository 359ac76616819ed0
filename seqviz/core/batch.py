"""What a model reads at once: named fields with named axes, and the rulers that label those axes.

The same classes carry numpy arrays (data, window) and torch tensors (learner, models): the learner alone
turns the first into the second with `Batch.convert`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

Array = Any  # numpy.ndarray outside the learner, torch.Tensor inside


@dataclass(frozen=True)
class Field:
    """Values with one name per axis; `mask` is True where a value counts, None where all do."""

    values: Array
    axes: tuple[str, ...]
    mask: Array | None = None

    def __post_init__(self) -> None:
        assert self.values.ndim == len(self.axes), f"{self.values.ndim} dimensions but axes {self.axes}"


@dataclass(frozen=True)
class Ruler:
    """The labels along one axis of the probe: the characters under every picture.

    `hidden`: places whose token the model is not shown. `typed`: what the person typed, where that is not the labels
    one after the other ("").
    """

    labels: tuple[str, ...]
    unit: str = "character"
    hidden: tuple[int, ...] = ()
    typed: str = ""


@dataclass(frozen=True)
class Tree:
    """Binary trees in one flat array of nodes, children before parents.

    Attributes
    ----------
    left, right
        (node,) index of each child, -1 at leaves.
    parent
        (node,) index of the parent, -1 at a root.
    """

    left: np.ndarray
    right: np.ndarray
    parent: np.ndarray


@dataclass(frozen=True)
class Batch:
    """One batch of any task.

    Attributes
    ----------
    inputs, targets
        fields by name; axis 0 of every field is "batch". Next-token: inputs["tokens"] (batch, t),
        targets["tokens"] (batch, t) with a mask that is False where there is nothing to predict.
    rulers
        labels by axis name ("t", "source", "target", "node"); filled in for probes only.
    structure
        a Tree where positions are nodes; None where they are a chain.
    tokens
        how many positions this batch reads (padding not counted).
    fresh
        carried recurrent state does not continue into this batch.
    in_order
        rows follow one another in the text: row r continues row r - 1, and row 0 the batch before it unless fresh.
    """

    inputs: Mapping[str, Field]
    targets: Mapping[str, Field]
    rulers: Mapping[str, Ruler] = field(default_factory=dict)
    structure: Tree | None = None
    tokens: int = 0
    fresh: bool = True
    in_order: bool = False

    def convert(self, make: Callable[[Array], Array]) -> Batch:
        """The same batch with `make` applied to every array (numpy to torch, device moves)."""

        def convert_field(item: Field) -> Field:
            return Field(make(item.values), item.axes, None if item.mask is None else make(item.mask))

        return replace(
            self,
            inputs={name: convert_field(item) for name, item in self.inputs.items()},
            targets={name: convert_field(item) for name, item in self.targets.items()},
        )
