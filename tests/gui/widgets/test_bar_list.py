"""Probability bars."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt

from seqviz.gui import theme
from seqviz.gui.widgets.bar_list import Bar, BarList


@pytest.fixture
def bars(qtbot):
    theme.set_theme("light")
    widget = BarList()
    qtbot.addWidget(widget)
    widget.resize(260, 110)
    widget.show()
    return widget


def width_of_row(widget, row, colour):
    """Longest run of pixels of a colour along the top of a row."""
    image, longest, run = widget.grab().toImage(), 0, 0
    for x in range(image.width()):
        run = run + 1 if image.pixelColor(x, 22 * row + 4) == colour else 0
        longest = max(longest, run)
    return longest


def test_bars_are_as_long_as_their_values_and_the_true_one_is_ink(bars):
    bars.set_bars([Bar("r", 0.6, "0.60", chosen=True, pointer=True), Bar("i", 0.3, "0.30"), Bar("o", 0.0, "0")])
    full = width_of_row(bars, 0, theme.theme().ink)
    half = width_of_row(bars, 1, theme.theme().track)
    assert full == pytest.approx(2 * half, abs=6)
    assert width_of_row(bars, 2, theme.theme().track) <= 2


def test_a_value_over_the_scale_fills_the_row_and_no_more(bars):
    bars.set_bars([Bar("a", 5.0, "5")], highest=1.0)
    assert 0 < width_of_row(bars, 0, theme.theme().track) < 260


def test_clicking_a_row_names_it_and_below_the_rows_nothing(bars, qtbot):
    clicked = []
    bars.bar_clicked.connect(clicked.append)
    bars.set_bars([Bar("a", 0.5, ""), Bar("b", 0.5, "")])
    qtbot.mouseClick(bars, Qt.MouseButton.LeftButton, pos=QPoint(50, 33))
    qtbot.mouseClick(bars, Qt.MouseButton.LeftButton, pos=QPoint(50, 90))
    assert clicked == [1]


def test_without_bars_a_ghost_stands_there(bars):
    bars.set_empty("probability of each next character")
    image = bars.grab().toImage()
    assert image.pixelColor(5, 50) == theme.theme().ghost
