from __future__ import annotations

import math

from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QHelpEvent
from PySide6.QtWidgets import QApplication, QToolTip

from seqviz.core import commands as cm
from seqviz.core import events as ev
from seqviz.gui.speed_slider import SPEEDS


def test_a_new_speed_is_told_only_while_training(opened):
    bar = opened.window.top
    bar.speed.choose(0)
    assert opened.worker.of(cm.Play) == []
    bar.play_clicked.emit()
    opened.pump()
    assert opened.worker.of(cm.Play) == [cm.Play(SPEEDS[0])]
    bar.speed.choose(len(SPEEDS) - 1)
    assert opened.worker.of(cm.Play)[-1] == cm.Play(0.0)


def test_speed_follows_the_arrow_keys_and_stops_at_its_ends(opened, qtbot):
    slider = opened.window.top.speed
    for _ in range(20):
        qtbot.keyClick(slider, Qt.Key.Key_Left)
    assert slider.speed == SPEEDS[0]
    assert slider.words() == "0.5/s"


def test_a_live_change_is_flagged_on_the_time_slider(opened):
    opened.learn(30)
    opened.session.set_knob("optimizer.learning_rate", 1e-3)
    opened.pump()
    flag = opened.window.top.slider._flags[0]
    assert (flag.step, flag.words) == (30, "learning rate 3e-3 → 1e-3")


def test_before_the_first_step_words_stand_in_place_of_numbers(opened):
    assert opened.window.top.readout.text() == "ready, step 0"


def test_an_infinite_loss_is_shown_as_such(opened):
    opened.learn(5)
    opened.worker.mailbox.post(ev.Evaluated(5, float("inf"), False))
    opened.pump()
    assert "∞" in opened.window.top.readout.text()


def test_the_status_bar_says_how_old_the_view_is(opened, qtbot):
    opened.session.play()
    opened.learn(5)
    opened.worker.advance(40, frame=False)
    opened.pump()
    opened.window.status.refresh()
    assert "oldest view 40 steps old" in opened.window.status.text()
    assert "41 steps/s" in opened.window.status.text()
    assert "looking 6 % of 15 %" in opened.window.status.text()


def test_pointing_at_the_cost_of_looking_names_the_dearest_views(opened, qtbot):
    opened.session.play()
    opened.learn(5)
    status = opened.window.status
    status.refresh()
    status.grab()  # painted: it knows where the figures stand
    rest_on(status, QPoint(2, 2))
    assert QToolTip.text() == ""
    rest_on(status, status._looking_at.center().toPoint())
    assert "weight gradients 57 ms, light frame 3.1 ms" in QToolTip.text()
    assert "takes 6.0 %" in QToolTip.text()


def rest_on(widget, spot):
    """Rest the mouse there."""
    QApplication.sendEvent(widget, QHelpEvent(QEvent.Type.ToolTip, spot, widget.mapToGlobal(spot)))
    QApplication.processEvents()


def test_what_is_going_on_is_said_until_it_is_over(opened):
    opened.worker.mailbox.post(ev.Progress("fetching Tiny Shakespeare", 0.5))
    opened.pump()
    assert "fetching Tiny Shakespeare ... 50 %" in opened.window.status.text()
    opened.worker.mailbox.post(ev.Progress("fetching Tiny Shakespeare", 1.0))
    opened.pump()
    assert "fetching" not in opened.window.status.text()


def test_hovering_over_the_readout_tells_the_perplexity_of_the_figure_it_shows(opened):
    assert opened.window.top.readout.toolTip() == ""
    opened.learn(20)
    loss = opened.session.history.evaluations[-1].loss
    assert f"per character: e^{loss:.3f} = 2^{loss / math.log(2):.3f}" in opened.window.top.readout.toolTip()


def test_before_anything_is_heard_it_says_what_is_awaited(opened):
    opened.session.awaited = "waiting for your script's first step ..."
    opened.session._set_state("starting")
    opened.window.top.follow_numbers()
    assert opened.window.top.readout.text() == "waiting for your script's first step ..."


def test_a_run_that_ended_before_its_first_step_is_not_called_ready(opened):
    opened.session._set_state("finished")
    opened.window.top.follow_numbers()
    assert opened.window.top.readout.text() == "over at step 0"
