from __future__ import annotations

import numpy as np
import pytest

from seqviz.gui.widgets.causal_map import MapGeometry, empty_half
from seqviz.gui.widgets.column_grid import ColumnGrid

GRID = ColumnGrid(10, 76, 20, 0, 10)


def test_rows_fill_the_height_in_whole_pixels():
    geometry = MapGeometry.square(GRID, 2, 133, 9)
    edges = geometry.edges
    assert (edges[0], edges[-1]) == (2, 135)
    assert set(np.diff(edges)) <= {14, 15}


@pytest.mark.parametrize(("row", "column"), [(0, 0), (4, 2), (8, 8)])
def test_a_cell_is_found_where_it_is_drawn(row, column):
    geometry = MapGeometry.square(GRID, 2, 133, 9)
    middle = geometry.cell_rect(row, column).center()
    assert geometry.cell_at(middle.x(), middle.y()) == (row, column)


def test_a_window_shows_its_own_rows():
    grid = ColumnGrid(100, 76, 20, 40, 10)
    geometry = MapGeometry.square(grid, 0, 100, 99)
    assert geometry.first_row == 40
    assert geometry.cell_at(77, 1) == (40, 40)
    assert geometry.image(np.zeros((100, 100), np.uint8), (0,) * 256).height() == 100


def test_the_empty_half_stays_above_the_diagonal():
    geometry = MapGeometry.square(GRID, 2, 300, 9)
    area = empty_half(geometry)
    share = (area.left() - GRID.left) / GRID.width
    assert area.bottom() - geometry.top < share * geometry.height
