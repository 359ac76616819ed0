"""Back through time by hand: gradients by every recurrent state, from the last position to the first, no autograd.

Any number of losses go back together, one row each. At position s, from the top layer down, the gradient by a layer's
state is what came back from s + 1, plus what came down from the layer above (the head, for the top layer).

Axes: R rows (losses), B batch, T positions, H hidden units. Values come from a light trace.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from seqviz.analysis import Subject
from seqviz.models.base import position_losses
from seqviz.models.output import Output
from seqviz.models.recurrent import RecurrentModel, State
from seqviz.models.trace import Trace

Join = Callable[[int, Tensor], Tensor]  # (s, what came back (R', B, H)) -> with the losses' own gradients (R, B, H)


@torch.enable_grad()
def features_gradient(subject: Subject, reduce: Callable[[Tensor], Tensor]) -> Tensor:
    """Gradient of `reduce(losses)`, a number, by the features the head reads: (B, T, H)."""
    features, losses = _head_again(subject)
    return torch.autograd.grad(reduce(losses), features)[0]


@torch.enable_grad()
def features_jacobian(subject: Subject) -> Tensor:
    """Gradient of each loss by all features, for heads that mix positions: (R, B, T, H)."""
    features, losses = _head_again(subject)
    rows = losses.nansum(dim=0)  # (R,)
    return torch.stack([torch.autograd.grad(row, features, retain_graph=True)[0] for row in rows])


def _head_again(subject: Subject) -> tuple[Tensor, Tensor]:
    """The features (B, T, H), cut off from what made them, and the losses (B, R) the head makes of them."""
    model, batch = subject.model, subject.batch
    assert isinstance(model, RecurrentModel)
    values = subject.trace.arrays[f"layers.{model.n_layers - 1}.{model.states[0]}"].values
    features = values.detach().requires_grad_()
    return features, position_losses(Output(model.head(features, batch)), batch)


def scan_back(
    model: RecurrentModel, trace: Trace, join: Join, embedding: bool = False
) -> Iterator[tuple[int, dict[str, Tensor]]]:
    """Walk from the last position to the first; at each, the gradients by every site.

    Parameters
    ----------
    model, trace
        a recurrent model and a light trace of it.
    join
        adds the gradients of the losses by the top layer's features at position s.
    embedding
        give the gradient by the input too, as "embedding".

    Yields
    ------
    tuple
        s, and by site name ("layers.0.hidden_state") the gradients (R, B, H) by that site at s.
    """
    layers = range(model.n_layers)
    slopes = [layer_slopes(model, trace, layer) for layer in layers]
    first = trace.arrays[f"layers.0.{model.states[0]}"].values  # (B, T, H)
    nothing = first.new_zeros(0, first.shape[0], first.shape[2])  # no rows yet
    back: list[State] = [dict.fromkeys(model.states, nothing) for _ in layers]
    weights = [model.weights(layer) for layer in layers]
    for s in reversed(range(len(slopes[0]))):
        sites: dict[str, Tensor] = {}
        above: Tensor | None = None
        for layer in reversed(layers):
            d_state = back[layer]
            top = d_state[model.states[0]]
            joined = join(s, top) if above is None else above + _rows_like(top, above)
            d_state = {name: _rows_like(value, joined) for name, value in d_state.items()}
            d_state[model.states[0]] = joined
            for name, value in model.within_step(slopes[layer][s], d_state).items():
                sites[f"layers.{layer}.{name}"] = value
            d_pre, back[layer] = model.pull_back(slopes[layer][s], d_state, weights[layer])
            if layer > 0 or embedding:
                above = d_pre @ weights[layer].w_ih
        if embedding and above is not None:
            sites["embedding"] = above
        yield s, sites


def _rows_like(value: Tensor, wanted: Tensor) -> Tensor:
    """Rows of zeros in front for losses that join at this position: (R', B, H) -> (R, B, H)."""
    missing = wanted.shape[0] - value.shape[0]
    return value if missing == 0 else torch.cat([value.new_zeros(missing, *value.shape[1:]), value])


def layer_slopes(model: RecurrentModel, trace: Trace, layer: int) -> list[State]:
    """What `pull_back` reads at each position, everything that needs no loop done for all positions at once."""
    found = all_slopes(model, trace, layer)
    columns = {name: values.unbind(dim=1) for name, values in found.items()}
    count = trace.arrays[f"layers.{layer}.{model.states[0]}"].values.shape[1]
    return [{name: steps[s] for name, steps in columns.items()} for s in range(count)]


def all_slopes(model: RecurrentModel, trace: Trace, layer: int) -> State:
    """What `pull_back` reads, at all positions: each (B, T, any)."""
    names = (*model.noted, *model.states)
    saved = {name: trace.arrays[f"layers.{layer}.{name}"].values for name in names}  # (B, T, H)
    for name in model.states:
        saved[f"previous.{name}"] = one_later(saved[name])
    return model.slopes(saved, model.weights(layer))


def one_later(states: Tensor) -> Tensor:
    """What each position finds there: the states one position before, zeros before the first. (B, T, H)."""
    return torch.cat([torch.zeros_like(states[:, :1]), states[:, :-1]], dim=1)
