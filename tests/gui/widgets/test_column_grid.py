"""The one x axis of the sheet."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from seqviz.gui.widgets.column_grid import ColumnGrid


@given(st.integers(1, 400), st.integers(200, 2600), st.integers(0, 120), st.integers(0, 399))
def test_every_visible_column_is_found_again_from_each_of_its_pixels(n, sheet, gutter, cursor):
    grid = ColumnGrid.fit(n, sheet, gutter, min(cursor, n - 1))
    for column in grid.columns():
        left = grid.x_of(column)
        assert grid.column_at(left) == column
        assert grid.column_at(left + grid.cell - 0.01) == column
    assert grid.column_at(grid.left - 1) is None
    assert grid.column_at(grid.right) is None


@given(st.integers(1, 400), st.integers(200, 2600), st.integers(0, 399))
def test_cells_are_whole_pixels_never_under_nine_and_inside_the_sheet(n, sheet, cursor):
    grid = ColumnGrid.fit(n, sheet, 76, min(cursor, n - 1))
    assert isinstance(grid.cell, int)
    assert grid.cell >= 9
    assert grid.right <= max(sheet - 20, 76 + 9)
    assert grid.shows(min(cursor, n - 1))


def test_a_probe_that_fits_is_shown_whole_with_the_widest_cells():
    grid = ColumnGrid.fit(46, 786, 76)
    assert (grid.first, grid.visible, grid.cell) == (0, 46, 15)


def test_a_long_probe_shows_a_window_around_the_cursor():
    grid = ColumnGrid.fit(300, 786, 76, cursor=150)
    assert grid.visible == 76
    assert grid.first <= 150 - 30
    assert grid.first + grid.visible >= 150 + 30
    assert ColumnGrid.fit(300, 786, 76, cursor=299).columns()[-1] == 299


def test_the_window_follows_the_cursor_only_when_it_nears_an_edge():
    grid = ColumnGrid.fit(300, 786, 76, cursor=150)
    assert grid.windowed(151) is grid or grid.windowed(151) == grid
    moved = grid.windowed(grid.first + grid.visible)
    assert moved.shows(grid.first + grid.visible)
    assert moved.first > grid.first
    assert grid.windowed(0).first == 0


def test_an_empty_probe_has_no_columns():
    grid = ColumnGrid.fit(0, 786, 76)
    assert list(grid.columns()) == []
    assert grid.column_at(100) is None
