from __future__ import annotations

import numpy as np
import pytest

from seqviz.gui import theme
from seqviz.gui.panels.base import Cursor
from seqviz.gui.panels.update_ratio import UpdateRatioPanel
from seqviz.gui.widgets import plot_painting as plot
from tests.gui.panels.parameter_frames import NAMES, show


@pytest.fixture
def panel(qtbot) -> UpdateRatioPanel:
    made = UpdateRatioPanel()
    qtbot.addWidget(made)
    made.resize(380, 220)
    made.show()
    return made


def test_every_tensor_has_a_line_and_the_chosen_one_lies_on_top(panel):
    show(panel, 1, 5, 20)
    assert set(panel.plot.keys()) == set(NAMES)
    assert panel.plot.keys()[-1] == "cells.weight_hh_l0"
    assert panel.plot.pyramid("cells.weight_hh_l0").ys.tolist() == pytest.approx([1e-2] * 3)
    panel.choose("tensor", "embedding.weight")
    assert panel.plot.keys()[-1] == "embedding.weight"


def test_the_band_is_drawn_around_a_thousandth(panel):
    show(panel, 1, 5, 20)
    area, axis = panel.plot.area(), panel.plot.y_axis()
    image = panel.grab().toImage()
    x = round(area.right() - 3)  # after the last step
    inside, outside = (round(plot.pixel_y(area, axis, value)) for value in (1.6e-3, 5e-3))
    assert image.pixelColor(x, inside).name() != image.pixelColor(x, outside).name()
    assert image.pixelColor(x, outside).name() == theme.theme().sheet.name()


def test_the_reading_says_how_far_from_the_guide(panel):
    assert panel.reading() == ""
    show(panel, 1)
    assert panel.reading().endswith("10 times the guide")
    panel.choose("tensor", "cells.weight_ih_l0")
    assert panel.reading().endswith("in the band")
    assert panel.explain(Cursor()).key_number == "1e-3"


def test_a_new_run_starts_without_the_old_lines(panel):
    show(panel, 1)
    panel.clear()
    assert panel.plot.keys() == []
    assert not panel.plot.isVisible()
    show(panel, 1, names=("a", "b"))
    assert set(panel.plot.keys()) == {"a", "b"}


def test_the_numbers_can_be_taken_away(panel):
    show(panel, 1, 5)
    taken = panel.export()
    assert taken["step"].tolist() == [1.0, 5.0]
    assert np.allclose(taken["head.bias"], 0.1)
