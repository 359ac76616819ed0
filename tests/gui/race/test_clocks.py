from __future__ import annotations

import math

import numpy as np
import pytest
from fake_race import lane

from seqviz.gui.race.clocks import CLOCKS, clock_named, large, times_of, train_curve, valid_curve


def test_every_clock_says_how_it_is_counted():
    assert [clock.name for clock in CLOCKS] == ["steps", "seconds", "tokens", "FLOPs"]
    assert all(clock.counted.endswith(".") for clock in CLOCKS)
    assert "times three" in clock_named("FLOPs").counted


@pytest.mark.parametrize(("name", "x"), [("steps", 10.0), ("seconds", 5.0), ("tokens", 1000.0), ("FLOPs", 50_000.0)])
def test_a_clock_shows_what_was_spent_by_that_step(name, x):
    racer = lane(0, "LSTM", {10: 2.0}, speed=0.5)
    assert times_of(racer, np.array([10.0]), clock_named(name)).tolist() == [x]


def test_losses_that_are_not_finite_are_no_points_of_the_curve():
    racer = lane(0, "LSTM", {1: math.inf, 2: 2.0, 3: math.nan, 4: 1.5})
    xs, ys = valid_curve(racer, clock_named("steps"))
    assert (xs.tolist(), ys.tolist()) == ([2.0, 4.0], [2.0, 1.5])


def test_before_the_first_step_there_are_no_curves():
    racer = lane(0, "LSTM", {})
    assert len(train_curve(racer, clock_named("seconds"))[0]) == 0
    assert len(valid_curve(racer, clock_named("seconds"))[0]) == 0


def test_the_training_curve_is_thinned_and_keeps_its_ends():
    racer = lane(0, "LSTM", {2000: 1.0})
    xs, ys = train_curve(racer, clock_named("steps"))
    assert len(xs) <= 160
    assert (xs[0], xs[-1]) == (1.0, 2000.0)
    assert np.isfinite(ys).all()


def test_large_numbers_are_written_as_powers():
    assert large(3.42e13) == "3.4 × 10¹³"
    assert large(1.2e6) == "1.2 M"
