from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from seqviz.analysis import Subject, itemised
from seqviz.analysis.gradient_decay import GradientDecay, decay_curve, horizon, tail_half_life
from seqviz.analysis.gradient_map import GradientMap
from seqviz.analysis.windows import WindowMean
from seqviz.core.interface import Interface, Space
from seqviz.models.trace import TracedArray
from tests.analysis.small_models import SMALL, build, text_batch, vector_batch

EVERYTHING = frozenset({"*"})


def exponential_map(half_life: float, size: int = 40) -> np.ndarray:
    t, s = np.mgrid[:size, :size]
    return np.where(t >= s, 3.0 * 0.5 ** ((t - s) / half_life), np.nan)


@pytest.mark.parametrize("half_life", [1.3, 6.1, 10.5])
def test_an_exponential_map_gives_its_own_half_life_with_a_perfect_fit(half_life):
    curve = decay_curve(exponential_map(half_life))
    assert curve[0] == 1.0
    assert np.allclose(curve, 0.5 ** (np.arange(40) / half_life))
    found, fit = tail_half_life(curve)
    assert found == pytest.approx(half_life)
    assert fit == pytest.approx(1.0)


def test_the_half_life_ignores_how_much_is_lost_within_two_tokens():
    curve = 0.5 ** (np.arange(40) / 6.1)
    curve[3:] *= 0.01
    assert tail_half_life(curve)[0] == pytest.approx(6.1)


def test_a_noisy_tail_has_a_lower_fit():
    noise = np.exp(np.random.default_rng(0).normal(0, 1, 40))
    curve = 0.5 ** (np.arange(40) / 8) * noise
    _, fit = tail_half_life(curve)
    assert 0.3 < fit < 0.95


@pytest.mark.parametrize("curve", [np.ones(20), 1.1 ** np.arange(20)])
def test_a_tail_that_does_not_fall_never_halves(curve):
    assert tail_half_life(curve)[0] == math.inf


def test_too_short_a_tail_has_no_half_life():
    assert all(math.isnan(value) for value in tail_half_life(0.5 ** np.arange(5)))


def test_zeros_left_by_underflow_are_no_part_of_the_fit():
    curve = 0.5 ** np.arange(30.0)
    curve[20:] = 0.0
    assert tail_half_life(curve)[0] == pytest.approx(1.0)


def test_rows_without_target_do_not_count():
    with_gap = exponential_map(4.0)
    with_gap[-1] = np.nan
    curve = decay_curve(with_gap)
    assert np.allclose(curve[:-1], 0.5 ** (np.arange(39) / 4.0))
    assert np.isnan(curve[-1])  # only the last row had a cell that far away


def test_a_map_without_anything_at_distance_zero_has_no_curve():
    assert np.isnan(decay_curve(np.full((5, 5), np.nan))).all()
    assert np.isnan(decay_curve(np.zeros((5, 5)))).all()


def test_a_map_of_infinities_has_no_curve_and_warns_of_nothing():
    assert np.isnan(decay_curve(np.full((5, 5), np.inf))).all()


def test_the_horizon_is_where_the_curve_stays_below_one_percent():
    curve = np.array([1.0, 0.5, 0.005, 0.02, 0.009, 0.001])
    assert horizon(curve) == 4
    assert horizon(curve, share=0.1) == 2
    assert horizon(curve[:4]) == math.inf


def test_exponential_horizon():
    assert horizon(decay_curve(exponential_map(2.0))) == math.ceil(2 * math.log2(100))


def test_curve_and_numbers_come_from_the_very_map_that_is_shown(monkeypatch):
    subject = Subject(build("lstm", **SMALL), text_batch(2, positions=12))
    shown = GradientMap().compute(subject, EVERYTHING)["gradient.itemised.layers.0.cell_state"]
    monkeypatch.delattr(itemised, "scanned_itemised")  # a second computation would fail
    found = GradientDecay().compute(subject, EVERYTHING)
    curve = found["gradient.decay.layers.0.cell_state"]
    assert curve.axes == ("batch", "distance")
    assert np.array_equal(curve.values[0].numpy(), decay_curve(shown.values[0].numpy()), equal_nan=True)
    numbers = found["gradient.half_life.layers.0.cell_state"].values[0].tolist()
    assert numbers == [*tail_half_life(curve.values[0].numpy()), horizon(curve.values[0].numpy())]


def test_a_single_loss_at_the_end_has_a_map_but_no_curve():
    interface = Interface(Space("vectors", 2), Space("vectors", 1), "last_gaussian", 6)
    subject = Subject(build("gru", interface, **SMALL), vector_batch())
    assert GradientMap().compute(subject, EVERYTHING)["gradient.itemised.layers.0.hidden_state"].axes == (
        "batch",
        "out",
        "s",
    )
    assert GradientDecay().compute(subject, EVERYTHING) == {}


def test_numbers_over_windows_are_those_of_the_mean_curve():
    analysis, model = GradientDecay(), build("lstm", **SMALL)
    mean = WindowMean()
    curves = []
    for rows in (1, 2):
        found = analysis.compute(Subject(model, text_batch(rows, positions=12)), EVERYTHING)
        curves.append(found["gradient.decay.layers.0.hidden_state"].values[0])
        mean.add(found)
    found = analysis.finish(mean.means())
    curve = torch.stack(curves).mean(0).numpy()
    assert np.allclose(found["gradient.decay.layers.0.hidden_state"].values[0], curve, equal_nan=True)
    numbers = found["gradient.half_life.layers.0.hidden_state"].values[0].tolist()
    assert numbers == pytest.approx([*tail_half_life(curve), horizon(curve)])


def test_a_model_that_never_forgets_stays_at_infinity_over_windows():
    analysis, mean = GradientDecay(), WindowMean()
    level = TracedArray(torch.ones(1, 20, dtype=torch.float64), ("batch", "distance"))
    mean.add(analysis.finish({"gradient.decay.embedding": level}))
    numbers = analysis.finish(mean.means())["gradient.half_life.embedding"].values[0].tolist()
    assert numbers == [math.inf, 1.0, math.inf]


def test_a_map_that_sees_both_sides_decays_by_distance_on_both():
    places = np.arange(6)
    distance = places[:, None] - places[None, :]
    itemised = np.where(distance >= 0, 0.5 ** np.abs(distance), 0.25 ** np.abs(distance))
    expected = [(0.5**d + 0.25**d) / 2 for d in range(6)]
    np.testing.assert_allclose(decay_curve(itemised), expected)
    np.testing.assert_allclose(decay_curve(np.where(distance <= 0, itemised, np.nan)), [0.25**d for d in range(6)])


def test_what_would_halve_beyond_the_longest_distance_is_not_claimed():
    curve = decay_curve(exponential_map(200.0))
    assert tail_half_life(curve) == (np.inf, pytest.approx(1.0))
    assert tail_half_life(decay_curve(exponential_map(38.0)))[0] == pytest.approx(38.0)
