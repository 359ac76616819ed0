from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt

from seqviz.gui.panels.base import Cursor
from seqviz.gui.panels.tensor_heat import FIGURES, TensorHeatPanel
from tests.gui.panels.parameter_frames import show


@pytest.fixture
def panel(qtbot) -> TensorHeatPanel:
    made = TensorHeatPanel()
    qtbot.addWidget(made)
    made.resize(380, 240)
    return made


def test_a_column_holds_the_newest_measured_step_and_none_beyond_the_last(panel):
    show(panel, 1, 10, 20)
    columns = panel.columns(200)
    axis = panel.x_axis()
    first_after = int(np.ceil(axis.place(20.0) * 200)) + 1
    assert np.isfinite(columns[:, : first_after - 2]).all()
    assert np.isnan(columns[:, first_after:]).all()
    assert columns[:, 0].tolist() == pytest.approx([0.1, 0.2, 0.3, 0.4])


@pytest.mark.parametrize("figure", FIGURES)
def test_each_figure_can_be_chosen_and_is_named(panel, figure):
    show(panel, 1, 20)
    panel.choose("colour", figure.option)
    assert panel.subtitle() == figure.option
    assert panel.values.shape == (2, 4)
    panel.grab()
    assert panel.explain(Cursor()).formula


def test_a_click_on_a_row_chooses_its_tensor(panel, qtbot):
    show(panel, 1)
    area = panel.area()
    qtbot.mouseClick(panel, Qt.MouseButton.LeftButton, pos=QPoint(200, round(area.top() + area.height() * 0.9)))
    assert panel.tensor == "head.bias"


def test_what_is_not_known_yet_is_said(panel):
    assert panel.reading() == ""
    show(panel, 1)
    panel.choose("colour", "signal / noise")
    assert panel.reading() == "not known before **10 measured steps**"
    show(panel, 1, 20)
    assert panel.reading() == "highest: **b, head**, 0.5"


def test_a_wrong_choice_is_refused(panel):
    show(panel, 1)
    with pytest.raises(ValueError, match="has no"):
        panel.choose("colour", "taste")


def test_the_empty_panel_has_a_ghost(panel):
    panel.grab()
    assert dict(panel.export()) == {}
