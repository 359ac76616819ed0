"""What the backprop debugger walks through: one optimiser step on the probe, taken apart.

Under "backprop.layers.0.hidden_state": size (root mean square of the state), total, arriving, born and shrinkage (see
backward_parts); factors that the way from t to t - 1 is said to multiply the gradient by, each a mean over the units:

    factor.forget_gate, .update_gate, .carry_gate     the gate that keeps the old state
    factor.slope                                      |phi'| of the function that squashes the state
    factor.singular                                   not a mean: the largest singular value of d state_t/d state_{t-1}

"backprop.losses" are the losses in nats. Where a learner rehearses the step (see Rehearsal) its figures follow:
"backprop.step", and by parameter tensor "backprop.update.*".
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from seqviz.analysis import Analysis, Subject, analyses, matches
from seqviz.analysis.backward_parts import backward_parts
from seqviz.analysis.backward_scan import layer_slopes
from seqviz.analysis.jacobians import affordable, layer_jacobians, singular_values, spread
from seqviz.analysis.surprisal import row_axis
from seqviz.models.base import Model
from seqviz.models.recurrent import RecurrentModel
from seqviz.models.trace import TracedArray
from seqviz.models.unrolled import UnrolledModel

PREFIX = "backprop."
REHEARSE = "rehearse"  # key of `Subject.shared`: a function that rehearses the step, handed in by whoever has a learner
SINGULAR = "factor.singular"
PARTS = ("size", "total", "arriving", "born", "shrinkage")
KEEPERS = {"forget_gate": -1, "update_gate": 0, "carry_gate": 0}  # gate -> which of the states it keeps

BY_OUTPUT: dict[str, Callable[[Tensor], Tensor]] = {  # |phi'| by what phi gave
    "tanh": lambda u: 1 - u.square(),
    "sigmoid": lambda u: u * (1 - u),
    "relu": lambda u: (u > 0).to(u.dtype),
    "leaky": lambda u: torch.where(u > 0, 1.0, 0.01).to(u.dtype),
}


@dataclass(frozen=True)
class Rehearsal:
    """An optimiser step on the probe, made by a copy of the run's learner.

    Attributes
    ----------
    step
        loss before (nats), norm of the whole gradient before clipping, share that clipping kept, limit (0: none),
        learning rate, loss after (nats).
    tensors
        by parameter: norms of gradient (before clipping), weight and update, and update / weight.
    """

    step: tuple[float, ...]
    tensors: Mapping[str, tuple[float, ...]]


@analyses.register("backprop_steps")
class BackpropSteps(Analysis):
    """Norms (batch, t); figures of the step (value,)."""

    provides = (f"{PREFIX}*",)
    cost = "budget"

    def serves(self, model: Model) -> bool:
        return isinstance(model, RecurrentModel | UnrolledModel) and model.interface.structure == "chain"

    def names(self, model: Model) -> tuple[str, ...]:
        """Without the rehearsed figures: a model alone has no optimiser."""
        if not self.serves(model):
            return ()
        assert isinstance(model, RecurrentModel | UnrolledModel)
        sites = [f"{PREFIX}layers.*.{state}" for state in model.states]
        factors = [f"{sites[at]}.factor.{gate}" for gate, at in KEEPERS.items() if f"layers.*.{gate}" in model.provides]
        slope = [f"{sites[0]}.factor.slope"] if has_slope(model) else []
        singular = [f"{site}.{SINGULAR}" for site in sites]
        return (f"{PREFIX}losses", *(f"{s}.{part}" for s in sites for part in PARTS), *factors, *slope, *singular)

    def compute(self, subject: Subject, wants: frozenset[str]) -> dict[str, TracedArray]:
        return self.joined(subject, wants)

    def slices(self, subject: Subject, wants: frozenset[str]) -> Iterator[dict[str, TracedArray] | None]:
        for found in _pieces(subject, wants):
            yield {name: array for name, array in found.items() if matches(name, wants)}


def _pieces(subject: Subject, wants: frozenset[str]) -> Iterator[dict[str, TracedArray]]:
    """What the states say, what each Jacobian does, and the rehearsed step."""
    if matches(f"{PREFIX}*", wants):
        losses = subject.trace.losses.detach()
        found = {f"{PREFIX}losses": TracedArray(losses, ("batch", row_axis(subject.batch)))}
        for site, parts in backward_parts(subject).items():
            state = subject.trace.arrays[site].values  # (B, T, H)
            figures = {"size": state.square().mean(dim=-1).sqrt(), **parts.norms()}
            found |= {f"{PREFIX}{site}.{name}": TracedArray(v, ("batch", "t")) for name, v in figures.items()}
        for name, values in factors(subject).items():
            found[PREFIX + name] = TracedArray(values.mean(dim=-1), ("batch", "t"))  # (B, T, H) -> (B, T)
        yield found
        yield from largest_singular(subject, wants)
        rehearse: Callable[[], Rehearsal] | None = subject.shared.get(REHEARSE)
        if rehearse is not None:
            yield figures_of(rehearse())


def figures_of(rehearsal: Rehearsal) -> dict[str, TracedArray]:
    """The rehearsed step as arrays: they belong to the model, not to a sequence."""

    def row(values: tuple[float, ...]) -> TracedArray:
        return TracedArray(torch.tensor(values, dtype=torch.float64), ("value",))

    updates = {f"{PREFIX}update.{name}": row(values) for name, values in rehearsal.tensors.items()}
    return {f"{PREFIX}step": row(rehearsal.step), **updates}


def largest_singular(subject: Subject, wants: frozenset[str]) -> Iterator[dict[str, TracedArray]]:
    """Of each one-step Jacobian, where asked for: dear. Nan at positions left out of a layer too wide for all."""
    model = subject.model
    assert isinstance(model, RecurrentModel | UnrolledModel)
    for layer, state in ((layer, state) for layer in range(model.n_layers) for state in model.states):
        name = f"{PREFIX}layers.{layer}.{state}.{SINGULAR}"
        if matches(name, wants):
            jacobians = layer_jacobians(subject, layer, state)  # (B, T, H, H)
            yield {}
            count, size = jacobians.shape[1:3]
            chosen = spread(1, count - 1, affordable(count - 1, size))
            values = jacobians.new_full(jacobians.shape[:2], math.nan)  # (B, T)
            if chosen:
                values[:, chosen] = singular_values(jacobians[:, chosen])[..., 0]
            yield {name: TracedArray(values, ("batch", "t"))}


def has_slope(model: RecurrentModel | UnrolledModel) -> bool:
    """Whether one function squashes the state of this model at each step."""
    named = [f"layers.*.{name}" for name in ("cell_state", "candidate")]
    return getattr(model.config, "activation", None) is not None or any(name in model.provides for name in named)


def factors(subject: Subject) -> dict[str, Tensor]:
    """By name without prefix, (B, T, H): what one reads off the equations."""
    model, arrays = subject.model, subject.trace.arrays
    assert isinstance(model, RecurrentModel | UnrolledModel)
    found: dict[str, Tensor] = {}
    for layer in range(model.n_layers):
        here = {name: arrays[key].values for key in arrays if (name := key.removeprefix(f"layers.{layer}.")) != key}
        for gate, at in KEEPERS.items():
            if gate in here:
                found[f"layers.{layer}.{model.states[at]}.factor.{gate}"] = here[gate]
        slope = _slope(subject, layer, here)
        if slope is not None:
            found[f"layers.{layer}.{model.states[0]}.factor.slope"] = slope
    return found


def _slope(subject: Subject, layer: int, here: Mapping[str, Tensor]) -> Tensor | None:
    """|phi'| at every unit (B, T, H) of what squashes a state: tanh of the cell or candidate, else as chosen."""
    model = subject.model
    if "cell_state" in here:
        return 1 - torch.tanh(here.get("normalised_cell", here["cell_state"])).square()
    if "candidate" in here:
        return 1 - here["candidate"].square()
    if isinstance(model, RecurrentModel):
        steps = layer_slopes(model, subject.trace, layer)
        return torch.stack([step["activation"] for step in steps], dim=1) if "activation" in steps[0] else None
    u = here.get("added", here["hidden_state"])  # what came out of phi, before it joined a lane past it
    slope = BY_OUTPUT.get(getattr(getattr(model, "config", None), "activation", ""))
    return slope(u) if slope is not None else None
