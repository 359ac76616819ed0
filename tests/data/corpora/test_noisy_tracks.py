from __future__ import annotations

import numpy as np
import pytest

from seqviz.data.corpora import corpora
from seqviz.data.corpora.noisy_tracks import NoisyTracksConfig


def read(**knobs):
    return corpora.get("noisy_tracks")(NoisyTracksConfig(**knobs)).read()


def test_without_process_noise_the_truth_runs_in_straight_lines():
    truth = read(process_noise=0.0).train_truth
    steps = np.diff(truth, axis=1)
    np.testing.assert_allclose(steps, np.broadcast_to(steps[:, :1], steps.shape), atol=1e-4)


def test_measurements_miss_the_truth_by_the_stated_noise():
    content = read(measurement_noise=2.5)
    misses = content.train_observed - content.train_truth
    assert misses.std() == pytest.approx(2.5, rel=0.02)
    assert content.noise == 2.5


def test_the_velocity_changes_by_the_process_noise_each_step():
    change = np.diff(read(process_noise=0.3).train_truth, n=2, axis=1)
    assert change.std() == pytest.approx(0.3, rel=0.02)


def test_arrays_are_float32_and_reproducible():
    content = read(samples=50, length=12)
    assert content.train_observed.shape == content.train_truth.shape == (50, 12, 2)
    assert content.valid_observed.shape == (5, 12, 2)
    assert content.train_observed.dtype == np.float32
    assert content.sha256 == read(samples=50, length=12).sha256
