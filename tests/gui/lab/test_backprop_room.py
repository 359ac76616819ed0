"""The backprop debugger in its room with the real trainer: the run goes on while one of its steps is walked through."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from real_worker import opened_real

from seqviz.gui.lab.anatomy import SINGULAR
from seqviz.gui.lab.sub_steps import SubStep


@pytest.fixture
def room(qtbot, tmp_path):
    with opened_real(qtbot, tmp_path, training__steps=0, training__valid_every=50) as made:
        made.window.show_room("backprop")
        qtbot.waitUntil(lambda: panel_of(made).anatomy is not None, timeout=20_000)
        yield made


def panel_of(room):
    return room.window.board.frame("backprop_debugger").panel


def focus(qtbot, panel) -> None:
    """A click on the first cell."""
    place = panel.places().lanes[0]
    at = QPoint(round(panel.grid.centre_of(0)), round(place.cells.center().y()))
    qtbot.mouseClick(panel, Qt.MouseButton.LeftButton, pos=at)


def test_the_step_of_now_is_shown_with_the_update_the_optimiser_would_make(room):
    anatomy = panel_of(room).anatomy
    assert anatomy.step == 0
    assert anatomy.figures.after < anatomy.figures.before
    assert anatomy.figures.limit == 1.0
    assert len(anatomy.tensors) == 7
    assert [lane.letter for lane in anatomy.lanes] == ["h", "c"]
    mean = np.nanmean(anatomy.losses)
    assert anatomy.figures.before == pytest.approx(mean, rel=1e-5)


def test_the_run_goes_on_while_the_step_that_is_walked_through_is_held(qtbot, room):
    panel = panel_of(room)
    focus(qtbot, panel)
    qtbot.keyClick(panel, "{")
    room.session.play()
    qtbot.waitUntil(lambda: panel.bar.buttons["renew"].isVisible(), timeout=20_000)
    room.session.pause()
    assert panel.anatomy.step == 0
    qtbot.keyClick(panel, "]")
    assert panel.steps.now == SubStep("forward", 1)
    qtbot.keyClick(panel, "}")
    assert panel.anatomy.step > 0


def test_arrow_keys_move_the_token_cursor_and_control_f10_runs_to_it(qtbot, room):
    panel = panel_of(room)
    focus(qtbot, panel)
    qtbot.keyClick(panel, "{")
    for _ in range(4):
        qtbot.keyClick(panel, Qt.Key.Key_Right)
    qtbot.waitUntil(lambda: panel.column == 4, timeout=5_000)
    qtbot.keyClick(panel, Qt.Key.Key_F10, Qt.KeyboardModifier.ControlModifier)
    assert panel.steps.now == SubStep("forward", 4)


def test_singular_values_come_when_the_menu_asks_for_them(qtbot, room):
    panel = panel_of(room)
    assert SINGULAR not in panel.anatomy.lanes[0].factors
    panel.choose("factor on the arrows", SINGULAR)
    qtbot.waitUntil(lambda: SINGULAR in panel.anatomy.lanes[0].factors, timeout=20_000)
    values = panel.anatomy.lanes[0].factors[SINGULAR]
    assert np.isnan(values[0])
    assert (values[1:] > 0).all()


def test_the_card_says_the_equation_of_the_cell_that_was_clicked(qtbot, room):
    panel = panel_of(room)
    place = panel.places().lanes[1]
    at = QPoint(round(panel.grid.centre_of(5)), round(place.arrows.center().y()))
    qtbot.mouseClick(panel, Qt.MouseButton.LeftButton, pos=at)
    said = panel.explain(room.session.cursor)
    assert r"f_{5} \odot" in said.formula
    assert said.title == "Backward through c, layer 1"
