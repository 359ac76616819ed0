"""The run as the window keeps it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqviz.core.events import Evaluated, KnobChanged, RunPaused, StepMetrics
from seqviz.gui.history import Curve, History, RunningMean, Series


def metrics(step: int, loss: float = 1.0, clip_scale: float = 1.0, norms: np.ndarray | None = None) -> StepMetrics:
    return StepMetrics(step, step, 0.0, loss, 1.0, clip_scale, 1e-3, norms)


def series_of(values: list[float]) -> Series:
    series = Series()
    series.extend(np.array(values))
    return series


def test_a_series_keeps_every_value_past_its_first_room() -> None:
    series = Series()
    for value in range(3000):
        series.append(value)
    series.extend(np.arange(3000.0, 9000.0))
    assert np.array_equal(series.values, np.arange(9000.0))


@given(st.lists(st.floats(-10, 10) | st.just(float("nan")), min_size=1, max_size=40), st.data())
def test_a_running_mean_equals_the_mean_of_the_finite_values(values: list[float], data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(values) - 1))
    end = data.draw(st.integers(start + 1, len(values)))
    found = RunningMean(series_of(values)).between(np.array([start]), np.array([end]))[0]
    finite = [v for v in values[start:end] if np.isfinite(v)]
    assert found == pytest.approx(np.mean(finite), abs=1e-9) if finite else np.isnan(found)


def test_a_running_mean_takes_in_what_came_after_it_was_asked() -> None:
    series = series_of([1.0, 3.0])
    means = RunningMean(series)
    assert means.between(np.array([0]), np.array([2]))[0] == 2.0
    series.append(8.0)
    assert means.between(np.array([0]), np.array([3]))[0] == 4.0


def test_smoothing_averages_the_last_share_of_the_steps() -> None:
    steps, losses = series_of([float(n) for n in range(1, 101)]), series_of([float(n) for n in range(1, 101)])
    curve = Curve(steps, losses)
    assert curve.smoothed(np.array([100.0]), 0.1)[0] == pytest.approx(np.mean(range(91, 101)))


def test_without_smoothing_the_curve_is_the_raw_value() -> None:
    curve = Curve(series_of([1.0, 2.0, 3.0]), series_of([5.0, 7.0, 6.0]))
    assert curve.smoothed(np.array([1.0, 2.0, 3.0]), 0.0).tolist() == [5.0, 7.0, 6.0]


def test_a_single_spike_is_in_the_pyramid_of_its_curve() -> None:
    history = History()
    for step in range(1, 5001):
        history.apply(metrics(step, loss=50.0 if step == 3210 else 1.0))
    _, _, highs = history.curve("loss").pyramid.visible(1, 5000, 100)
    assert highs.max() == 50.0


def test_validation_losses_are_a_curve_of_their_own() -> None:
    history = History()
    history.apply(Evaluated(100, 1.5, full=False))
    history.apply(Evaluated(200, 1.25, full=True))
    assert history.curve("valid").pyramid.last == (200.0, 1.25)
    assert len(history.evaluations) == 2


def test_layer_means_are_geometric_and_rows_before_the_first_are_empty() -> None:
    history = History()
    history.apply(metrics(1))
    history.apply(metrics(2, norms=np.array([0.1, 1.0])))
    history.apply(metrics(3, norms=np.array([10.0, 1.0])))
    means = history.layer_means()
    assert means is not None
    found = means.between(np.array([0, 1]), np.array([1, 3]))
    assert np.isnan(found[0]).all()
    assert found[1] == pytest.approx([0.0, 0.0])


def test_the_clipped_share_counts_steps_whose_gradient_was_scaled() -> None:
    history = History()
    assert history.clipped_share() is None
    for step in range(1, 5):
        history.apply(metrics(step, clip_scale=0.5 if step == 2 else 1.0))
    assert history.clipped_share() == 0.25


def test_the_revision_grows_with_history_only() -> None:
    history = History()
    history.apply(RunPaused(1))
    assert history.revision == 0
    history.apply(KnobChanged(1, "training.clip_norm", 1.0, 2.0))
    assert history.revision == 1
