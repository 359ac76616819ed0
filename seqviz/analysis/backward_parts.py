"""One backward pass taken apart: at every position, what came back from t + 1 and what is born at t.

    total_t = arriving_t + born_t         gradients of L by a state at t, L the mean loss over the targets
    arriving_t                            through the states at t + 1 of the same layer: backpropagation through time
    born_t                                all else: the loss at t (top layer), the layer above at t, and for a cell
                                          state the hidden state at t that reads it

As vectors they add up, as norms they need not. Werbos, "Backpropagation through time", 1990.

Axes: B batch, T positions, H hidden units. Models that bring `pull_back` go back by hand, the others by autograd.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from torch import Tensor

from seqviz.analysis import Subject
from seqviz.analysis.backward_scan import features_gradient, layer_slopes
from seqviz.analysis.gradient_norms import mean_losses
from seqviz.analysis.lengths import length
from seqviz.models.recurrent import RecurrentModel, State
from seqviz.models.unrolled import UnrolledModel


@dataclass
class Parts:
    """Gradients by one state, a (B, H) tensor per position, from the last position to the first."""

    total: list[Tensor] = field(default_factory=list)
    arriving: list[Tensor] = field(default_factory=list)

    def note(self, total: Tensor, arriving: Tensor) -> None:
        self.total.append(total)
        self.arriving.append(arriving)

    def norms(self) -> dict[str, Tensor]:
        """total, arriving, born and shrinkage, each (B, T).

        shrinkage[t] = ||arriving_{t-1}|| / ||total_t||: what the way from t to t - 1 truly left of the gradient; nan
        at t = 0, and where nothing was there to shrink.
        """
        total, arriving = (torch.stack(steps[::-1], dim=1) for steps in (self.total, self.arriving))  # (B, T, H)
        found = {
            "total": length(total),
            "arriving": length(arriving),
            "born": length(total - arriving),
        }
        left = found["arriving"][:, :-1] / found["total"][:, 1:]  # (B, T-1)
        left = torch.where(found["total"][:, 1:] > 0, left, torch.nan)
        found["shrinkage"] = torch.cat([torch.full_like(found["total"][:, :1], torch.nan), left], dim=1)
        return found


def backward_parts(subject: Subject) -> dict[str, Parts]:
    """By site ("layers.0.hidden_state"), for models with recurrent layers on a chain."""
    return parts_by_hand(subject) if isinstance(subject.model, RecurrentModel) else parts_by_graph(subject)


@torch.no_grad()
def parts_by_hand(subject: Subject) -> dict[str, Parts]:
    """The walk of `scan_back` with one gradient, keeping what it adds up apart."""
    model, trace = subject.model, subject.trace
    assert isinstance(model, RecurrentModel)
    own = features_gradient(subject, mean_losses).unbind(dim=1)  # T of (B, H)
    layers, top = range(model.n_layers), model.states[0]
    weights = [model.weights(layer) for layer in layers]
    slopes = [layer_slopes(model, trace, layer) for layer in layers]
    back: list[State] = [{name: torch.zeros_like(own[0]) for name in model.states} for _ in layers]
    found = {f"layers.{layer}.{name}": Parts() for layer in layers for name in model.states}
    for s in reversed(range(len(own))):
        above = own[s]
        for layer in reversed(layers):
            arriving = back[layer]
            direct = {**arriving, top: arriving[top] + above}
            for name, total in model.within_step(slopes[layer][s], direct).items():
                found[f"layers.{layer}.{name}"].note(total, arriving[name])
            d_pre, back[layer] = model.pull_back(slopes[layer][s], direct, weights[layer])
            if layer > 0:
                above = d_pre @ weights[layer].w_ih  # (B, H)
    return found


def parts_by_graph(subject: Subject) -> dict[str, Parts]:
    """By autograd over the longhand graph: all totals at once, then one product per position and layer."""
    model, trace = subject.model, subject.graph
    assert isinstance(model, RecurrentModel | UnrolledModel)
    names = [[f"layers.{layer}.{state}" for state in model.states] for layer in range(model.n_layers)]
    flat = [name for layer in names for name in layer]
    with torch.enable_grad():
        loss = mean_losses(trace.losses)
    tensors = [tensor for name in flat for tensor in trace.sites[name].steps]
    totals = iter(torch.autograd.grad(loss, tensors, retain_graph=True, allow_unused=True, materialize_grads=True))
    by_site = {name: [next(totals) for _ in trace.sites[name].steps] for name in flat}
    found = {name: Parts() for name in flat}
    for layer in names:
        steps = [trace.sites[name].steps for name in layer]
        arriving = [torch.zeros_like(by_site[name][-1]) for name in layer]
        for s in reversed(range(len(steps[0]))):
            for name, came in zip(layer, arriving, strict=True):
                found[name].note(by_site[name][s], came)
            if s > 0:  # the first state is made of the others within a step, so it alone brings its whole gradient
                later, earlier = [site[s] for site in steps], [site[s - 1] for site in steps]
                arriving = _products(later, earlier, [by_site[layer[0]][s], *arriving[1:]])
                if earlier[1:]:  # what went back to the others through the first one is born there, not carried
                    within = _products(earlier[:1], earlier[1:], arriving[:1])
                    arriving[1:] = [whole - part for whole, part in zip(arriving[1:], within, strict=True)]
    return found


def _products(outputs: list[Tensor], inputs: list[Tensor], gradients: list[Tensor]) -> list[Tensor]:
    """Vector-Jacobian products over a graph that is kept."""
    return list(
        torch.autograd.grad(outputs, inputs, gradients, retain_graph=True, allow_unused=True, materialize_grads=True)
    )
