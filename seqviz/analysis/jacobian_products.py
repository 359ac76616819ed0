"""How much of a gradient can come back over a distance: the norm of d state_t / d state_k, beside its bounds.

    d h_t / d h_k = J_t J_{t-1} ... J_{k+1},        || . || its largest singular value

    bound           (||W_hh|| gamma)^(t-k)          gamma the steepest slope there is (tanh, ReLU: 1)
    bound_seen      (||W_hh|| max f')^(t-k)         the steepest slope at any unit and position of this text
    bound_steepest  (max_t ||J_t||)^(t-k)           gated cells: an open gate carries the state past every matrix, so
                                                    no number of the weights alone bounds a step from above by less
                                                    than 1. With two states: powers of the 2 x 2 matrix of the largest
                                                    norms of each block, which bounds the norms of a product's blocks

Of a layer with two states the product goes through both, as the gradient does: d h_t / d h_k is a block of the product
of the whole (h, c) Jacobians, not the product of the blocks d h_t / d h_{t-1}.
Bengio, Simard and Frasconi 1994; Pascanu, Mikolov and Bengio 2013, equations 5 to 7.

Axes: B batch, T positions, E ends (values of t), D distances, S all states.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Iterator

import torch
from torch import Tensor

from seqviz.analysis import Analysis, Subject, analyses, matches
from seqviz.analysis.backward_scan import all_slopes
from seqviz.analysis.jacobians import has_steps, joint_jacobians, largest_singular_value, part, spread, step_names
from seqviz.models.base import Model
from seqviz.models.recurrent import RecurrentModel
from seqviz.models.trace import TracedArray
from seqviz.models.unrolled import UnrolledModel

NORMS = 320 * 128**3  # what the norms of a picture may cost: so many products of a 128-unit layer
MOST_ENDS, FEWEST_ENDS = 12, 2
LOW, HIGH = 0.1, 0.9  # the band over positions
FEWEST_DISTANCES = 8
PIECES = 3  # of the norms of one state of a layer


def plan(count: int, size: int) -> tuple[list[int], list[int]]:
    """(ends, distances) that may be looked at in `count` positions of a layer `size` wide.

    Ends lie evenly over the positions; all distances where they can be afforded, else ever wider apart.
    """
    afforded = max(NORMS // size**3, FEWEST_ENDS * FEWEST_DISTANCES)
    ends = spread(1, count - 1, min(MOST_ENDS, max(FEWEST_ENDS, 2 * afforded // max(count, 1))))
    wanted = max(2 * afforded // max(len(ends), 1), FEWEST_DISTANCES)
    if count - 1 <= wanted:
        return ends, list(range(count))
    powers = torch.logspace(0, math.log10(count - 1), wanted).round().int().tolist()
    return ends, sorted({0, *powers})


@torch.no_grad()
def product_norms(joint: Tensor, rows: slice, ends: list[int], distances: list[int]) -> Tensor:
    """Norms of the block `rows` of every product back from each end: (T, S, S) -> (E, T), nan where none was taken.

    Kept at size 1 with the logarithm of what was taken out beside them, so that neither 200 shrinking steps nor 200
    growing ones leave the range of numbers.
    """
    count, size = joint.shape[0], joint.shape[-1]
    found = joint.new_full((len(ends), count), math.nan)
    if not ends:
        return found
    going = torch.tensor(ends, device=joint.device)  # (E,)
    chain = torch.eye(size, dtype=joint.dtype, device=joint.device)[rows].expand(len(ends), -1, -1)  # (E, H, S)
    logs = joint.new_zeros(len(ends))
    for distance in range(count):
        alive = going >= distance  # position t - d is there
        if distance in distances:
            found[alive, distance] = largest_singular_value(chain[alive][..., rows]) * logs[alive].exp()
        step = (going - distance).clamp_min(1)  # dead ones go on with something, unseen
        chain = chain @ joint[step]  # (E, H, S)
        scale = chain.abs().amax(dim=(-2, -1))  # (E,)
        fits = torch.isfinite(scale) & (scale > 0)
        chain = chain / torch.where(fits, scale, 1.0)[:, None, None]
        logs = logs + torch.where(fits, scale, 1.0).log()
    return found


def mean_and_band(norms: Tensor) -> Tensor:
    """(N, T) with nan -> (T, 3): mean, and the 10 % and 90 % points over positions; nan where nothing is known."""
    spots = torch.tensor([LOW, HIGH], dtype=norms.dtype, device=norms.device)
    if not len(norms):  # a probe of one position
        return norms.new_full((norms.shape[1], 3), math.nan)
    known = torch.where(torch.isfinite(norms), norms, math.nan)
    return torch.stack([norms.nanmean(dim=0), *torch.nanquantile(known, spots, dim=0)], dim=1)


@torch.no_grad()
def slope_bounds(subject: Subject, layer: int) -> tuple[Tensor, Tensor] | None:
    """(base of `bound`, base of `bound_seen`), numbers; None where gates decide."""
    model = subject.model
    if not isinstance(model, RecurrentModel) or model.steepest_slope is None:
        return None
    norm = largest_singular_value(model.weights(layer).w_hh.unsqueeze(0))[0]
    seen = all_slopes(model, subject.trace, layer)["activation"].abs().max()
    return norm * model.steepest_slope, norm * seen


@torch.no_grad()
def steepest_steps(joint: Tensor, states: int) -> Tensor:
    """Largest norm of each block over all steps: (B, T, S, S) -> (states, states).

    Of wide layers a larger number that costs next to nothing: ||A|| <= sqrt(||A||_1 ||A||_inf) and <= ||A||_F.
    """
    blocks = joint[:, 1:].unflatten(3, (states, -1)).unflatten(2, (states, -1))  # (B, T-1, P, H, P, H)
    if not blocks.shape[1]:
        return joint.new_full((states, states), math.nan)
    blocks = blocks.transpose(3, 4)  # (B, T-1, P, P, H, H)
    dear = blocks.shape[1] * states**2 > NORMS // blocks.shape[-1] ** 3
    return (_norm_at_most(blocks) if dear else largest_singular_value(blocks)).amax(dim=(0, 1))  # (P, P)


def _norm_at_most(matrices: Tensor) -> Tensor:
    """(..., N, N) -> (...)."""
    sizes = matrices.abs()
    mixed = (sizes.sum(dim=-1).amax(dim=-1) * sizes.sum(dim=-2).amax(dim=-1)).sqrt()
    return torch.minimum(mixed, torch.linalg.matrix_norm(matrices))


def powers_of(base: Tensor, row: int, count: int) -> Tensor:
    """Diagonal element `row` of the powers 0 ... count - 1 of a (P, P) matrix, in double precision: (count,)."""
    power, found = torch.eye(len(base), dtype=torch.float64, device=base.device), []
    for _ in range(count):
        found.append(power[row, row])
        power = power @ base.double()
    return torch.stack(found)


@analyses.register("jacobian_products")
class JacobianProducts(Analysis):
    """`product` (batch, distance, [mean, 10 %, 90 %]) over positions, and bounds (batch, distance).

    The batch axis has length 1: mean and band are over the sequences, too.
    """

    provides = ("jacobian.*.product", "jacobian.*.bound", "jacobian.*.bound_seen", "jacobian.*.bound_steepest")
    cost = "budget"

    def serves(self, model: Model) -> bool:
        return has_steps(model)

    def names(self, model: Model) -> tuple[str, ...]:
        if not self.serves(model):
            return ()
        by_slope = isinstance(model, RecurrentModel) and model.steepest_slope is not None
        bounds = ("bound", "bound_seen") if by_slope else ("bound_steepest",)
        every = [name for what in ("product", *bounds) for name in step_names(model, what)]
        return tuple(name for name in every if ".state." not in name)

    def compute(self, subject: Subject, wants: frozenset[str]) -> dict[str, TracedArray]:
        return self.joined(subject, wants)

    def slices(self, subject: Subject, wants: frozenset[str]) -> Iterator[dict[str, TracedArray] | None]:
        model = subject.model
        assert isinstance(model, RecurrentModel | UnrolledModel)
        for layer in range(model.n_layers):
            for which in model.states:
                prefix = f"jacobian.layers.{layer}.{which}."
                if any(matches(prefix + what.rsplit(".", 1)[1], wants) for what in self.provides):
                    curves = yield from _curves(subject, layer, which)
                    yield {prefix + what: curve for what, curve in curves.items() if matches(prefix + what, wants)}


def _curves(subject: Subject, layer: int, which: str) -> Generator[None, None, dict[str, TracedArray]]:
    """Product and bounds of one state of one layer, in pieces of some ends each."""
    joint = joint_jacobians(subject, layer)  # (B, T, S, S)
    yield
    count, size = joint.shape[1], joint.shape[-1]
    states = getattr(subject.model, "states", ())
    ends, distances = plan(count, size)
    rows = part(subject.model, which, size)
    at_once = max(1, -(-len(ends) // PIECES))
    pieces = []
    for one in joint:
        for first in range(0, max(len(ends), 1), at_once):
            pieces.append(product_norms(one, rows, ends[first : first + at_once], distances))
            yield
    norms = torch.cat(pieces)  # (B*E, T)
    curve = mean_and_band(norms.double())
    found = {"product": TracedArray(curve.unsqueeze(0), ("batch", "distance", "figure"))}
    bases = slope_bounds(subject, layer)
    if bases is not None:
        named = {"bound": bases[0].reshape(1, 1), "bound_seen": bases[1].reshape(1, 1)}
    else:
        named = {"bound_steepest": steepest_steps(joint, len(states))}
    for name, base in named.items():
        row = states.index(which) if len(base) > 1 else 0
        found[name] = TracedArray(powers_of(base, row, count).unsqueeze(0), ("batch", "distance"))
    return found
