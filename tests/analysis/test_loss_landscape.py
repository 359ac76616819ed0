"""Gradient, Hessian products and eigenvalues against plain second derivatives in float64; planes against numpy."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from seqviz.analysis import Subject, analyses
from seqviz.analysis.loss_landscape import Landscape, flat, largest_eigenvalue, plane_of
from tests.analysis.small_models import SMALL, build, text_batch

TINY = SMALL | {"d_hidden": 3, "d_embedding": 2}


def whole_hessian(landscape: Landscape) -> torch.Tensor:
    """Column by column, from finite differences of the gradient."""
    columns = []
    for index in range(len(landscape.here)):
        away = torch.zeros_like(landscape.here)
        away[index] = 1e-5
        columns.append(
            (gradient_at(landscape, landscape.here + away) - gradient_at(landscape, landscape.here - away)) / 2e-5
        )
    return torch.stack(columns, dim=1)


def gradient_at(landscape: Landscape, point: torch.Tensor) -> torch.Tensor:
    here, landscape.here = landscape.here, point
    found = landscape.gradient()
    landscape.here = here
    return found


@pytest.fixture
def landscape() -> Landscape:
    return Landscape(build("rnn", **TINY), text_batch(2))


def test_the_loss_here_is_the_mean_over_targets(landscape):
    trace = landscape.model.trace(landscape.batch)
    assert landscape.loss_at(landscape.here) == pytest.approx(
        float(trace.losses[~trace.losses.isnan()].mean()), abs=1e-12
    )


def test_the_gradient_equals_finite_differences_of_the_loss(landscape):
    found, step = landscape.gradient(), 1e-6
    for index in range(0, len(found), 7):
        away = torch.zeros_like(found)
        away[index] = step
        slope = (landscape.loss_at(landscape.here + away) - landscape.loss_at(landscape.here - away)) / (2 * step)
        assert slope == pytest.approx(float(found[index]), abs=1e-8)


@pytest.mark.parametrize("name", ["rnn", "lstm", "gru", "transformer"])
def test_hessian_products_equal_differences_of_the_gradient(name):
    landscape = Landscape(build(name, **TINY), text_batch(1))
    vector = torch.randn(len(landscape.here), generator=torch.Generator().manual_seed(3), dtype=torch.float64)
    step = 1e-7
    ahead, behind = (gradient_at(landscape, landscape.here + sign * step * vector) for sign in (1, -1))
    assert torch.allclose(landscape.hessian_product(vector), (ahead - behind) / (2 * step), atol=1e-6, rtol=1e-5)


def test_power_iteration_ends_at_the_largest_eigenvalue_of_the_whole_hessian(landscape):
    exact = torch.linalg.eigvalsh(whole_hessian(landscape))
    estimates = list(largest_eigenvalue(landscape, most=2000, tolerance=1e-5))
    assert estimates[-1][0] == pytest.approx(float(exact[-1]), rel=1e-3)
    assert estimates[-1][1] < 1e-4


class Bowl:
    """A landscape that is a known quadratic form."""

    def __init__(self, *eigenvalues: float) -> None:
        self.diagonal = torch.tensor(eigenvalues, dtype=torch.float64)
        self.here = torch.zeros(len(eigenvalues), dtype=torch.float64)

    def hessian_product(self, vector: torch.Tensor) -> torch.Tensor:
        return self.diagonal * vector


@pytest.mark.parametrize("eigenvalues", [(3.0, 1.0, 0.1), (3.0, -9.0, 0.5), (-1.0, -2.0, -5.0)])
def test_a_larger_negative_eigenvalue_does_not_hide_the_largest(eigenvalues):
    found = list(largest_eigenvalue(Bowl(*eigenvalues), most=500, tolerance=1e-6))  # type: ignore[arg-type]
    assert found[-1][0] == pytest.approx(max(eigenvalues), rel=1e-4)


@pytest.mark.parametrize("size", [1e-4, 1.0, 1e4])
@pytest.mark.parametrize("eigenvalues", [(3.0, 2.9, 0.1), (5.0, 1.0, -2.0)])
def test_every_residual_bounds_how_far_an_eigenvalue_is_as_a_share_of_the_estimate(eigenvalues, size):
    own = [size * value for value in eigenvalues]
    found = list(largest_eigenvalue(Bowl(*own), most=40, tolerance=1e-5))  # type: ignore[arg-type]
    plain = list(largest_eigenvalue(Bowl(*eigenvalues), most=40, tolerance=1e-5))  # type: ignore[arg-type]
    assert len(found) == len(plain)
    for (estimate, residual), (_, alike) in zip(found, plain, strict=True):
        nearest = min(abs(value - estimate) for value in own)
        assert nearest <= residual * abs(estimate) * (1 + 1e-9)
        assert residual == pytest.approx(alike, rel=1e-6)


def test_the_model_that_trains_is_only_read():
    model = build("lstm", **TINY)
    before, random = flat(list(model.parameters())), torch.get_rng_state()
    landscape = Landscape(model, text_batch(1))
    landscape.loss_at(landscape.here + 1.0)
    landscape.hessian_product(landscape.random_direction())
    list(largest_eigenvalue(landscape, most=2))
    assert torch.equal(flat(list(model.parameters())), before)
    assert torch.equal(torch.get_rng_state(), random)
    assert all(p.grad is None for p in model.parameters())


def test_a_scaled_direction_has_the_length_of_every_row_of_weights(landscape):
    direction = landscape.random_direction()
    parts = direction.split([w.numel() for w in landscape.weights])
    for weight, part in zip(landscape.weights, parts, strict=True):
        rows = (weight.shape[0], -1) if weight.ndim > 1 else (1, -1)
        assert torch.allclose(part.reshape(rows).norm(dim=1), weight.reshape(rows).norm(dim=1), atol=1e-12)


def test_the_plane_of_a_path_is_that_of_its_singular_vectors():
    path = torch.randn(6, 40, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    directions, places, shares = plane_of(path)
    away = (path - path[-1]).numpy()
    _, sizes, rows = np.linalg.svd(away, full_matrices=False)
    for axis in (0, 1):
        assert abs(float(directions[axis] @ torch.from_numpy(rows[axis]))) == pytest.approx(1.0, abs=1e-8)
    assert np.allclose(places.numpy(), away @ directions.numpy().T, atol=1e-8)
    assert np.allclose(shares.numpy(), sizes[:2] ** 2 / (sizes**2).sum(), atol=1e-10)
    assert torch.allclose(places[-1], torch.zeros(2, dtype=torch.float64), atol=1e-7)  # it ends at the origin


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_path_along_one_line_still_spans_a_plane(dtype):
    along = torch.randn(40, generator=torch.Generator().manual_seed(2), dtype=dtype)
    path = torch.stack([along * far for far in (3.0, 1.0, 2.0, 0.0)])
    directions, places, shares = plane_of(path)
    assert torch.allclose(directions @ directions.T, torch.eye(2, dtype=dtype), atol=1e-6)
    assert torch.allclose(places @ directions, path, atol=1e-5)
    assert shares.tolist() == pytest.approx([1.0, 0.0], abs=1e-6)


def test_a_path_of_enormous_weights_has_its_plane_too():
    path = torch.randn(5, 40, generator=torch.Generator().manual_seed(3))
    enormous, shares = plane_of(path * 1e30)[1:]
    _, places, known = plane_of(path)
    assert torch.allclose(enormous / 1e30, places, rtol=1e-4, atol=1e-5)
    assert torch.allclose(shares, known, rtol=1e-5)


@pytest.mark.parametrize("broken", [float("nan"), float("inf")])
def test_where_there_is_no_loss_there_is_nothing_to_measure(broken):
    model = build("rnn", **TINY)
    with torch.no_grad():
        next(model.parameters()).fill_(broken)
    with pytest.raises(ValueError, match="no finite number"):
        analyses.get("curvature")().compute(Subject(model, text_batch(2)), frozenset({"curvature.*"}))
