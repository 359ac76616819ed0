"""No spike is lost at any zoom."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqviz.gui.widgets.pyramid import Pyramid

FINITE = st.floats(-1e6, 1e6, width=32)


def filled(ys, pieces=1):
    pyramid = Pyramid()
    xs = np.arange(1, len(ys) + 1)
    for part in np.array_split(np.arange(len(ys)), pieces):
        pyramid.append(xs[part], np.asarray(ys)[part])
    return pyramid


@given(
    st.lists(FINITE, min_size=1, max_size=300),
    st.integers(1, 40),
    st.tuples(st.floats(0.5, 300), st.floats(0.5, 300)).filter(lambda ends: ends[0] < ends[1]),
    st.integers(2, 50),
    st.booleans(),
)
@settings(max_examples=200, deadline=None)
def test_extremes_of_every_view_are_the_extremes_of_the_points_in_it(ys, pieces, ends, pixels, log):
    pyramid = filled(ys, pieces)
    xs = np.arange(1, len(ys) + 1)
    inside = np.asarray(ys, dtype=np.float32)[(xs >= ends[0]) & (xs <= ends[1])]
    seen_x, lows, highs = pyramid.visible(*ends, pixels, log)
    assert (np.diff(seen_x) >= 0).all()
    if len(inside):
        assert lows.min() <= inside.min()
        assert highs.max() >= inside.max()
        low, high = pyramid.range_of(*ends)
        assert (low, high) == (inside.min(), inside.max())


@given(
    st.lists(FINITE, min_size=60, max_size=400),
    st.integers(2, 25),
    st.booleans(),
)
@settings(max_examples=100, deadline=None)
def test_each_pixel_column_shows_exactly_the_range_of_its_own_points(ys, pixels, log):
    pyramid = filled(ys, 7)
    xs, values = np.arange(1, len(ys) + 1), np.asarray(ys, dtype=np.float32)
    edges = (np.geomspace if log else np.linspace)(1.0, len(ys), pixels + 1)
    bounds = np.searchsorted(xs, edges, side="left")
    bounds[-1] = len(ys)
    expected = [(values[a:b].min(), values[a:b].max()) for a, b in pairwise(bounds) if b > a]
    _, lows, highs = pyramid.visible(1.0, len(ys), pixels, log)
    assert list(zip(lows.tolist(), highs.tolist(), strict=True)) == expected


def test_a_single_spike_among_a_million_points_is_seen_in_its_column():
    ys = np.zeros(1_000_000)
    ys[654_321] = 9.0
    pyramid = filled(ys, 3)
    for x0, x1 in ((1, 1_000_000), (600_000, 700_000), (654_000, 655_000)):
        xs, _, highs = pyramid.visible(x0, x1, 500)
        at = int(highs.argmax())
        assert highs[at] == 9.0
        assert (highs == 9.0).sum() == 1
        assert xs[at] <= 654_322 < (xs[at + 1] if at + 1 < len(xs) else np.inf)


def test_a_view_with_few_points_returns_them_and_one_neighbour_at_each_side():
    pyramid = filled([5.0, 6.0, 7.0, 8.0, 9.0])
    xs, lows, highs = pyramid.visible(2.5, 3.5, 100)
    assert xs.tolist() == [2, 3, 4]
    assert lows.tolist() == highs.tolist() == [6, 7, 8]


def test_nan_is_a_gap_and_infinity_is_clipped():
    pyramid = filled([1.0, np.nan, 3.0, np.inf, -np.inf])
    _, lows, _ = pyramid.visible(1, 5, 100)
    assert np.isnan(lows[1])
    assert lows[3] == pytest.approx(1e30)
    assert lows[4] == pytest.approx(-1e30)
    assert pyramid.range_of(1, 3) == (1.0, 3.0)


def test_an_empty_curve_has_nothing_to_show():
    pyramid = Pyramid()
    assert len(pyramid) == 0
    assert pyramid.last is None
    assert len(pyramid.visible(0, 10, 100)[0]) == 0
    assert np.isnan(pyramid.range_of(0, 10)[0])


def test_x_that_goes_back_and_unequal_lengths_are_refused_and_change_nothing():
    pyramid = filled([1.0, 2.0])
    with pytest.raises(ValueError, match="must not go back"):
        pyramid.append([1], [5.0])
    with pytest.raises(ValueError, match="must not go back"):
        pyramid.append([5, 4], [5.0, 5.0])
    with pytest.raises(ValueError, match="as many x as y"):
        pyramid.append([5, 6], [5.0])
    assert pyramid.last == (2.0, 2.0)
    pyramid.clear()
    assert len(pyramid) == 0


def test_updating_ten_million_points_reads_only_a_few_thousand(monkeypatch):
    pyramid = filled(np.zeros(2**20))
    read = []
    original = np.fmin
    monkeypatch.setattr(np, "fmin", lambda *args: read.append(np.size(args[0])) or original(*args))
    pyramid.append([2**20 + 1], [1.0])
    pyramid.visible(1, 2**20 + 1, 600)
    assert sum(read) < 600 * 2 * 21
