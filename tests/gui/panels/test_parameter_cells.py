"""How figures of a tensor are written in a cell, and how its picture stands in it."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QImage, QPainter

from seqviz.gui.panels.parameter_cells import GUIDE, RATIOS, figure_text, paint_histogram, paint_ratio

WIDTH, HEIGHT = 120, 20
COLOUR = QColor(0, 0, 255)


def coloured_columns(paint) -> list[int]:
    """Where along x a picture is of its colour in the middle row or below."""
    image = QImage(WIDTH, HEIGHT, QImage.Format.Format_RGB32)
    image.fill(QColor("white"))
    painter = QPainter(image)
    paint(painter)
    painter.end()
    rows = range(HEIGHT // 2, HEIGHT - 3)
    blue = [any(image.pixelColor(x, y).red() < 120 < image.pixelColor(x, y).blue() for y in rows) for x in range(WIDTH)]
    return [x for x, is_blue in enumerate(blue) if is_blue]


@pytest.mark.parametrize(
    ("figure", "value", "text"),
    [("angle", 89.6, "90°"), ("zero_share", 0.0, "0 %"), ("zero_share", 0.25, "25 %"), ("angle", float("nan"), "–")],
)
def test_figures_have_their_units(figure, value, text):
    assert figure_text(figure, value) == text


@pytest.mark.parametrize("value", [1e-5, 1e-2, 0.5])
def test_the_dot_of_a_ratio_stands_at_its_value(qapp, value):
    found = coloured_columns(lambda p: paint_ratio(p, value, QRectF(0, 0, WIDTH, HEIGHT), (10.0, 100.0), COLOUR))
    end = 10 + RATIOS.place(value) * 100
    farthest = found[-1] if value > GUIDE else found[0]
    assert abs(farthest - end) <= 5


@pytest.mark.parametrize("value", [0.0, float("nan")])
def test_no_ratio_is_no_dot(qapp, value):
    assert not coloured_columns(lambda p: paint_ratio(p, value, QRectF(0, 0, WIDTH, HEIGHT), (10.0, 100.0), COLOUR))


def test_a_histogram_stands_where_its_entries_lie(qapp):
    shares = np.zeros(10)
    shares[7] = 0.2
    found = coloured_columns(lambda p: paint_histogram(p, shares, QRectF(0, 0, WIDTH, HEIGHT), COLOUR))
    assert found
    assert 0.65 * WIDTH < found[0] <= found[-1] < 0.85 * WIDTH
