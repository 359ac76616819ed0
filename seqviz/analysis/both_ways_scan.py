"""Itemised gradients of bidirectional nets by hand, layer by layer, no autograd beyond the head.

Every loss asks for one row of gradients by the top layer's outputs. In each layer the forward net is walked from the
last position to the first and the backward net the other way; what comes out at the inputs of both is the gradient by
the outputs of the layer below.

Axes: R rows (losses), B batch, T positions, H hidden units of one direction.
"""

from __future__ import annotations

import torch
from torch import Tensor

from seqviz.analysis import Subject
from seqviz.analysis.lengths import length
from seqviz.models.base import position_losses
from seqviz.models.bidirectional import BidirectionalModel
from seqviz.models.one_way import DIRECTIONS, Direction
from seqviz.models.output import Output
from seqviz.models.recurrent import State


@torch.no_grad()
def both_ways_itemised(subject: Subject) -> dict[str, Tensor]:
    """(B, R, S) by site; rows without a loss are 0."""
    model = subject.model
    assert isinstance(model, BidirectionalModel)
    asked, wanted = _by_features(subject)  # (R',), (R', B, T, 2H)
    present = model.present(subject.batch, subject.trace.arrays["embedding"].values)  # (B or 1, T, 1)
    found: dict[str, Tensor] = {}
    for layer in reversed(range(model.n_layers)):
        below: Tensor | None = None
        for way, by_output in zip(DIRECTIONS, wanted.chunk(2, dim=3), strict=True):
            norms, by_input = _scan(subject, layer, way, by_output, present)
            found |= norms
            below = by_input if below is None else below + by_input
        assert below is not None
        wanted = below
    found["embedding"] = length(wanted)  # (R', B, T)
    batch_size, count = subject.trace.losses.shape
    maps = {}
    for site, rows in found.items():
        whole = rows.new_zeros(count, batch_size, rows.shape[2])
        whole[asked] = rows
        maps[site] = whole.transpose(0, 1)  # (B, R, S)
    return maps


@torch.enable_grad()
def _by_features(subject: Subject) -> tuple[Tensor, Tensor]:
    """Rows that have a loss, and the gradient of each by the features that the head reads: (R', B, T, 2H)."""
    model, batch, arrays = subject.model, subject.batch, subject.trace.arrays
    assert isinstance(model, BidirectionalModel)
    top = [arrays[f"layers.{model.n_layers - 1}.{way}.hidden_state"].values for way in DIRECTIONS]
    features = torch.cat(top, dim=2).detach().requires_grad_()  # (B, T, 2H)
    losses = position_losses(Output(model.head(features, batch)), batch)  # (B, R)
    asked = (~losses.isnan()).any(dim=0).nonzero()[:, 0]  # (R',)
    if not model.head.pointwise:
        rows = [torch.autograd.grad(losses[:, r].nansum(), features, retain_graph=True)[0] for r in asked.tolist()]
        return asked, torch.stack(rows) if rows else features.new_zeros(0, *features.shape)
    own = torch.autograd.grad(losses.nansum(), features)[0]  # (B, T, 2H): l_t reads the features at t alone
    found = features.new_zeros(len(asked), *features.shape)
    found[torch.arange(len(asked)), :, asked] = own[:, asked].transpose(0, 1)
    return asked, found


def _scan(
    subject: Subject, layer: int, way: Direction, by_output: Tensor, present: Tensor
) -> tuple[dict[str, Tensor], Tensor]:
    """One direction of one layer, against its reading: norms (R, B, T) by site, and gradients by its input."""
    model = subject.model
    assert isinstance(model, BidirectionalModel)
    weights, states = model.weights(layer, way), model.cell.states
    steps = _slopes(subject, layer, way)
    order = range(len(steps)) if way == "backward" else reversed(range(len(steps)))
    nothing = torch.zeros_like(by_output[:, :, 0])  # (R, B, H)
    back: State = dict.fromkeys(states, nothing)
    norms = {name: by_output.new_zeros(by_output.shape[:3]) for name in states}
    inputs: list[Tensor] = [nothing] * len(steps)
    for s in order:
        here = present[:, s]  # (B or 1, 1): 0 behind a row's end
        d_state = {name: value * here for name, value in back.items()}
        d_state[states[0]] = d_state[states[0]] + by_output[:, :, s] * here
        for name, value in model.within_step(steps[s], d_state).items():
            norms[name][:, :, s] = length(value)
        d_pre, back = model.equations.pull_back(model, steps[s], d_state, weights)
        inputs[s] = d_pre @ weights.w_ih  # (R, B, E)
    return {f"layers.{layer}.{way}.{name}": norm for name, norm in norms.items()}, torch.stack(inputs, dim=2)


def _slopes(subject: Subject, layer: int, way: Direction) -> list[State]:
    """What `pull_back` reads at each position; the state before is the neighbour's on the side it came from."""
    model = subject.model
    assert isinstance(model, BidirectionalModel)
    arrays, saved = subject.trace.arrays, {}
    for name in (*model.cell.noted, *model.cell.states):
        saved[name] = arrays[f"layers.{layer}.{way}.{name}"].values  # (B, T, H)
    for name in model.cell.states:
        start, rest = torch.zeros_like(saved[name][:, :1]), saved[name]
        parts = [start, rest[:, :-1]] if way == "forward" else [rest[:, 1:], start]
        saved[f"previous.{name}"] = torch.cat(parts, dim=1)
    slopes = model.equations.slopes(model, saved, model.weights(layer, way))
    columns = {name: values.unbind(dim=1) for name, values in slopes.items()}
    return [{name: steps[s] for name, steps in columns.items()} for s in range(saved[model.cell.states[0]].shape[1])]
