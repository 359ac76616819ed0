from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication

from seqviz.gui import theme
from seqviz.gui.panels.base import Cursor
from seqviz.gui.panels.parameter_cells import LARGEST, RATIO, SHAPE
from seqviz.gui.panels.parameter_table import HEAD, ParameterTablePanel
from tests.gui.panels.parameter_frames import NAMES, show
from tests.gui.panels.sheet_frames import run_of


@pytest.fixture
def panel(qtbot) -> ParameterTablePanel:
    made = ParameterTablePanel()
    qtbot.addWidget(made)
    made.resize(900, 300)
    return made


def head_of(panel: ParameterTablePanel, column: object) -> QPoint:
    left, width = next((left, width) for c, left, width in panel.columns() if c is column)
    return QPoint(round(left + width / 2), 10)


def row(panel: ParameterTablePanel, place: int) -> QPoint:
    return QPoint(100, round(theme.px(HEAD) + (place + 0.5) * panel.row_height()))


def test_a_click_on_a_head_sorts_by_it_largest_first_then_smallest_first(panel, qtbot):
    show(panel, 1, 20)
    assert panel.rows == [0, 1, 2, 3]
    qtbot.mouseClick(panel, Qt.MouseButton.LeftButton, pos=head_of(panel, RATIO))
    assert panel.rows == [3, 2, 1, 0]
    qtbot.mouseClick(panel, Qt.MouseButton.LeftButton, pos=head_of(panel, RATIO))
    assert panel.rows == [0, 1, 2, 3]
    qtbot.mouseClick(panel, Qt.MouseButton.LeftButton, pos=head_of(panel, SHAPE))
    assert panel.rows == [2, 1, 0, 3]  # 256, 128, 80 and 20 entries


def test_a_click_on_a_row_and_the_arrow_keys_choose_a_tensor(panel, qtbot):
    show(panel, 1)
    assert panel.tensor == "cells.weight_hh_l0"
    qtbot.mouseClick(panel, Qt.MouseButton.LeftButton, pos=row(panel, 0))
    assert panel.tensor == "embedding.weight"
    qtbot.keyClick(panel, Qt.Key.Key_Down)
    assert panel.tensor == "cells.weight_ih_l0"
    qtbot.keyClick(panel, Qt.Key.Key_Up)
    qtbot.keyClick(panel, Qt.Key.Key_Up)
    assert panel.tensor == "embedding.weight"


def test_fifty_tensors_scroll_by_the_wheel_and_the_keys_bring_their_row_into_sight(panel, qtbot):
    names = tuple(f"blocks.{n}.widen.weight" for n in range(50))
    show(panel, 1, names=names)
    visible = panel.visible_rows()
    assert visible < 50
    at = QPointF(100, 150)
    down = QWheelEvent(
        at, panel.mapToGlobal(at), QPoint(), QPoint(0, -120), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(panel, down)
    assert panel.first == 3
    for _ in range(60):
        qtbot.keyClick(panel, Qt.Key.Key_Down)
    assert panel.tensor == names[-1]
    assert panel.first == 50 - visible
    panel.grab()


def test_a_narrow_table_drops_the_least_needed_columns_and_never_the_ratio(panel):
    titles = [c for c, _, _ in panel.columns()]
    assert LARGEST in titles
    panel.resize(420, 300)
    narrow = panel.columns()
    assert LARGEST not in [c for c, _, _ in narrow]
    assert RATIO in [c for c, _, _ in narrow]
    assert narrow[-1][1] + narrow[-1][2] <= 420


def test_the_dot_of_a_ratio_stands_where_the_axis_says(panel):
    show(panel, 1)
    image = panel.grab().toImage()
    left, width = next((left, width) for c, left, width in panel.columns() if c is RATIO)
    start, inner = panel.ratio_axis(left, width)
    x = start + inner * (4 / 6)  # 1e-2 on 1e-6 .. 1
    y = row(panel, 2).y()
    assert image.pixelColor(round(x), y).name() == theme.family_colour("lstm").name()


def test_the_reading_counts_tensors_in_the_band(panel):
    assert panel.reading() == ""
    show(panel, 1)
    assert "1 of 4 tensors lie in the band" in panel.reading()


def test_the_card_tells_every_figure_of_the_chosen_tensor(panel):
    show(panel, 1, 20)
    told = panel.explain(Cursor())
    numbers = {q.name: q.value for q in told.quantities}
    assert numbers["tensor"] == "Wₕₕ, layer 1"
    assert numbers["gradient norm"] == "0.3"
    assert numbers["angle to the last gradient"] == "100°"
    assert told.key_number == "0.01"
    assert set(panel.export()) >= {"tensor", "update_ratio"}


def test_before_the_first_step_there_is_a_ghost_and_no_words(panel):
    panel.grab()
    assert panel.subtitle() == ""
    assert panel.export() == {}
    assert panel.explain(Cursor()).quantities == ()


def test_a_model_that_counts_is_told_why_not():
    assert ParameterTablePanel.reason_unserved(run_of(provides=("surprisal",))) == "LSTM learns without gradients"
    assert ParameterTablePanel.reason_unserved(run_of(provides=("parameters.*",))) is None


def test_names_are_those_of_the_run(panel):
    show(panel, 1)
    assert panel.menu_choices() == (("tensor", NAMES, "cells.weight_hh_l0"),)
    with pytest.raises(ValueError, match="has no"):
        panel.choose("tensor", "nobody")
