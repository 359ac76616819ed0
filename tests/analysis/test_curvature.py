"""What is asked about the curvature: lines and plane are the loss itself at the places that they say."""

from __future__ import annotations

import pytest
import torch

from seqviz.analysis import Subject, analyses
from seqviz.analysis.loss_landscape import Landscape, flat, plane_of
from tests.analysis.small_models import SMALL, build, text_batch

TINY = SMALL | {"d_hidden": 3, "d_embedding": 2}


@pytest.fixture(scope="module")
def asked():
    model, batch = build("lstm", **TINY), text_batch(2)
    here = flat(list(model.parameters()))
    generator = torch.Generator().manual_seed(5)
    drift = torch.randn(2, len(here), generator=generator, dtype=torch.float64)
    path = torch.stack([here + (4 - n) * 0.1 * drift[0] + (n % 2) * 0.05 * drift[1] for n in range(4)])
    subject = Subject(model, batch)
    subject.shared["path"] = ((0, 10, 20, 30), path)
    found = analyses.get("curvature")().compute(subject, frozenset({"curvature.*"}))
    return model, batch, path, {name: traced.values.double() for name, traced in found.items()}


def test_both_lines_pass_through_the_present_loss(asked):
    model, batch, _, found = asked
    landscape = Landscape(model, batch)
    for name in ("gradient", "random"):
        middle = int(found[f"curvature.line.{name}.distance"].abs().argmin())
        assert float(found[f"curvature.line.{name}.loss"][middle]) == pytest.approx(
            landscape.loss_at(landscape.here), abs=1e-6
        )


def test_the_gradient_line_falls_to_the_right_at_first(asked):
    found = asked[3]
    line = found["curvature.line.gradient.loss"]
    middle = int(found["curvature.line.gradient.distance"].abs().argmin())
    assert line[middle + 1] < line[middle] < line[middle - 1]


def test_the_gradient_line_has_the_slope_of_the_gradient(asked):
    model, batch, _, found = asked
    landscape = Landscape(model, batch)
    step = 1e-6
    downhill = -landscape.gradient() / landscape.gradient().norm() * landscape.here.norm()
    slope = (landscape.loss_at(landscape.here + step * downhill) - landscape.loss_at(landscape.here)) / step
    assert slope == pytest.approx(-float(landscape.gradient().norm() * landscape.here.norm()), rel=1e-3)
    distance, loss = found["curvature.line.gradient.distance"], found["curvature.line.gradient.loss"]
    place = int(distance.abs().argmin()) + 2
    assert float(loss[place]) == pytest.approx(
        landscape.loss_at(landscape.here + float(distance[place]) * downhill), rel=1e-5
    )


def test_the_plane_is_the_loss_at_its_grid_points(asked):
    model, batch, path, found = asked
    landscape = Landscape(model, batch)
    directions, _, _ = plane_of(torch.cat([path, landscape.here.unsqueeze(0)]))
    x, y = float(found["curvature.slice.x"][3]), float(found["curvature.slice.y"][9])
    point = landscape.here + landscape.here.norm() * (x * directions[0] + y * directions[1])
    assert float(found["curvature.slice.loss"][9, 3]) == pytest.approx(landscape.loss_at(point), rel=1e-6)


def test_every_point_of_the_random_line_is_the_loss_there(asked):
    model, batch, _, found = asked
    landscape = Landscape(model, batch)
    direction = landscape.random_direction()
    direction = direction / direction.norm() * landscape.here.norm()
    distances, losses = found["curvature.line.random.distance"], found["curvature.line.random.loss"]
    for place in (0, 7, len(distances) - 1):
        plain = landscape.loss_at(landscape.here + float(distances[place]) * direction)
        assert float(losses[place]) == pytest.approx(plain, rel=1e-5)
    assert float(distances[-1]) == -float(distances[0]) > 0


def test_the_path_lies_in_the_plane_in_lengths_of_the_weights(asked):
    model, batch, path, found = asked
    here = Landscape(model, batch).here
    directions, _, _ = plane_of(torch.cat([path, here.unsqueeze(0)]))
    for snapshot, place in zip([*path, here], found["curvature.slice.path"], strict=True):
        plain = directions @ (snapshot - here) / here.norm()
        assert torch.allclose(place, plain, atol=1e-9)
    xs, ys = found["curvature.slice.x"], found["curvature.slice.y"]
    places = found["curvature.slice.path"]
    assert xs[0] < places[:, 0].min() < places[:, 0].max() < xs[-1]
    assert ys[0] < places[:, 1].min() < places[:, 1].max() < ys[-1]


def test_the_plane_holds_a_path_of_two_dimensions_whole(asked):
    found = asked[3]
    assert float(found["curvature.slice.share"].sum()) == pytest.approx(1.0, abs=1e-6)
    assert found["curvature.slice.path_steps"].tolist() == [0, 10, 20, 30, -1]


def test_without_a_path_there_is_no_plane():
    found = analyses.get("curvature")().compute(
        Subject(build("rnn", **TINY), text_batch(1)), frozenset({"curvature.*"})
    )
    assert not [name for name in found if "slice" in name]
    assert "curvature.eigenvalue" in found
