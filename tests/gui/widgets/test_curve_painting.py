"""numpy to polylines."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtGui import QColor, QImage, QPainter

from seqviz.gui.widgets.curve_painting import (
    dense_runs,
    envelope,
    paint_columns,
    paint_steps,
    polygon,
    split_at_gaps,
)


@given(st.lists(st.tuples(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6)), max_size=50))
def test_a_polygon_holds_the_points_of_its_arrays(points):
    xs, ys = (np.array([p[i] for p in points], dtype=float) for i in (0, 1))
    made = polygon(xs, ys)
    assert [(made.at(i).x(), made.at(i).y()) for i in range(made.size())] == list(zip(xs, ys, strict=True))


def test_an_envelope_visits_the_low_and_the_high_of_tall_columns_and_flat_ones_once():
    xs, ys = envelope(np.array([0.0, 1, 2, 3]), np.array([5.0, 9, 9, 4]), np.array([5.0, 1, 2, 4]))
    assert xs.tolist() == [0, 1, 1, 2, 2, 3]
    assert ys.tolist() == [5, 1, 9, 9, 2, 4]


def test_a_gap_splits_a_curve():
    runs = split_at_gaps(np.arange(6.0), np.array([np.nan, 1, 2, np.nan, 3, np.nan]))
    assert [(x.tolist(), y.tolist()) for x, y in runs] == [([1, 2], [1, 2]), ([4], [3])]


def test_dense_runs_are_long_neighbouring_tall_columns_only():
    xs = np.arange(40.0)
    lows, highs = np.zeros(40), np.zeros(40)
    highs[3:6] = 50  # too short
    highs[10:30] = 50
    xs[20:] += 5  # a hole splits it
    assert dense_runs(xs, lows, highs, 1.6, 3.0) == [(10, 20), (20, 30)]


def test_noise_and_quiet_parts_of_a_curve_join_without_a_hole(qapp):
    image = QImage(120, 100, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(QColor("white"))
    painter = QPainter(image)
    xs = np.arange(10.0, 110.0)
    lows, highs = np.full(100, 52.0), np.full(100, 48.0)
    lows[40:70], highs[40:70] = 90.0, 10.0
    lows[80:83], highs[80:83] = 90.0, 10.0
    paint_columns(painter, xs, lows, highs, QColor("black"), 1.5)
    painter.end()
    inked = [any(image.pixelColor(x, y).lightness() < 160 for y in range(100)) for x in range(11, 109)]
    assert all(inked)
    assert image.pixelColor(65, 12).lightness() < 50
    assert image.pixelColor(65, 88).lightness() < 50
    assert image.pixelColor(30, 20).lightness() > 200


def test_a_step_line_keeps_each_value_over_its_column(qapp):
    image = QImage(60, 40, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(QColor("white"))
    painter = QPainter(image)
    paint_steps(painter, np.array([0.0, 20, 40, 60]), np.array([10.0, 30, 10]), QColor("black"), 2)
    painter.end()
    for x, y in ((10, 10), (30, 30), (50, 10)):
        assert image.pixelColor(x, y).lightness() < 100
    assert image.pixelColor(10, 30).lightness() > 200
