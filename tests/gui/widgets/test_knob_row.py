"""A knob's row, by mouse and by keys."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QComboBox, QLineEdit

from seqviz.core.knobs import KnobDescription
from seqviz.gui.widgets.knob_row import KnobRow

RATE = KnobDescription(
    "optimizer.learning_rate", "learning rate", "Step size.", "float", 1e-3, 1e-6, 1.0, log=True, live=True
)
WIDTH = KnobDescription("model.d_hidden", "hidden units", "", "int", 128, 1, 1024, unit="units", log=True)
TYING = KnobDescription("model.tie", "weight tying", "", "bool", False)
ACTIVATION = KnobDescription("model.act", "activation", "", "choice", "tanh", choices=("tanh", "relu"))
PROMPT = KnobDescription("sampling.prompt", "prompt", "", "text", "Once")


@pytest.fixture
def row(qtbot):
    def make(knob, value=None):
        widget = KnobRow(knob, knob.default if value is None else value)
        qtbot.addWidget(widget)
        widget.resize(188, widget.sizeHint().height())
        widget.show()
        widget.edits = []
        widget.value_edited.connect(widget.edits.append)
        return widget

    return make


def typed(row, qtbot, text):
    qtbot.mouseDClick(row, Qt.MouseButton.LeftButton, pos=QPoint(180, 8))
    field = row._field
    assert isinstance(field, QLineEdit)
    qtbot.keyClicks(field, text)
    qtbot.keyClick(field, Qt.Key.Key_Return)


def test_dragging_previews_values_and_edits_once_at_the_end(row, qtbot):
    rate, previews = row(RATE), []
    rate.value_dragged.connect(previews.append)
    qtbot.mousePress(rate, Qt.MouseButton.LeftButton, pos=QPoint(40, 24))
    qtbot.mouseMove(rate, QPoint(120, 24))
    qtbot.mouseMove(rate, QPoint(183, 24))
    assert rate.edits == []
    qtbot.mouseRelease(rate, Qt.MouseButton.LeftButton, pos=QPoint(183, 24))
    assert rate.edits == [1.0]
    assert previews[-1] == 1.0
    assert len(previews) >= 2


def test_a_press_and_release_where_the_handle_stands_edits_nothing(row, qtbot):
    rate = row(RATE)
    left, right = rate._slider_ends()
    qtbot.mouseClick(rate, Qt.MouseButton.LeftButton, pos=QPoint(int(left + 0.5 * (right - left)), 24))
    assert rate.edits == []


def test_typing_a_value_takes_it_exactly(row, qtbot):
    rate = row(RATE)
    typed(rate, qtbot, "2.345e-4")
    assert rate.edits == [2.345e-4]
    assert rate.value() == 2.345e-4


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1e9", "learning rate: 1000000000.0 is above 1"),
        ("nan", "learning rate: must be a finite number"),
        ("fast", "learning rate: 'fast' is not a number"),
    ],
)
def test_a_value_that_is_not_allowed_is_named_and_changes_nothing(row, qtbot, text, message):
    rate = row(RATE)
    height = rate.sizeHint().height()
    typed(rate, qtbot, text)
    assert rate.error == message
    assert rate.value() == 1e-3
    assert rate.edits == []
    assert rate.sizeHint().height() > height
    assert message in rate.toolTip()
    typed(rate, qtbot, "1e-2")
    assert rate.error == ""


def test_a_fraction_is_refused_by_a_whole_number_knob(row, qtbot):
    width = row(WIDTH)
    typed(width, qtbot, "2.5")
    assert width.error == "hidden units: 2.5 is not a whole number"


def test_escape_closes_the_field_without_an_edit(row, qtbot):
    rate = row(RATE)
    rate.type_value()
    qtbot.keyClicks(rate._field, "0.5")
    qtbot.keyClick(rate._field, Qt.Key.Key_Escape)
    assert rate.edits == []
    assert rate._field is None


def test_arrow_and_end_keys_step_through_round_values(row, qtbot):
    width = row(WIDTH)
    for key in (Qt.Key.Key_Left, Qt.Key.Key_End, Qt.Key.Key_Home):
        qtbot.keyClick(width, key)
    assert width.edits == [100, 1024, 1]
    assert all(type(v) is int for v in width.edits)


def test_enter_opens_the_field(row, qtbot):
    width = row(WIDTH)
    qtbot.keyClick(width, Qt.Key.Key_Return)
    assert width._field.text() == "128"


def test_while_running_only_live_knobs_move_and_the_others_say_why(row, qtbot):
    rate, width = row(RATE), row(WIDTH)
    for knob_row in (rate, width):
        knob_row.set_running(True)
        qtbot.keyClick(knob_row, Qt.Key.Key_End)
    typed_field = width.type_value()
    assert typed_field is None
    assert width._field is None
    assert rate.edits == [1.0]
    assert width.edits == []
    assert "Fixed once the run has started" in width.toolTip()
    width.set_running(False)
    qtbot.keyClick(width, Qt.Key.Key_End)
    assert width.edits == [1024]


def test_the_tool_tip_tells_help_range_and_unit(row):
    assert row(RATE).toolTip() == "Step size.\n1e-6 to 1.0\nMay change while running."
    assert "1 to 1\u2009024 units" in row(WIDTH).toolTip()


def test_a_switch_turns_by_click_and_by_key(row, qtbot):
    tying = row(TYING)
    qtbot.mouseClick(tying, Qt.MouseButton.LeftButton, pos=QPoint(170, 18))
    qtbot.keyClick(tying, Qt.Key.Key_Return)
    assert tying.edits == [True, False]


def test_a_choice_is_made_in_a_combo_box_and_set_value_emits_nothing(row, qtbot):
    activation = row(ACTIVATION)
    combo = activation.findChild(QComboBox)
    combo.setCurrentText("ReLU")
    assert activation.edits == ["relu"]
    activation.set_value("tanh")
    assert combo.currentText() == "tanh"
    assert activation.edits == ["relu"]


def test_text_is_taken_when_its_editing_is_finished(row, qtbot):
    prompt = row(PROMPT)
    field = prompt.findChild(QLineEdit)
    field.selectAll()
    qtbot.keyClicks(field, "Twice")
    assert prompt.edits == []
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert prompt.edits == ["Twice"]


@pytest.mark.parametrize("knob", [RATE, WIDTH, TYING, ACTIVATION, PROMPT])
def test_every_kind_has_an_accessible_name_and_can_take_the_focus(row, knob):
    made = row(knob)
    assert made.accessibleName() == knob.label
    target = made.focusProxy() or made
    assert target.focusPolicy() & Qt.FocusPolicy.TabFocus


def test_the_place_before_the_last_change_is_marked(row):
    rate = row(RATE)
    plain = rate.grab().toImage()
    rate.set_before(1e-1)
    assert rate.grab().toImage() != plain


def test_a_field_left_for_another_row_closes_and_keeps_its_hands_off_the_focus(row, qtbot):
    rate, width = row(RATE), row(WIDTH)
    rate.activateWindow()
    qtbot.waitUntil(rate.isActiveWindow)
    rate.type_value()
    width.activateWindow()
    width.setFocus()
    qtbot.waitUntil(lambda: rate._field is None)
    qtbot.waitUntil(width.hasFocus)
    assert rate.edits == []


def test_two_quick_clicks_turn_a_switch_twice(row, qtbot):
    tying = row(TYING)
    qtbot.mouseClick(tying, Qt.MouseButton.LeftButton, pos=QPoint(170, 18))
    qtbot.mouseDClick(tying, Qt.MouseButton.LeftButton, pos=QPoint(170, 18))
    assert tying.edits[:2] == [True, False]


def test_a_long_error_makes_a_narrow_row_taller(row):
    rate = row(RATE)
    rate.set_error("learning rate: 1000000000.0 is above 1, which is the most that makes sense")
    wide = rate.sizeHint().height()
    rate.resize(120, wide)
    assert rate.sizeHint().height() > wide
