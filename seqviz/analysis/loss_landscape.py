"""The loss as a function of the weights, on one fixed batch, around where the weights are now.

Everything is computed on a double of the model: the model that trains is only read. The loss is the mean over all
targets of the batch, in nats, without dropout.

Directions are scaled tensor by tensor to the length of the weights they change (for every matrix: row by row), so that
a distance means the same in every layer: "filter normalisation", Li et al., "Visualizing the loss landscape of neural
nets", 2018. The plane through a path is spanned by its first two principal components (ibid., section 7).

Axes: P all weights in one row, N snapshots of a path.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator

import torch
from torch import Tensor, nn

from seqviz.core.batch import Batch
from seqviz.models.base import Context, NeuralModel, position_losses

Direction = Tensor  # (P,)
STRAIGHT = 1e-12  # a path whose second axis holds less than this share of the first one's is a line


class Landscape:
    """The loss around the weights of `model` on `batch` (tensors)."""

    def __init__(self, model: NeuralModel, batch: Batch) -> None:
        self.model, self.batch = copy.deepcopy(model).eval(), batch
        self.weights = [p for p in self.model.parameters() if p.requires_grad]
        self.here = flat(self.weights)  # (P,)

    def is_finite(self) -> bool:
        """Whether there is a loss at the present weights, and a gradient of it."""
        known = math.isfinite(self.loss_at(self.here)) and bool(torch.isfinite(self.here).all())
        return known and bool(torch.isfinite(self.gradient()).all())

    @torch.no_grad()
    def loss_at(self, point: Tensor) -> float:
        """Mean loss in nats per target at the weights `point` (P,)."""
        self._move(point)
        losses = position_losses(self.model.forward(self.batch, Context()), self.batch)  # (B, R)
        return float(torch.nanmean(losses))

    def gradient(self) -> Tensor:
        """(P,) of the mean loss at the present weights."""
        return flat(torch.autograd.grad(self._graph_loss(), self.weights, materialize_grads=True, allow_unused=True))

    def hessian_product(self, vector: Tensor) -> Tensor:
        """H v, (P,): the gradient of <gradient, v>, by differentiating twice (Pearlmutter, "Fast exact multiplication
        by the Hessian", 1994). Longhand: fused kernels cannot be differentiated twice.
        """
        first = torch.autograd.grad(
            self._graph_loss(), self.weights, create_graph=True, materialize_grads=True, allow_unused=True
        )
        along = torch.dot(torch.cat([g.reshape(-1) for g in first]), vector)
        return flat(torch.autograd.grad(along, self.weights, materialize_grads=True, allow_unused=True))

    def _graph_loss(self) -> Tensor:
        self._move(self.here)
        with torch.enable_grad():
            return torch.nanmean(self.model.trace(self.batch, keep_graph=True).losses)

    @torch.no_grad()
    def _move(self, point: Tensor) -> None:
        parts = point.split([weight.numel() for weight in self.weights])
        for weight, part in zip(self.weights, parts, strict=True):
            weight.copy_(part.view_as(weight))

    def scaled(self, direction: Tensor) -> Direction:
        """The direction with every row of every tensor as long as the row of weights it would change."""
        parts = direction.split([weight.numel() for weight in self.weights])
        here = self.here.split([weight.numel() for weight in self.weights])
        made = []
        for weight, part, own in zip(self.weights, parts, here, strict=True):
            rows = (weight.shape[0], -1) if weight.ndim > 1 else (1, -1)
            towards, length = part.reshape(rows), own.reshape(rows).norm(dim=1, keepdim=True)
            made.append((towards / towards.norm(dim=1, keepdim=True).clamp_min(1e-30) * length).reshape(-1))
        return torch.cat(made)

    def random_direction(self, seed: int = 0) -> Direction:
        """Normal in every weight, then scaled; its random numbers are its own."""
        generator = torch.Generator().manual_seed(seed)
        drawn = torch.randn(len(self.here), generator=generator, dtype=torch.float64)
        return self.scaled(drawn.to(self.here))


def flat(tensors: list[nn.Parameter] | tuple[Tensor, ...]) -> Tensor:
    """All in one row, a copy: (P,)."""
    return torch.cat([tensor.detach().reshape(-1) for tensor in tensors])


def largest_eigenvalue(
    landscape: Landscape, most: int = 100, tolerance: float = 1e-3, seed: int = 0
) -> Iterator[tuple[float, float]]:
    """Power iteration on the Hessian: (estimate, residual) after each product.

    The estimate is the Rayleigh quotient; the residual ||H v - estimate v|| / |estimate| bounds how far an eigenvalue
    is from it, as a share of it. It ends when the residual is below `tolerance`, or after `most` products. What power
    iteration finds is the eigenvalue of largest size; where that is negative, H is shifted by it and the iteration
    goes on towards the largest one.
    """
    generator = torch.Generator().manual_seed(seed)
    vector = torch.randn(len(landscape.here), generator=generator, dtype=torch.float64).to(landscape.here)
    vector = vector / vector.norm()
    shift = 0.0
    for _ in range(most):
        product = landscape.hessian_product(vector)
        estimate = float(torch.dot(vector, product))
        residual = float((product - estimate * vector).norm()) / max(abs(estimate), 1e-30)
        yield estimate, residual
        if residual < tolerance:
            if estimate >= 0 or shift:
                return
            shift = -estimate  # H + shift I has no negative eigenvalue: its largest belongs to H's largest
            vector = torch.randn(len(landscape.here), generator=generator, dtype=torch.float64).to(landscape.here)
        else:
            vector = product + shift * vector
        vector = vector / vector.norm().clamp_min(1e-30)


def plane_of(path: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The plane through the last point of a path that holds most of it.

    Parameters
    ----------
    path
        (N, P) weights in the order of training, N >= 3; the last row is where the plane's origin lies.

    Returns
    -------
    tuple
        directions (2, P), orthonormal; coordinates (N, 2) of the path; shares (2,) of the path's squared distances
        from the origin that each direction holds. Of a path along one line the second direction is a random one.
    """
    away = path.double() - path[-1].double()  # (N, P)
    gram = away @ away.T  # (N, N): N is small, P is not
    values, vectors = torch.linalg.eigh(gram)
    values, vectors = values.flip(0)[:2].clamp_min(0.0), vectors.flip(1)[:, :2]  # (2,), (N, 2)
    lengths = values.sqrt()
    directions = (vectors / lengths.clamp_min(1e-30)).T @ away  # (2, P)
    if values[1] <= STRAIGHT * values[0]:
        directions[1], lengths[1] = _beside(directions[0]), 0.0
    shares = values / gram.trace().clamp_min(1e-30)
    return directions.to(path), (vectors * lengths).to(path), shares.to(path)


def _beside(direction: Tensor) -> Tensor:
    """A direction (P,) of length 1 at right angles to a straight path's own, so that there is a plane to look at."""
    generator = torch.Generator().manual_seed(0)
    drawn = torch.randn(len(direction), generator=generator, dtype=torch.float64).to(direction)
    beside = drawn - torch.dot(drawn, direction) * direction
    return beside / beside.norm().clamp_min(1e-30)
