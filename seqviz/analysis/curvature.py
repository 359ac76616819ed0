"""How steep and how bent the loss is around the weights: asked for, not watched, as it costs seconds.

curvature.eigenvalue      estimates of the Hessian's largest eigenvalue, one per product (iteration,)
curvature.residual        what each estimate may be off by, as a share of it (iteration,)
curvature.line.*          the loss along `gradient` (downhill is to the right) and `random`: `distance` (point,) in
                          lengths of the weights, `loss` (point,) in nats; each as far as the loss has doubled
curvature.slice.*         the loss on the plane that holds most of the path of training: `loss` (row, column) in nats,
                          `x`, `y` (column,), (row,) distances from the present weights in their length, `path`
                          (snapshot, 2), `path_steps` (snapshot,), `share` (2,) of the path that each axis holds

With gradient descent of rate eta a quadratic valley of curvature lambda is descended while lambda < 2 / eta: Cohen et
al., "Gradient descent on neural networks typically occurs at the edge of stability", 2021.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from seqviz.analysis import Analysis, Subject, analyses, matches
from seqviz.analysis.loss_landscape import Landscape, largest_eigenvalue, plane_of
from seqviz.models.base import Model, NeuralModel
from seqviz.models.trace import TracedArray

POINTS, FARTHEST, NEAREST = 20, 1.0, 1e-4  # of a line, each way; distances in lengths of the weights
GRID, MARGIN = 15, 0.35  # points of the plane each way; room around the path as a share of its extent
FEWEST = 3  # snapshots that make a plane
PRODUCTS = 100  # with the Hessian, at most
Found = dict[str, TracedArray]


@analyses.register("curvature")
class Curvature(Analysis):
    """Of one batch of validation sequences; `subject.shared["path"]`: (steps, weights (N, P)) where they were kept."""

    provides = ("curvature.*",)
    cost = "request"
    over_windows = True

    def serves(self, model: Model) -> bool:
        return isinstance(model, NeuralModel) and model.learns_by == "gradient"

    def compute(self, subject: Subject, wants: frozenset[str]) -> Found:
        found: Found = {}
        for part in self.slices(subject, wants):
            found |= part or {}
        return found

    def slices(self, subject: Subject, wants: frozenset[str]) -> Iterator[Found | None]:
        assert isinstance(subject.model, NeuralModel)
        landscape = Landscape(subject.model, subject.batch)
        if not landscape.is_finite():
            raise ValueError("the loss at the present weights is no finite number: nothing around it can be measured")
        if matches("curvature.line.*", wants):
            yield from _lines(landscape)
        if matches("curvature.slice.*", wants) and "path" in subject.shared:
            yield from _plane(landscape, *subject.shared["path"])
        if matches("curvature.eigenvalue", wants) or matches("curvature.residual", wants):
            yield from _eigenvalue(landscape)


def _eigenvalue(landscape: Landscape) -> Iterator[Found | None]:
    estimates: list[float] = []
    residuals: list[float] = []
    for estimate, residual in largest_eigenvalue(landscape, PRODUCTS):
        estimates.append(estimate)
        residuals.append(residual)
        yield None
    yield {
        "curvature.eigenvalue": _series(torch.tensor(estimates), "iteration"),
        "curvature.residual": _series(torch.tensor(residuals), "iteration"),
    }


def _lines(landscape: Landscape) -> Iterator[Found | None]:
    """Against the gradient itself, and along a random direction scaled row by row; both as long as the weights."""
    gradient, length = landscape.gradient(), landscape.here.norm()
    downhill = -gradient / gradient.norm().clamp_min(1e-30) * length
    random = landscape.random_direction()
    for name, direction in (("gradient", downhill), ("random", random / random.norm() * length)):
        distances = _reach(landscape, direction) * torch.linspace(-1, 1, 2 * POINTS + 1)
        losses = []
        for distance in distances.tolist():
            losses.append(landscape.loss_at(landscape.here + distance * direction))
            yield None
        yield {
            f"curvature.line.{name}.distance": _series(distances, "point"),
            f"curvature.line.{name}.loss": _series(torch.tensor(losses), "point"),
        }


def _reach(landscape: Landscape, direction: Tensor) -> float:
    """How far to look along a direction: as far as the loss has doubled on one side, at most `FARTHEST`."""
    here, far = landscape.loss_at(landscape.here), FARTHEST
    while far > NEAREST:
        ends = [landscape.loss_at(landscape.here + sign * far * direction) for sign in (1, -1)]
        if max(ends) <= here + abs(here):
            break
        far /= 2
    return far


def _plane(landscape: Landscape, steps: tuple[int, ...], weights: Tensor) -> Iterator[Found | None]:
    """The loss on a grid around the path, in the plane of its first two principal components."""
    path = torch.cat([weights.to(landscape.here), landscape.here.unsqueeze(0)])  # (N, P): it ends here
    if len(path) < FEWEST or not bool((path[0] != path[-1]).any()):
        return
    directions, places, shares = plane_of(path)
    length = landscape.here.norm()
    directions, places = directions * length, places / length  # distances in lengths of the weights
    xs, ys = (_around(places[:, axis]) for axis in (0, 1))
    losses = torch.zeros(GRID, GRID)
    for row, y in enumerate(ys.tolist()):
        for column, x in enumerate(xs.tolist()):
            losses[row, column] = landscape.loss_at(landscape.here + x * directions[0] + y * directions[1])
            yield None
    yield {
        "curvature.slice.loss": TracedArray(losses, ("row", "column")),
        "curvature.slice.x": _series(xs, "column"),
        "curvature.slice.y": _series(ys, "row"),
        "curvature.slice.path": TracedArray(places, ("snapshot", "axis")),
        "curvature.slice.path_steps": _series(torch.tensor([*steps, -1], dtype=torch.float64), "snapshot"),
        "curvature.slice.share": _series(shares, "axis"),
    }


def _around(places: Tensor) -> Tensor:
    """(GRID,) from end to end of the path with room around it; symmetrical where the path hardly moves."""
    low, high = float(places.min()), float(places.max())
    room = max(MARGIN * (high - low), 1e-3)
    return torch.linspace(low - room, high + room, GRID)


def _series(values: Tensor, axis: str) -> TracedArray:
    return TracedArray(values, (axis,))
