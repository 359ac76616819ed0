"""Small models and batches for any architecture, built from what it offers: never from its name."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any, Literal, get_args, get_origin

import torch
from torch import Tensor, nn

from seqviz.core.batch import Batch, Field
from seqviz.core.interface import Interface, Space
from seqviz.data.trees import flatten, joined, parse_tree
from seqviz.models.base import Model, architectures

SYMBOLS = 7
DIMENSIONS = 3
POSITIONS = 6
BATCH = 3

SMALL = {"d_embedding": 5, "d_hidden": 4, "d_model": 8, "n_heads": 2, "n_layers": 2, "d_feedforward": 2, "order": 3}
SMALL |= {"channels": 12, "n_levels": 2, "kernel_size": 2}  # fewer ReLU channels may all be dead at one position
SMALL |= {"pretraining": 0.0}  # what is learned first has a loss of its own, and no prediction
ONCE = {"initialization": ("identity",)}  # one function for all, with tests of its own: here only the oddest start
HEADS = {"tokens": "softmax", "vectors": "gaussian"}


@dataclass(frozen=True)
class Case:
    """One architecture with one setting of its choices, plugged into one kind of task."""

    name: str
    config: Any
    interface: Interface
    label: str

    def build(self, seed: int = 0, **changes: Any) -> Model:
        torch.manual_seed(seed)
        config = self.config.model_copy(update=changes)
        model = architectures.get(self.name)(config, self.interface)  # type: ignore[call-arg]
        if isinstance(model, nn.Module):
            model.double().eval()
        if model.learns_by == "observe":
            model.observe(self.batch(seed=11, rows=8))
        return model

    def batch(self, seed: int = 1, rows: int = BATCH) -> Batch:
        generator = torch.Generator().manual_seed(seed)
        return BUILDERS[self.interface.structure](self.interface, rows, generator)


def all_cases() -> list[Case]:
    found = []
    for name, architecture in architectures.items():
        offers = architecture.offers
        kinds = itertools.product(sorted(offers.structures), sorted(offers.input_kinds))
        for structure, kind in kinds:
            for head in sorted(offers.heads or {HEADS[kind]}):
                size = SYMBOLS if kind == "tokens" else DIMENSIONS
                for setting, config in settings(architecture.Config):
                    read, told = architecture.sizes(config) or (size, size)
                    interface = Interface(Space(kind, read), Space(kind, told), head, POSITIONS, structure)
                    found.append(Case(name, config, interface, f"{name}-{kind}-{head}-{setting}"))
    return found


def settings(config: Any) -> list[tuple[str, Any]]:
    """The small default, and one setting for every other value of a choice or a switch."""
    base = {key: value for key, value in SMALL.items() if key in config.model_fields}
    found = [("default", config(**base))]
    for key, info in config.model_fields.items():
        values: tuple[Any, ...] = ()
        if get_origin(info.annotation) is Literal:
            values = ONCE.get(key, get_args(info.annotation))
        elif info.annotation is bool:
            values = (True, False)
        found += [(f"{key}={value}", config(**base, **{key: value})) for value in values if value != info.default]
    return found


def chain(interface: Interface, rows: int, generator: torch.Generator) -> Batch:
    """Inputs and targets of one length; the last target of row 0 does not count."""
    inputs = values(interface.inputs, (rows, POSITIONS), generator)
    targets = values(interface.outputs, (rows, POSITIONS), generator)
    mask = torch.ones(rows, POSITIONS, dtype=torch.bool)
    mask[0, -1] = False
    return Batch(
        {interface.inputs.kind: Field(inputs, axes(inputs))},
        {interface.outputs.kind: Field(targets, axes(targets), mask)},
        tokens=rows * POSITIONS,
    )


def values(space: Space, shape: tuple[int, ...], generator: torch.Generator) -> Tensor:
    if space.kind == "tokens":
        return torch.randint(space.size, shape, generator=generator)
    return torch.randn(*shape, space.size, generator=generator, dtype=torch.float64)


def axes(tensor: Tensor) -> tuple[str, ...]:
    return ("batch", "t", "dim")[: tensor.ndim]


def pair(interface: Interface, rows: int, generator: torch.Generator) -> Batch:
    """A source of 6 and a target of 5 positions; row 1 is two shorter on both sides."""
    source = values(interface.inputs, (rows, POSITIONS), generator)
    decoder, targets = (values(interface.outputs, (rows, POSITIONS - 1), generator) for _ in range(2))
    present = torch.ones(rows, POSITIONS, dtype=torch.bool)
    present[1:2, -2:] = False
    written = present[:, 1:]
    return Batch(
        {
            "source": Field(source, ("batch", "source"), present),
            "decoder": Field(decoder, ("batch", "target"), written),
        },
        {"tokens": Field(targets, ("batch", "target"), written)},
        tokens=int(written.sum()),
    )


def tree(interface: Interface, rows: int, generator: torch.Generator) -> Batch:
    """Trees ((a b) c), (d e), ((f g) (h i)), one after the other for every three rows; one root has no target."""
    trees = [flatten(parse_tree(text)).tree for text in ("((a b) c)", "(d e)", "((f g) (h i))")]
    structure = joined(trees * max(1, rows // 3))
    shape = (1, len(structure.left))
    tokens, targets = values(interface.inputs, shape, generator), values(interface.outputs, shape, generator)
    mask = torch.ones(shape, dtype=torch.bool)
    mask[0, 4] = False
    leaves = torch.from_numpy(structure.left < 0)[None]
    return Batch(
        {"tokens": Field(tokens, ("batch", "node"), leaves)},
        {"tokens": Field(targets, ("batch", "node"), mask)},
        structure=structure,
        tokens=shape[1],
    )


def bag(interface: Interface, rows: int, generator: torch.Generator) -> Batch:
    """Four neighbours of each position, some of them missing; the last target of row 0 does not count."""
    neighbours = values(interface.inputs, (rows, POSITIONS, 4), generator)
    drawn, targets = (
        values(interface.outputs, shape, generator) for shape in ((rows, POSITIONS, 3), (rows, POSITIONS))
    )
    there = torch.rand(neighbours.shape, generator=generator) < 0.7
    there[:, :, 0] = True
    mask = torch.ones(rows, POSITIONS, dtype=torch.bool)
    mask[0, -1] = False
    return Batch(
        {
            "tokens": Field(neighbours, ("batch", "t", "neighbour"), there),
            "drawn": Field(drawn, ("batch", "t", "draw")),
        },
        {"tokens": Field(targets, ("batch", "t"), mask)},
        tokens=rows * POSITIONS,
    )


BUILDERS = {"chain": chain, "pair": pair, "tree": tree, "bag": bag}
