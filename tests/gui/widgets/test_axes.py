"""Axes: places, ticks, ranges that seldom move."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqviz.gui.widgets.axes import (
    Axis,
    linear_ticks,
    log_ticks,
    spread_labels,
    step_axis,
    stepped_range,
)


@given(st.floats(1e-3, 1e3), st.floats(1.01, 1e6), st.floats(-0.5, 1.5), st.booleans())
def test_value_is_the_inverse_of_place(low, factor, place, log):
    axis = Axis(low, low * factor, log)
    assert axis.place(axis.value(place)) == pytest.approx(place, abs=1e-6)


@given(st.floats(-1e6, 1e6), st.floats(1e-6, 1e6))
def test_linear_axes_have_two_to_six_round_labels_inside(low, span):
    span = max(span, 1e-6 * abs(low))
    axis = Axis(low, low + span)
    ticks = linear_ticks(axis.low, axis.high)
    assert 2 <= len(ticks) <= 6
    assert all(axis.low - 1e-6 * span <= t <= axis.high + 1e-6 * span for t in ticks)


def test_log_axes_label_powers_of_ten_and_skip_some_when_there_are_many():
    assert log_ticks(1e-4, 1) == pytest.approx([1e-4, 1e-3, 1e-2, 0.1, 1])
    assert len(log_ticks(1e-12, 1)) <= 7
    assert len(log_ticks(2.0, 9.0)) >= 2


def test_linear_labels_share_their_number_of_decimals():
    assert [text for _, text in Axis(0, 1).labels()] == ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]
    assert [text for _, text in Axis(1, 6.3).labels()] == ["1", "2", "3", "4", "5", "6"]


@pytest.mark.parametrize(
    ("horizon", "labels"),
    [
        (5000, ["1", "10", "100", "1k", "5k"]),
        (10_000, ["1", "10", "100", "1k", "10k"]),
        (1200, ["1", "10", "100", "1.2k"]),
        (3, ["1", "10"]),
    ],
)
def test_step_axes_label_powers_of_ten_and_the_end(horizon, labels):
    assert [text for _, text in step_axis(horizon).labels()] == labels


def test_a_range_is_kept_until_a_value_leaves_it_or_it_is_far_too_wide():
    first = stepped_range(2.1, 6.2, None)
    assert first == (2.0, 6.5)
    assert stepped_range(2.0, 6.4, first) == first
    assert stepped_range(1.9, 6.4, first) == (1.5, 6.5)
    narrow = stepped_range(2.30, 2.35, first)
    assert narrow[1] - narrow[0] < 0.2


@given(st.floats(-1e9, 1e9), st.floats(0, 1e6))
def test_a_stepped_range_always_holds_its_data(low, span):
    bottom, top = stepped_range(low, low + span, None)
    slack = 1e-6 * max(abs(low), span, 1)
    assert bottom <= low + slack
    assert top >= low + span - slack
    assert top > bottom


def test_a_range_without_finite_data_stays_what_it_was():
    assert stepped_range(float("nan"), 1.0, (2.0, 3.0)) == (2.0, 3.0)
    assert stepped_range(float("nan"), float("nan"), None) == (0.0, 1.0)


def test_zooming_keeps_the_value_under_the_mouse():
    axis = Axis(1, 5000, log=True)
    assert axis.zoomed(0.5, 0.3).value(0.3) == pytest.approx(axis.value(0.3))


@given(st.lists(st.floats(0, 200), min_size=1, max_size=8))
def test_names_are_kept_apart_inside_the_plot_and_in_order(places):
    spread = spread_labels(places, 14.5, 0, 200)
    ordered = [spread[i] for i in sorted(range(len(places)), key=lambda i: places[i])]
    assert all(b - a >= 14.5 - 1e-9 for a, b in pairwise(ordered))
    assert min(spread) >= -1e-9
    assert max(spread) <= 200 + 1e-9


def test_names_with_room_stay_where_their_curves_end():
    assert spread_labels([20.0, 90.0], 14.5, 0, 200) == [20.0, 90.0]


def test_steps_may_be_labelled_by_what_they_stand_for_in_round_numbers():
    axis = Axis(1.0, 200.0, log=True, steps=True, per=2048.0)
    labels = axis.labels()
    assert [text for _, text in labels] == ["10k", "100k"]
    assert labels[0][0] == pytest.approx(10_000 / 2048)
    assert axis.between(0.0, 0.5).per == 2048.0
