"""Keys reach the panels of a room wherever the focus is; in presentation panels are as alive as in the room."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

import pytest
from PySide6.QtCore import Qt
from real_worker import opened_real


@pytest.fixture
def room(qtbot, tmp_path):
    with opened_real(qtbot, tmp_path, training__steps=0, training__valid_every=50) as made:
        yield made


def presented(room):
    return room.window.presentation.shown[0].panel


def test_the_debuggers_keys_are_heard_wherever_the_focus_is(qtbot, room):
    room.window.show_room("backprop")
    panel = room.window.board.frame("backprop_debugger").panel
    room.wait(lambda: panel.anatomy is not None)
    assert not panel.hasFocus()
    qtbot.keyClick(room.window, "[")
    assert panel.steps.at == panel.steps.count - 2
    qtbot.keyClick(room.window.sheet.strip, Qt.Key.Key_F10)
    assert panel.steps.at_end
    qtbot.keyClick(room.window, Qt.Key.Key_F10)  # it stands at the end: from the beginning
    assert panel.steps.at == 0
    room.window.show_room("jacobians")
    qtbot.keyClick(room.window, Qt.Key.Key_F10)  # nobody on screen has such a key
    assert panel.steps.at == 0


def test_the_debugger_is_walked_by_keys_in_presentation(qtbot, room):
    room.window.show_room("backprop")
    room.wait(lambda: room.window.board.frame("backprop_debugger").panel.anatomy is not None)
    room.window.toggle_presentation()
    panel = presented(room)
    assert panel.name == "backprop_debugger"
    room.wait(lambda: panel.anatomy is not None)
    qtbot.keyClick(room.window.presentation, "{")
    assert panel.steps.at == 0


def test_a_presented_twin_shows_the_pair_and_goes_on_by_key(qtbot, room):
    room.window.show_room("twin")
    pair = room.window.pair
    room.wait(lambda: bool(pair.switches))
    pair.flip("forget_bias", 3.0)
    room.wait(lambda: bool(pair.racers))
    room.window.toggle_presentation()
    while presented(room).name != "twin":
        room.window.presentation.turn(1)
    assert "forget bias" in presented(room).words.text()
    qtbot.keyClick(room.window.presentation, "T", Qt.KeyboardModifier.ShiftModifier)
    room.wait(lambda: pair.racers[1].step == 1)


def test_curvature_is_measured_in_presentation(qtbot, room):
    room.window.show_room("curvature")
    room.window.toggle_presentation()
    while presented(room).name != "curvature":
        room.window.presentation.turn(1)
    qtbot.keyClick(room.window.presentation, "M")
    room.wait(lambda: "**" in presented(room).reading(), 30)


def test_what_is_armed_in_presentation_is_armed_in_the_room(qtbot, room):
    room.window.show_room("backprop")
    room.run_on(0.2)
    room.window.toggle_presentation()
    while presented(room).name != "breakpoints":
        room.window.presentation.turn(1)
    room.wait(lambda: bool(presented(room).names()))
    presented(room).row("nan").switch()
    room.window.leave_presentation()
    assert room.window.board.frame("breakpoints").panel.armed_names() == ("nan",)


def test_a_presented_view_leads_to_another(room):
    room.window.show_room("jacobians")
    room.run_on(0.2)
    room.window.toggle_presentation()
    page = room.window.presentation
    page.shown[0].panel.view_asked.emit("jacobian_products")
    assert presented(room).name == "jacobian_products"
    presented(room).view_asked.emit("curvature")
    assert not room.window.presenting
    assert room.window.board.room == "curvature"


def test_nothing_is_measured_for_a_view_that_the_run_cannot_serve(qtbot, tmp_path):
    with opened_real(qtbot, tmp_path, model={"name": "ngram"}) as made:
        refused = []
        made.session.rejected.connect(refused.append)
        made.window.show_room("curvature")
        qtbot.keyClick(made.window, "M")
        made.run_on(0.3)
    assert refused == []
    assert not made.window.board.frame("curvature").panel._asked
