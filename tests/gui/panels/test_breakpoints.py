"""Breakpoints: armed by key and mouse, a halt is said with its place in the text, and going on is one press."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from fake_worker import PARTS, SECTIONS
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from seqviz.core import commands as cm
from seqviz.core import events as ev
from seqviz.core.breakpoints import BreakpointDescription
from seqviz.core.lab_commands import BreakpointSetting, SetBreakpoints
from seqviz.core.lab_events import BreakpointsMeasured, RunHalted
from seqviz.gui import theme
from seqviz.gui.lab.halt_strip import HaltStrip
from seqviz.gui.lab.rooms import ROOMS
from seqviz.gui.panels.base import Cursor, panels
from seqviz.gui.panels.breakpoints import BreakpointsPanel

KNOWN = (
    BreakpointDescription("nan", "NaN or Inf", "any tensor", "", 0.0, False, "h", has_limit=False),
    BreakpointDescription("grad_norm", "gradient norm", "‖∇L‖", "", 5.0, False, "How long it is."),
    BreakpointDescription("itemised_gradient", "itemised gradient", "G", "", 0.001, True, "h", ("gradient.itemised.*",),
                          20, every_step=False),
    BreakpointDescription("attention_entropy", "attention entropy", "H", "bits", 0.5, True, "h",
                          ("blocks.*.attention.pattern",), every_step=False),
)  # fmt: skip
HALT = RunHalted(4, "grad_norm", "gradient norm 6.3 at step 4, above the limit 5", 6.3, 5.0, "head.linear.weight",
                 "head", 12, tuple("I grew up in France"), "gradient_map")  # fmt: skip


@pytest.fixture
def lab(opened):
    """The first room of a window that knows four conditions."""
    opened.worker.mailbox.post(ev.Ready(PARTS, SECTIONS, ("cpu",), {}, KNOWN))
    opened.pump()
    opened.learn(3)
    opened.window.show_room("backprop")
    opened.learn(0)
    return opened


def panel_of(opened) -> BreakpointsPanel:
    panel = opened.window.board.frame("breakpoints").panel
    assert isinstance(panel, BreakpointsPanel)
    return panel


def halt(opened, event=HALT):
    opened.worker.mailbox.post(event)
    opened.worker.mailbox.post(ev.RunPaused(event.step - 1))
    opened.pump()


def test_it_stands_in_rooms_of_the_laboratory_and_not_on_the_model_page(lab):
    assert set(BreakpointsPanel.rooms) <= {room.name for room in ROOMS}
    lab.window.show_one_model()
    assert "breakpoints" not in lab.window.board.names_open()


def test_only_conditions_that_the_run_can_be_asked_have_a_row(lab):
    assert panel_of(lab).names() == ("nan", "grad_norm", "itemised_gradient")
    assert panel_of(lab).reading() == "none armed"


def test_a_run_without_optimiser_steps_says_why_it_has_none(lab):
    run = lab.session.run
    counting = replace(run, learns_by="observe", title="n-gram")
    assert "no optimiser steps" in BreakpointsPanel.reason_unserved(counting)
    assert BreakpointsPanel.reason_unserved(run) is None


def test_a_click_on_the_words_arms_and_another_disarms(lab):
    panel = panel_of(lab)
    row = panel.row("grad_norm")
    QTest.mouseClick(row, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, QPoint(60, 8))
    assert lab.worker.of(SetBreakpoints)[-1].settings == (BreakpointSetting("grad_norm", 5.0, 0),)
    assert row.accessibleDescription() == "armed"
    assert panel.reading() == "**1** of 3 armed"
    QTest.mouseClick(row, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, QPoint(60, 8))
    assert lab.worker.of(SetBreakpoints)[-1].settings == ()


@pytest.mark.parametrize("key", [Qt.Key.Key_Right, Qt.Key.Key_Return])
def test_a_key_arms_the_row_that_has_the_focus(lab, key):
    row = panel_of(lab).row("nan")
    row.setFocus()
    QTest.keyClick(row, key)
    assert lab.worker.of(SetBreakpoints)[-1].settings == (BreakpointSetting("nan", 0.0, 0),)
    assert not lab.worker.of(cm.Play)


def test_a_typed_limit_of_an_armed_condition_is_sent_at_once(lab):
    row = panel_of(lab).row("itemised_gradient")
    row.switch()
    row.far.selectAll()
    QTest.keyClicks(row.far, "8")
    QTest.keyClick(row.far, Qt.Key.Key_Return)
    row.limit.selectAll()
    QTest.keyClicks(row.limit, "0,05")
    QTest.keyClick(row.limit, Qt.Key.Key_Return)
    assert lab.worker.of(SetBreakpoints)[-1].settings == (BreakpointSetting("itemised_gradient", 0.05, 8),)
    assert row.accessibleName() == "stop when itemised gradient 8 positions back below 0.05"


def test_a_limit_typed_before_arming_is_kept_and_not_sent(lab):
    row = panel_of(lab).row("grad_norm")
    row.limit.setText("2")
    QTest.keyClick(row.limit, Qt.Key.Key_Return)
    assert not lab.worker.of(SetBreakpoints)
    row.switch()
    assert lab.worker.of(SetBreakpoints)[-1].settings == (BreakpointSetting("grad_norm", 2.0, 0),)


@pytest.mark.parametrize("text", ["many", "nan", ""])
def test_what_is_no_number_is_said_in_the_row_and_arms_nothing(lab, text):
    row = panel_of(lab).row("grad_norm")
    row.limit.setText(text)
    row.switch()
    assert row.error
    assert not row.armed
    assert not lab.worker.of(SetBreakpoints)


def test_armed_conditions_and_limits_outlast_the_room_and_the_run(lab):
    row = panel_of(lab).row("grad_norm")
    row.limit.setText("3")
    row.switch()
    lab.window.show_room("health")
    lab.learn(0)
    assert panel_of(lab).armed_names() == ("grad_norm",)
    assert panel_of(lab).row("grad_norm").limit.text() == "3"
    lab.session.reset()
    lab.pump()
    lab.learn(1)
    assert panel_of(lab).armed_names() == ("grad_norm",)


def test_the_last_measured_value_is_shown_and_a_dear_one_with_its_step(lab):
    values, steps = {"grad_norm": 0.5, "itemised_gradient": 0.02}, {"grad_norm": 3, "itemised_gradient": 2}
    lab.worker.mailbox.post(BreakpointsMeasured(values, steps))
    lab.pump()
    assert panel_of(lab).row("grad_norm").value_text() == "0.5"
    assert panel_of(lab).row("itemised_gradient").value_text() == "at step 2 0.02"


def test_a_halt_is_said_with_tensor_layer_position_and_text(lab):
    halt(lab)
    card = panel_of(lab).card
    assert card.isVisible()
    assert "Halted before step 4" in card.title.text()
    assert "6.3" in card.words.text()
    assert "head.linear.weight" in card.place.text()
    assert "head" in card.place.text()
    assert "position 12" in card.place.text()
    assert "position 12" in card.strip.accessibleName()
    assert panel_of(lab).reading() == "**halted** before step 4"
    assert lab.window.status.text().startswith("halted")


def test_a_halt_shows_the_matching_view_and_marks_the_time_axes(lab):
    halt(lab)
    assert "gradient_map" in lab.window.board.names_open()
    assert any(flag.step == 4 and "halted" in flag.words for flag in lab.window.top.slider._flags)
    assert lab.session.history.halts == [HALT]


def test_go_on_plays_and_the_card_goes_once_the_step_is_made(lab):
    halt(lab)
    QTest.mouseClick(panel_of(lab).card.go_on, Qt.MouseButton.LeftButton)
    assert len(lab.worker.of(cm.Play)) == 1
    lab.pump()
    assert not panel_of(lab).card.isVisible()
    lab.learn(1)
    assert lab.session.history.halted is None
    lab.worker.mailbox.post(ev.RunPaused(4))
    lab.pump()
    assert not panel_of(lab).card.isVisible()
    assert lab.window.status.text().startswith("paused")


def test_show_asks_for_the_view_by_key(lab, qtbot):
    halt(lab)
    panel = panel_of(lab)
    with qtbot.waitSignal(panel.view_asked) as asked:
        panel.card.show_view.setFocus()
        QTest.keyClick(panel.card.show_view, Qt.Key.Key_Return)
    assert asked.args == ["gradient_map"]


def test_away_from_the_laboratory_a_notice_says_it(lab):
    lab.window.show_one_model()
    halt(lab)
    assert any("Halted: gradient norm 6.3" in line.notice.text for line in lab.window.notices.lines)


def test_the_card_explains_and_exports_what_is_armed(lab):
    panel = panel_of(lab)
    panel.row("grad_norm").switch()
    assert [row.name for row in panel.explain(Cursor()).quantities] == ["‖∇L‖"]
    exported = panel.export()
    assert exported["breakpoint"].tolist() == ["grad_norm"]
    assert np.array_equal(exported["limit"], [5.0])


def test_armed_and_off_differ_without_colour(lab):
    row = panel_of(lab).row("grad_norm")

    def shape():
        image = row.grab().toImage().convertToFormat(row.grab().toImage().Format.Format_Grayscale8)
        return [image.pixelColor(x, 10).value() < 128 for x in range(34)]

    off = shape()
    row.switch()
    assert shape() != off


@pytest.mark.parametrize("name", ["light", "dark"])
@pytest.mark.parametrize(
    ("labels", "position"),
    [
        (tuple("a cat"), 2),
        (("one", "two", "three"), 2),
        (tuple("x" * 300), 299),
        ((), -1),
        (("0.31,0", "0.9,1"), 1),
    ],
)
def test_the_strip_keeps_the_marked_place_in_sight(qtbot, name, labels, position):
    theme.set_theme(name)
    strip = HaltStrip()
    qtbot.addWidget(strip)
    strip.resize(180, 44)
    strip.show()
    strip.show_text(labels, position)
    strip.grab()
    cells = dict(strip.cells())
    assert bool(cells) == bool(labels)
    if labels:
        assert 0 <= cells[position].left() <= 180
        assert cells[position].right() <= 181


def test_every_breakpoint_names_a_view_that_there_is():
    from seqviz.training.breakpoints import breakpoints

    assert {kind.panel for _, kind in breakpoints.items()} <= set(panels.names())
