from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from seqviz.data.corpora.noisy_tracks import NoisyTracks, NoisyTracksConfig
from seqviz.data.tasks import TaskConfig, tasks
from seqviz.models.output import Gaussian, Output


@pytest.fixture
def task():
    content = NoisyTracks(NoisyTracksConfig(samples=2000, length=15, measurement_noise=2.0)).read()
    return tasks.get("tracking")(TaskConfig(), content, 64)


def everything(task):
    return task.batch_of("train", np.arange(2000)).convert(torch.from_numpy)


def test_rmse_is_the_root_of_the_mean_squared_distance_over_all_batches(task):
    batch = everything(task)
    believing = Output(Gaussian(batch.inputs["vectors"].values))
    squared, steps = task.metrics(believing, batch)["rmse"]
    rmse = task.figures({"rmse": squared / steps})["rmse"]
    assert rmse == pytest.approx(2.0 * math.sqrt(2), rel=0.02)


def test_believing_each_measurement_costs_its_baseline(task):
    batch = everything(task)
    total, count = task.objective(Output(Gaussian(batch.inputs["vectors"].values, 2.0)), batch)
    (line,) = task.baselines()
    assert float(total / count) == pytest.approx(line.nats, abs=0.02)


def test_a_number_shows_that_validation_track(task):
    batch, _ = task.probe("2")
    assert np.array_equal(batch.targets["vectors"].values[0], task.content.valid_truth[1])
    assert batch.rulers["t"].labels == tuple(map(str, range(1, 16)))


def test_typed_measurements_are_a_track_without_a_known_truth(task):
    batch, _ = task.probe("0,0 1,1.5 2,-3")
    np.testing.assert_allclose(batch.inputs["vectors"].values, [[[0, 0], [1, 1.5], [2, -3]]])
    assert not batch.targets["vectors"].mask.any()


@pytest.mark.parametrize("text", ["", "0", "201", "-1", "here", "²", "1,2 x,y", "1,2,3", "1,nan", "1,2 " * 16])
def test_anything_else_is_refused_in_one_line(task, text):
    with pytest.raises(ValueError, match="^probe: ") as error:
        task.probe(text)
    assert "\n" not in str(error.value)


def test_nets_see_numbers_of_size_one_by_the_scale_of_the_training_split(task):
    for space, values in ((task.interface.inputs, task.content.train_observed),
                          (task.interface.outputs, task.content.train_truth)):  # fmt: skip
        assert np.square(values / space.scale).mean() == pytest.approx(1.0, rel=1e-4)


def test_the_distance_of_the_measurements_themselves_stands_beside_that_of_the_estimate(task):
    batch = everything(task)
    perfect = Output(Gaussian(batch.targets["vectors"].values))
    found = task.figures({name: a / b for name, (a, b) in task.metrics(perfect, batch).items()})
    assert found["rmse"] == 0.0
    assert found["measured_rmse"] == pytest.approx(2.0 * math.sqrt(2), rel=0.02)
