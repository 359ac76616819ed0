"""The Jacobian of one step of a recurrent layer: J_t[i, j] = d state_t[i] / d state_{t-1}[j].

Rows are what comes out, columns what went in. What the layer reads at t is held: it is the path along the layer alone.
By its singular values a step stretches (above 1) or shrinks (below 1) whatever gradient goes back through it; the
largest is the most that it can do. Bengio, Simard and Frasconi, "Learning long-term dependencies with gradient descent
is difficult", 1994; Pascanu, Mikolov and Bengio, "On the difficulty of training recurrent neural networks", 2013.

A layer that carries two states (LSTM: h and c) has a Jacobian of four blocks:

    hidden_state    d h_t / d h_{t-1}, with c_{t-1} held
    cell_state      d c_t / d c_{t-1}, with h_{t-1} held: in a plain LSTM the forget gate, on the diagonal
    state           all four, of (h, c) together: the only one whose powers and products are those of the layer

At the first position the state before it is the start, zeros.

Axes: B batch, T positions, H hidden units, S = H times the number of states.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch
from torch import Tensor

from seqviz.analysis import Analysis, Subject, analyses, matches
from seqviz.analysis.backward_scan import all_slopes, one_later
from seqviz.models.base import Model
from seqviz.models.recurrent import RecurrentModel
from seqviz.models.trace import TracedArray
from seqviz.models.unrolled import UnrolledModel

WHOLE = "state"  # all carried states together
ROWS_AT_ONCE = 32  # outputs in one batched backward pass: bounds the memory
AFFORDED = 64 * 128**3  # what the singular values of a picture may cost: so many positions of a 128-unit layer

Stepwise = RecurrentModel | UnrolledModel  # what has a Jacobian from one position to the next


def layer_jacobians(subject: Subject, layer: int, which: str = "hidden_state") -> Tensor:
    """Every one-step Jacobian of a layer: (B, T, H, H), or (B, T, S, S) for all states together.

    Parameters
    ----------
    subject
        of a recurrent model (`has_steps`).
    layer
        counted from 0, the lowest.
    which
        a name in `model.states`, or "state" for all of them together.

    Returns
    -------
    Tensor
        J[b, t, i, j] = d state_t[i] / d state_{t-1}[j], in the model's precision.
    """
    joint = joint_jacobians(subject, layer)
    rows = part(subject.model, which, joint.shape[-1])
    return joint[..., rows, rows]


def has_steps(model: Model) -> bool:
    """Whether a layer's state is made from its state one position before, and from nothing later."""
    return isinstance(model, RecurrentModel | UnrolledModel)


def part(model: Model, which: str, size: int) -> slice:
    """Where one state lies among all states together: (S,)."""
    assert isinstance(model, RecurrentModel | UnrolledModel)
    if which == WHOLE:
        return slice(0, size)
    hidden = size // len(model.states)
    place = model.states.index(which)
    return slice(place * hidden, (place + 1) * hidden)


def parts_of(model: Model) -> tuple[str, ...]:
    """Names of the Jacobians a layer has: one by state, and of all states where there are several."""
    assert isinstance(model, RecurrentModel | UnrolledModel)
    return (*model.states, WHOLE) if len(model.states) > 1 else model.states


def joint_jacobians(subject: Subject, layer: int) -> Tensor:
    """All states by all states one position before: (B, T, S, S). Computed once per subject and layer.

    Nan where a state before or after the step is no finite number: a slope there would mean nothing.
    """
    key = f"jacobians.{layer}"
    if key not in subject.shared:
        by_hand = isinstance(subject.model, RecurrentModel)
        joint = pulled_back(subject, layer) if by_hand else by_graph(subject, layer)
        subject.shared[key] = joint.masked_fill(~_finite_steps(subject, layer)[..., None, None], math.nan)
    found: Tensor = subject.shared[key]
    return found


def _finite_steps(subject: Subject, layer: int) -> Tensor:
    """(B, T): whether all states around the step to t are finite."""
    assert isinstance(subject.model, RecurrentModel | UnrolledModel)
    states = [subject.trace.arrays[f"layers.{layer}.{name}"].values for name in subject.model.states]
    return torch.stack([torch.isfinite(s + one_later(s)).all(dim=-1) for s in states]).all(dim=0)


@torch.no_grad()
def pulled_back(subject: Subject, layer: int) -> Tensor:
    """By the cell's own `pull_back`, one gradient for each unit that comes out, all positions at once."""
    model = subject.model
    assert isinstance(model, RecurrentModel)
    weights = model.weights(layer)
    slopes = {name: values.unsqueeze(2) for name, values in all_slopes(model, subject.trace, layer).items()}
    like = subject.trace.arrays[f"layers.{layer}.{model.states[0]}"].values  # (B, T, H)
    one = torch.eye(like.shape[2], dtype=like.dtype, device=like.device).expand(*like.shape, like.shape[2])
    rows = []
    for out in model.states:
        asked = {name: one if name == out else torch.zeros_like(one) for name in model.states}
        _, back = model.pull_back(slopes, asked, weights)  # each (B, T, H, H)
        rows.append(torch.cat([back[name] for name in model.states], dim=-1))  # (B, T, H, S)
    return torch.cat(rows, dim=-2)  # (B, T, S, S)


@torch.enable_grad()
def by_graph(subject: Subject, layer: int) -> Tensor:
    """By autograd through the cell's longhand equations, all positions at once as if they were a batch."""
    model, trace = subject.model, subject.trace
    assert isinstance(model, UnrolledModel)
    below = [trace.arrays[f"layers.{k}.{model.states[0]}"].values for k in range(layer)]
    read = model.reads(trace.arrays["embedding"].values, below).flatten(0, 1)  # (B*T, I)
    before = {
        name: one_later(trace.arrays[f"layers.{layer}.{name}"].values).flatten(0, 1).requires_grad_()  # (B*T, H)
        for name in model.states
    }
    after = model.cell(layer).equations(read.detach(), before)
    rows = torch.cat([_rows(after[name], tuple(before.values())) for name in model.states], dim=1)  # (B*T, S, S)
    return rows.unflatten(0, trace.arrays[f"layers.{layer}.{model.states[0]}"].values.shape[:2])  # (B, T, S, S)


def _rows(out: Tensor, sources: tuple[Tensor, ...]) -> Tensor:
    """Of `out` by `sources`, where every row of the batch depends on its own row alone: (N, H) -> (N, H, S)."""
    found = []
    for units in torch.eye(out.shape[1], dtype=out.dtype, device=out.device).split(ROWS_AT_ONCE):
        asked = units.unsqueeze(1).expand(-1, out.shape[0], -1)  # (R, N, H)
        gradients = torch.autograd.grad(
            out, sources, asked, is_grads_batched=True, retain_graph=True, materialize_grads=True
        )
        found.append(torch.cat(gradients, dim=-1))  # (R, N, S)
    return torch.cat(found).transpose(0, 1)  # (N, H, S)


def singular_values(matrices: Tensor) -> Tensor:
    """Exact, the largest first: (..., N, N) -> (..., N); nan for matrices that hold nan or infinity.

    What is too small beside the largest for the precision of the numbers is 0: a direction that is cut off.
    """
    broken = ~torch.isfinite(matrices).all(dim=-1).all(dim=-1)  # (...)
    values = _all_of(matrices.masked_fill(broken[..., None, None], 0.0))
    smallest = values[..., :1] * matrices.shape[-1] * torch.finfo(matrices.dtype).eps
    return values.masked_fill(values < smallest, 0.0).masked_fill(broken.unsqueeze(-1), math.nan)


def _all_of(matrices: Tensor) -> Tensor:
    """(..., N, N) -> (..., N). LAPACK gives up on some matrices in single precision: near the identity, say."""
    try:
        return torch.linalg.svdvals(matrices)
    except RuntimeError:  # LinAlgError
        return torch.linalg.svdvals(matrices.double()).to(matrices.dtype)


def largest_singular_value(matrices: Tensor) -> Tensor:
    """Exact, in two thirds of the time of all of them: (..., M, N) -> (...); nan where a matrix is not finite.

    The root of the largest eigenvalue of A A^T, after A was brought to size 1 so that no square leaves the range.
    """
    size = matrices.abs().amax(dim=(-2, -1))  # (...)
    broken = ~torch.isfinite(size)
    unit = matrices / torch.where(broken | (size == 0), 1.0, size)[..., None, None]
    unit = unit.masked_fill(broken[..., None, None], 0.0)
    try:
        largest = torch.linalg.eigvalsh(unit @ unit.mT)[..., -1].clamp_min(0.0).sqrt()  # (...)
    except RuntimeError:  # LinAlgError
        largest = _all_of(unit)[..., 0]
    return torch.where(broken, math.nan, largest * size)


def affordable(count: int, size: int) -> int:
    """Of how many of `count` matrices (size, size) the singular values may be computed for one picture."""
    return min(count, max(4, AFFORDED // size**3))


def spread(first: int, last: int, count: int) -> list[int]:
    """At most `count` whole numbers from `first` to `last`, evenly spread, both ends among them."""
    if last < first:
        return []
    return sorted({round(float(x)) for x in torch.linspace(first, last, min(count, last - first + 1))})


@analyses.register("jacobians")
class Jacobians(Analysis):
    """Singular values (batch, t, rank) of each one-step Jacobian, the largest first.

    Nan at the first position, before which there is no state, and at positions left out where a layer is so wide that
    all of them would cost too much.
    """

    provides = ("jacobian.*.singular_values",)
    cost = "budget"

    def serves(self, model: Model) -> bool:
        return has_steps(model)

    def names(self, model: Model) -> tuple[str, ...]:
        return step_names(model, "singular_values") if self.serves(model) else ()

    def compute(self, subject: Subject, wants: frozenset[str]) -> dict[str, TracedArray]:
        return self.joined(subject, wants)

    def slices(self, subject: Subject, wants: frozenset[str]) -> Iterator[dict[str, TracedArray] | None]:
        assert isinstance(subject.model, RecurrentModel | UnrolledModel)
        for layer in range(subject.model.n_layers):
            for which in parts_of(subject.model):
                name = f"jacobian.layers.{layer}.{which}.singular_values"
                if matches(name, wants):
                    jacobians = layer_jacobians(subject, layer, which)
                    yield None
                    yield {name: TracedArray(_by_position(jacobians), ("batch", "t", "rank"))}


def step_names(model: Model, what: str) -> tuple[str, ...]:
    """`jacobian.layers.*.<which>.<what>` for each Jacobian the layers of a model have."""
    return tuple(f"jacobian.layers.*.{which}.{what}" for which in parts_of(model))


def _by_position(jacobians: Tensor) -> Tensor:
    """(B, T, N, N) -> (B, T, N)."""
    count, size = jacobians.shape[1], jacobians.shape[-1]
    chosen = spread(1, count - 1, affordable(count - 1, size))
    values = jacobians.new_full(jacobians.shape[:3], math.nan)
    if chosen:
        values[:, chosen] = singular_values(jacobians[:, chosen])
    return values
