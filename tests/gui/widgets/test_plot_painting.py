from __future__ import annotations

from itertools import combinations

from PySide6.QtCore import QRectF

from seqviz.gui import theme
from seqviz.gui.widgets.axes import Axis
from seqviz.gui.widgets.plot_painting import Baseline, name_places, pixel_y


def test_names_of_baselines_that_lie_close_together_never_touch_nor_cross_a_line(qapp):
    area, axis = QRectF(40, 10, 160, 120), Axis(0.0, 6.0)
    lines = [Baseline("uniform 5.52", 5.52), Baseline("unigram 5.20", 5.20, "right"), Baseline("5-gram 5.0", 5.0)]
    measure = theme.metrics(11)
    boxes = [
        QRectF(at.x(), at.y() - measure.capHeight(), measure.horizontalAdvance(name), measure.capHeight())
        for name, at in name_places(area, axis, lines)
    ]
    assert boxes
    assert not any(one.intersects(other) for one, other in combinations(boxes, 2))
    heights = [pixel_y(area, axis, line.value) for line in lines]
    assert not any(box.top() < y < box.bottom() for box in boxes for y in heights)


def test_names_of_baselines_far_apart_are_all_written(qapp):
    lines = [Baseline("uniform 5.5", 5.5), Baseline("unigram 3", 3.0), Baseline("5-gram 0.5", 0.5)]
    assert len(name_places(QRectF(40, 10, 160, 120), Axis(0.0, 6.0), lines)) == 3
