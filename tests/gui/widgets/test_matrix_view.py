"""Matrices as indexed images."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QImage, QPainter

from seqviz.gui import theme
from seqviz.gui.colour_maps import BLANK, DATA_LEVELS, MASKED
from seqviz.gui.widgets.matrix_view import index_image, matrix_image, paint_matrix


def test_linear_range_runs_over_all_levels_and_clips():
    indices = index_image([[-5.0, 0.0, 0.5, 1.0, 7.0, np.inf]], 0, 1)
    assert indices.tolist() == [[0, 0, 126, DATA_LEVELS - 1, DATA_LEVELS - 1, DATA_LEVELS - 1]]


def test_log_scale_puts_equal_factors_at_equal_distances_and_zero_at_the_bottom():
    indices = index_image([1e-6, 1e-4, 1e-2, 1.0, 0.0, -3.0], 1e-6, 1.0, "log10").astype(int)
    assert indices[0] == 0
    assert indices[3] == DATA_LEVELS - 1
    assert abs((indices[1] - indices[0]) - (indices[3] - indices[2])) <= 1
    assert indices[4] == indices[5] == 0


def test_square_root_scale_lifts_small_weights():
    assert index_image([0.25], 0, 1, "sqrt")[0] == pytest.approx((DATA_LEVELS - 1) / 2, abs=1)


@pytest.mark.parametrize("scale", ["linear", "log10", "sqrt"])
def test_nan_is_blank_and_masked_cells_are_masked(scale):
    values = np.array([[np.nan, 0.5], [0.5, np.nan]])
    indices = index_image(values, 0.1, 1.0, scale, mask=np.array([[False, False], [True, True]]))
    assert indices[0, 0] == BLANK
    assert indices[0, 1] < DATA_LEVELS
    assert indices[1].tolist() == [MASKED, MASKED]


@given(arrays(np.float64, 20, elements=st.floats(1e-8, 10)), st.sampled_from(["linear", "log10", "sqrt"]))
def test_larger_values_never_get_smaller_indices(values, scale):
    ordered = index_image(np.sort(values), 1e-6, 2.0, scale).astype(int)
    assert (np.diff(ordered) >= 0).all()


def test_painted_cells_are_hard_edged_and_in_row_order(qapp):
    table = theme.colour_table("viridis")
    image = QImage(40, 20, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(QColor("#FF0000"))
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    indices = np.array([[0, 253, MASKED], [253, BLANK, 0]], dtype=np.uint8)
    paint_matrix(painter, QRectF(0, 0, 30, 20), indices, table)
    painter.end()
    low, high = QColor(table[0]), QColor(table[253])
    assert [image.pixelColor(x, 5) for x in (0, 9, 10, 19)] == [low, low, high, high]
    assert image.pixelColor(25, 5) == QColor("#FF0000")
    assert image.pixelColor(15, 15) == theme.theme().ghost
    assert image.pixelColor(35, 5) == QColor("#FF0000")


def test_a_kept_image_outlives_the_array_it_was_made_from(qapp):
    indices = np.full((50, 33), 253, dtype=np.uint8)
    image = matrix_image(indices, theme.colour_table("viridis"))
    indices[:] = 0
    del indices
    assert image.pixelColor(32, 49) == QColor(theme.colour_table("viridis")[253])


def test_an_empty_matrix_paints_nothing(qapp):
    assert matrix_image(np.zeros((0, 4), dtype=np.uint8), theme.colour_table("viridis")).isNull()
