"""A knob on one line."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from seqviz.core.knobs import KnobDescription
from seqviz.gui.widgets.line_knob import LineKnob

KNOB = KnobDescription("smoothing", "smoothing", "help", "int", 5, low=0, high=50, unit=" %", live=True)


@pytest.fixture
def knob(qtbot: QtBot) -> LineKnob:
    made = LineKnob(KNOB, 5)
    qtbot.addWidget(made)
    made.resize(260, 20)
    made.show()
    return made


def test_a_click_on_the_track_sets_the_value_there(qtbot: QtBot, knob: LineKnob) -> None:
    left, right = knob._slider_ends()
    with qtbot.waitSignal(knob.value_edited, timeout=1000):
        qtbot.mouseClick(knob, Qt.MouseButton.LeftButton, pos=QPoint(round((left + right) / 2), 10))
    assert knob.value() == pytest.approx(25, abs=1)


def test_a_click_on_the_number_changes_nothing(qtbot: QtBot, knob: LineKnob) -> None:
    with qtbot.assertNotEmitted(knob.value_edited):
        qtbot.mouseClick(knob, Qt.MouseButton.LeftButton, pos=QPoint(250, 10))
    assert knob.value() == 5


def test_arrow_keys_move_it(qtbot: QtBot, knob: LineKnob) -> None:
    qtbot.keyClick(knob, Qt.Key.Key_Right)
    assert knob.value() == 6
