from __future__ import annotations

from itertools import pairwise

from seqviz.gui.widgets.column_grid import ColumnGrid
from seqviz.gui.widgets.strip_painting import chip_area, index_labels


def test_positions_that_are_written_never_touch(qapp):
    areas = [area for _, area in index_labels(ColumnGrid(60, 76, 9, 0, 60), 0, 16)]
    assert len(areas) > 2
    assert all(one.right() < other.left() for one, other in pairwise(areas))


def test_a_chip_stays_inside_its_limits(qapp):
    assert chip_area(3, 0, "t = 39", 0, 500).left() == 0
    assert chip_area(499, 0, "t = 39", 0, 500).right() == 500
