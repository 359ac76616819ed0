from __future__ import annotations

import numpy as np
import pytest
import torch

from seqviz.core.batch import Batch, Field
from seqviz.core.interface import Interface, Space
from seqviz.models.base import Context, architectures
from seqviz.models.kalman import KalmanConfig, KalmanFilter

CONFIG = KalmanConfig(process_noise=0.3, measurement_noise=0.7, prior_deviation=2.0)


def plane(size: int = 2) -> Interface:
    return Interface(Space("vectors", size), Space("vectors", size), "gaussian", 8)


def walk(rows: int = 3, steps: int = 8, size: int = 2) -> Batch:
    generator = torch.Generator().manual_seed(4)
    observed = torch.randn(rows, steps, size, generator=generator, dtype=torch.float64).cumsum(dim=1)
    truth = torch.randn(rows, steps, size, generator=generator, dtype=torch.float64)
    axes = ("batch", "t", "dim")
    return Batch({"vectors": Field(observed, axes)}, {"vectors": Field(truth, axes)})


def plain_loop(y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """One coordinate, written out: y (T,) -> positions (T,) and their deviations (T,)."""
    f, h = np.array([[1.0, 1.0], [0.0, 1.0]]), np.array([1.0, 0.0])
    m, p = np.zeros(2), CONFIG.prior_deviation**2 * np.eye(2)
    means, deviations = [], []
    for t, measured in enumerate(y):
        if t:
            m, p = f @ m, f @ p @ f.T + np.diag([0.0, CONFIG.process_noise**2])
        gain = p @ h / (h @ p @ h + CONFIG.measurement_noise**2)
        m, p = m + gain * (measured - h @ m), p - np.outer(gain, h @ p)
        means.append(m[0])
        deviations.append(np.sqrt(p[0, 0]))
    return np.array(means), np.array(deviations)


def by_conditioning(y: np.ndarray) -> tuple[float, float]:
    """Mean and deviation of the last position given all of y, from the joint Gaussian of everything at once."""
    steps = len(y)
    sources = 2 + steps - 1  # p_0, v_0 and the pushes; every position is a sum of them
    weights = np.zeros((steps, sources))
    for t in range(steps):
        weights[t, 0], weights[t, 1] = 1.0, t
        for push in range(1, t):
            weights[t, 1 + push] = t - push
    scale = np.array([CONFIG.prior_deviation] * 2 + [CONFIG.process_noise] * (steps - 1))
    positions = (weights * scale**2) @ weights.T
    seen = positions + CONFIG.measurement_noise**2 * np.eye(steps)
    trust = np.linalg.solve(seen, positions[:, -1])
    return float(trust @ y), float(np.sqrt(positions[-1, -1] - trust @ positions[:, -1]))


def test_it_equals_a_plain_loop_over_each_coordinate() -> None:
    batch = walk()
    predictive = KalmanFilter(CONFIG, plane()).forward(batch, Context()).predictive
    for row in range(3):
        for axis in range(2):
            mean, deviation = plain_loop(batch.inputs["vectors"].values[row, :, axis].numpy())
            np.testing.assert_allclose(predictive.mean[row, :, axis], mean, rtol=1e-10)
            np.testing.assert_allclose(predictive.deviation[row, :, axis], deviation, rtol=1e-10)


@pytest.mark.parametrize("steps", [1, 2, 3, 8])
def test_it_equals_conditioning_the_joint_gaussian_of_all_steps(steps: int) -> None:
    batch = walk(rows=1, steps=steps, size=1)
    predictive = KalmanFilter(CONFIG, plane(1)).forward(batch, Context()).predictive
    mean, deviation = by_conditioning(batch.inputs["vectors"].values[0, :, 0].numpy())
    assert float(predictive.mean[0, -1, 0]) == pytest.approx(mean, rel=1e-9)
    assert float(predictive.deviation[0, -1, 0]) == pytest.approx(deviation, rel=1e-9)


def test_the_trace_holds_a_belief_for_every_step() -> None:
    arrays = KalmanFilter(CONFIG, plane()).trace(walk()).arrays
    assert arrays["belief.mean"].values.shape == (3, 8, 4)
    assert arrays["belief.covariance"].values.shape == (8, 4, 4)
    assert arrays["belief.gain"].values.shape == (8, 4, 2)
    corrected = arrays["belief.predicted"].values + torch.einsum(
        "tdo,bto->btd", arrays["belief.gain"].values, arrays["belief.innovation"].values
    )
    torch.testing.assert_close(arrays["belief.mean"].values, corrected)


def test_exact_measurements_are_believed_and_useless_ones_are_not() -> None:
    batch = walk()
    exact = KalmanFilter(KalmanConfig(measurement_noise=0.001), plane()).forward(batch, Context()).predictive
    torch.testing.assert_close(exact.mean, batch.inputs["vectors"].values, atol=1e-2, rtol=0)
    deaf = KalmanFilter(KalmanConfig(measurement_noise=100.0), plane()).forward(batch, Context()).predictive
    assert float(deaf.mean.abs().max()) < 0.1


def test_single_precision_measurements_give_single_precision_estimates() -> None:
    batch = walk().convert(lambda tensor: tensor.float())
    predictive = KalmanFilter(CONFIG, plane()).forward(batch, Context()).predictive
    assert predictive.mean.dtype == predictive.deviation.dtype == torch.float32


def test_measuring_something_else_than_the_target_is_refused_in_one_line() -> None:
    with pytest.raises(ValueError, match=r"^model\.name: "):
        architectures.get("kalman")(KalmanConfig(), Interface(Space("vectors", 3), Space("vectors", 2), "gaussian", 8))


@pytest.mark.parametrize(
    ("changes", "at_fault"),
    [
        ({"measurement_noise": 0.0}, "measurement_noise"),
        ({"measurement_noise": 0.0, "process_noise": 0.0}, "measurement_noise"),
        ({"prior_deviation": 0.0, "process_noise": 0.0}, "prior_deviation"),
        ({"process_noise": 0.0}, ""),
        ({"measurement_noise": 0.001, "prior_deviation": 1000.0}, ""),
    ],
)
def test_a_filter_in_which_nothing_is_uncertain_is_refused(changes: dict[str, float], at_fault: str) -> None:
    config = KalmanConfig(**changes)
    if at_fault:
        with pytest.raises(ValueError, match=rf"^model\.{at_fault}: the covariance is singular.*$"):
            KalmanFilter(config, plane())
    else:
        predictive = KalmanFilter(config, plane()).forward(walk(), Context()).predictive
        assert bool(predictive.deviation.isfinite().all())


def test_rows_of_a_belief_have_names() -> None:
    assert KalmanFilter(CONFIG, plane()).trace(walk()).rulers["state"].labels == (
        "position x", "position y", "velocity x", "velocity y",
    )  # fmt: skip


def test_the_predicted_covariance_is_what_the_measurement_narrows() -> None:
    arrays = KalmanFilter(CONFIG, plane()).trace(walk()).arrays
    before, after = (arrays[f"belief.{name}"].values for name in ("predicted_covariance", "covariance"))
    assert before.shape == after.shape == (8, 4, 4)
    gain = arrays["belief.gain"].values  # (t, state, coordinate)
    torch.testing.assert_close(after, before - gain @ before[:, :2])
