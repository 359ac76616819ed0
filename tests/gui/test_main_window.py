"""The window driven by keys and mouse, as a person would."""

from __future__ import annotations

from pathlib import Path

import pytest
from fake_worker import PROBE
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication

from seqviz.core import commands as cm
from seqviz.core import events as ev
from seqviz.gui import theme
from seqviz.gui.app import build_window
from seqviz.gui.layout_store import LayoutStore


def press(qtbot, opened, key, modifier=Qt.KeyboardModifier.NoModifier):
    opened.window.activateWindow()
    qtbot.keyClick(opened.window, key, modifier)
    opened.pump()


def drop(window, path: Path | None = None, text: str = "") -> None:
    data = QMimeData()
    if path is not None:
        data.setUrls([QUrl.fromLocalFile(str(path))])
    else:
        data.setText(text)
    action, button, none = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    QApplication.sendEvent(window, QDragEnterEvent(QPoint(50, 50), action, data, button, none))
    QApplication.sendEvent(window, QDropEvent(QPointF(50, 50), action, data, button, none))


def test_space_trains_and_pauses(opened, qtbot):
    press(qtbot, opened, Qt.Key.Key_Space)
    assert opened.session.state == "running"
    assert opened.window.top.play.text() == "Pause"
    press(qtbot, opened, Qt.Key.Key_Space)
    assert opened.session.state == "paused"
    assert opened.window.top.play.text() == "Play"


def test_a_click_on_play_trains(opened, qtbot):
    qtbot.mouseClick(opened.window.top.play, Qt.MouseButton.LeftButton)
    opened.pump()
    assert opened.session.state == "running"


def test_a_dot_takes_one_step(opened, qtbot):
    press(qtbot, opened, Qt.Key.Key_Period)
    assert opened.worker.of(cm.Step) == [cm.Step(1)]
    assert opened.session.history.last_step == 1
    assert "step 1" in opened.window.top.readout.text()


def test_r_starts_the_same_experiment_again(opened, qtbot):
    opened.learn(20)
    press(qtbot, opened, Qt.Key.Key_R)
    prepared = opened.worker.of(cm.Prepare)
    assert len(prepared) == 2
    assert prepared[1].config.training.seed == prepared[0].config.training.seed
    assert opened.session.history.last_step == 0


def test_the_readout_shows_the_validation_loss_in_bits(opened):
    opened.learn(100)
    assert opened.window.top.readout.text().endswith("bits/char")
    assert f"{opened.session.run.unit.convert(opened.session.history.evaluations[-1].loss):.2f}" in (
        opened.window.top.readout.text()
    )


def test_the_first_page_stands_where_the_map_will_be_until_the_first_step(opened):
    assert opened.window.first.isVisible()
    opened.learn(1)
    assert not opened.window.first.isVisible()
    assert opened.window.board.frame("gradient_map").isVisible()


def test_the_card_of_the_experiment_at_hand_is_framed(opened):
    assert [card.name for card in opened.window.first.cards if card.current] == ["lstm-stories"]


def test_no_card_is_framed_once_the_experiment_is_another(opened):
    opened.window.rail.switch_architecture("transformer")
    opened.pump()
    assert opened.window.first.isVisible()
    assert not [card.name for card in opened.window.first.cards if card.current]


def test_hovering_the_strip_moves_the_cursor_of_every_panel(opened, qtbot):
    opened.learn(5)
    strip, grid = opened.window.sheet.strip, opened.window.sheet.grid
    qtbot.mouseMove(strip, QPoint(int(grid.centre_of(7)), 30))
    qtbot.waitUntil(lambda: opened.session.cursor.column == 7)
    assert strip.cursor_token == 7


def test_arrow_keys_move_the_cursor_from_anywhere_in_the_window(opened, qtbot):
    opened.learn(5)
    press(qtbot, opened, Qt.Key.Key_Home)
    press(qtbot, opened, Qt.Key.Key_Right)
    press(qtbot, opened, Qt.Key.Key_Right)
    assert opened.session.cursor.column == 2
    press(qtbot, opened, Qt.Key.Key_End)
    assert opened.session.cursor.column == len(PROBE) - 1
    press(qtbot, opened, Qt.Key.Key_Home)
    assert opened.session.cursor.column == 0


def test_an_edited_probe_goes_to_the_trainer_and_comes_back(opened):
    opened.learn(5)
    opened.window.sheet.strip.probe_edited.emit("Tom lost his ball.")
    opened.pump()
    assert opened.worker.of(cm.SetProbe) == [cm.SetProbe("Tom lost his ball.")]
    assert opened.window.sheet.grid.n == len("Tom lost his ball.")


def test_enter_ends_the_editing_of_the_probe(opened, qtbot):
    opened.learn(5)
    strip = opened.window.sheet.strip
    strip.edit()
    strip._field.setText("Tom lost his ball.")
    qtbot.keyClick(strip._field, Qt.Key.Key_Return)
    opened.pump()
    assert opened.worker.of(cm.SetProbe) == [cm.SetProbe("Tom lost his ball.")]
    assert strip._field is None


def test_only_what_is_on_screen_is_watched(opened):
    opened.learn(5)
    assert any(want.startswith("gradient.itemised") for want in opened.worker.watched)
    opened.window.board.close("gradient_map")
    assert not any(want.startswith("gradient.itemised") for want in opened.worker.watched)


def test_ctrl_z_takes_a_knob_change_back(opened, qtbot):
    opened.session.set_knob("optimizer.learning_rate", 1e-3)
    opened.pump()
    press(qtbot, opened, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert opened.session.value_of("optimizer.learning_rate") == 3e-3
    assert "learning rate is 3e-3 again" in opened.window.notices.kept[-1].text


def test_ctrl_z_with_nothing_to_undo_says_so(opened, qtbot):
    press(qtbot, opened, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert opened.window.notices.kept[-1].text == "there is nothing to undo"


def test_ctrl_s_keeps_the_experiment_as_a_preset_of_the_users(opened, qtbot, own_home):
    press(qtbot, opened, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    assert [path.name for path in (own_home / "presets").iterdir()] == ["lstm-on-stories.toml"]
    assert opened.window.rail.preset.findData("yours/lstm-on-stories") >= 0


def test_a_dropped_text_opens_the_page_of_ones_own_text(opened, tmp_path):
    path = tmp_path / "tale.txt"
    path.write_text("Once upon a time. " * 50, encoding="utf-8")
    drop(opened.window, path)
    assert opened.window.centre.currentWidget() is opened.window.own_text
    assert opened.window.own_text.path_field.text() == str(path)


def test_dropped_words_are_pasted(opened):
    drop(opened.window, text="some words")
    assert opened.window.own_text.paste.toPlainText() == "some words"


def test_a_dropped_folder_is_opened_as_a_run(opened, tmp_path):
    drop(opened.window, tmp_path)
    assert opened.worker.of(cm.OpenRun) == [cm.OpenRun(tmp_path)]


def test_a_dropped_preset_with_an_unknown_key_is_refused_in_one_line(opened, tmp_path):
    path = tmp_path / "bad.toml"
    path.write_text('colour = "red"\n[corpus]\nname="stories"\n[task]\nname="next_token"\n[model]\nname="lstm"\n')
    before = len(opened.worker.of(cm.Prepare))
    drop(opened.window, path)
    said = opened.window.notices.kept[-1]
    assert "colour: there is no such setting" in said.text
    assert "\n" not in said.text
    assert len(opened.worker.of(cm.Prepare)) == before


def test_another_preset_prepares_another_experiment(opened, qtbot):
    rail = opened.window.rail
    index = rail.preset.findData("transformer-text")
    rail.preset.setCurrentIndex(index)
    rail.preset.activated.emit(index)
    opened.pump()
    assert opened.session.run.family == "transformer"
    assert opened.window.board.layout.sheet[0] == "attention"


def test_closing_while_training_stops_the_worker_and_loses_nothing(opened, qtbot):
    press(qtbot, opened, Qt.Key.Key_Space)
    opened.learn(30)
    with qtbot.waitSignal(opened.window.closed):
        opened.window.close()
    assert opened.worker.stopped
    assert not opened.session._timer.isActive()


def test_a_window_closed_before_its_first_paint_starts_no_worker(qtbot, tmp_path):
    workers = []
    window = build_window(lambda mailbox: workers.append(mailbox), store=LayoutStore(tmp_path / "layouts"))
    qtbot.addWidget(window)
    window.show()
    window._painted = True
    window.close()
    window._begin()
    assert workers == []


def test_a_diverged_run_is_said_in_words_and_cannot_be_trained_on(opened):
    opened.learn(12)
    opened.worker.diverge()
    opened.pump()
    assert opened.window.top.slider.state == "diverged"
    assert "not a number in layers.0.forget_gate" in opened.window.status.text()
    assert not opened.window.top.play.isEnabled()
    assert opened.window.top.reset.isEnabled()


def test_a_finished_run_offers_to_train_again(opened, qtbot):
    opened.learn(12)
    opened.worker.finish()
    opened.pump()
    assert opened.window.top.play.text() == "Again"
    press(qtbot, opened, Qt.Key.Key_Space)
    assert opened.session.state == "running"
    assert opened.worker.step == 0


def test_while_torch_loads_the_rail_shows_the_preset_and_nothing_can_be_started(open_window):
    opened = open_window(ready=False)
    assert opened.session.state == "starting"
    assert opened.window.rail.form.row("optimizer.learning_rate").value() == 3e-3
    assert not opened.window.top.play.isEnabled()
    opened.worker.make_ready()
    opened.pump()
    assert opened.window.top.play.isEnabled()
    assert opened.window.rail.architecture.findData("transformer") >= 0


def test_f11_presents_one_question_and_escape_leaves(opened, qtbot):
    opened.learn(10)
    press(qtbot, opened, Qt.Key.Key_F11)
    assert theme.presentation()
    assert opened.window.presentation.isVisible()
    assert len(opened.window.presentation.shown) == 1
    qtbot.keyClick(opened.window.presentation, Qt.Key.Key_Escape)
    assert not theme.presentation()
    assert opened.window.board.frames()[0].isVisible()


@pytest.mark.parametrize("width", [900, 1250, 1500])
def test_narrow_windows_fold_their_sides_and_keep_a_way_to_them(open_window, width):
    opened = open_window(size=(width, 800))
    window = opened.window
    assert window.rail.isVisible() == (width >= 1100)
    assert window.card.isVisible() == (width >= 1400)
    assert window.top.card_button.isVisible() == (width < 1400)
    window.top.card_clicked.emit()
    window.top.rail_clicked.emit()
    assert window.rail.isVisible() != (width >= 1100) or window.rail.isVisible()


def test_a_rejected_command_is_said_and_changes_nothing(opened):
    opened.session.set_knob("optimizer.learning_rate", 1e9)
    opened.pump()
    assert "Learning rate: 1000000000.0 is above 1000" in opened.window.notices.kept[-1].text
    assert opened.window.rail.form.row("optimizer.learning_rate").value() == 3e-3
    assert opened.window.rail.form.row("optimizer.learning_rate").error


def test_the_window_comes_back_where_it_was(open_window):
    first = open_window()
    first.window.setGeometry(10, 20, 780, 600)  # the offscreen screen is 800 x 800
    first.window.close()
    second = open_window(size=(1500, 950))
    second.window._restore()
    assert (second.window.width(), second.window.height()) == (780, 600)


def test_a_notice_with_details_can_be_copied_as_a_report(opened, qtbot):
    opened.worker.mailbox.post(ev.Notice("error", "it broke", "Traceback of it"))
    opened.pump()
    line = opened.window.notices.lines[0]
    qtbot.mouseClick(line.copy, Qt.MouseButton.LeftButton)
    assert QApplication.clipboard().text() == "it broke\n\nTraceback of it"
    qtbot.mouseClick(line.close_button, Qt.MouseButton.LeftButton)
    assert not opened.window.notices.lines


def test_the_menu_offers_every_group_and_every_panel(opened):
    menu = opened.window.commands.show_menu(QPoint(10, 10))
    texts = [action.text() for action in menu.actions()]
    assert "Train or pause" in texts
    assert "Open a run folder ..." in texts
    panels = next(action.menu() for action in menu.actions() if action.text() == "Panels")
    assert "Gradient map" in [action.text() for action in panels.actions()]
    menu.close()


def test_a_refusal_is_said_without_the_keys_of_the_command_line(opened):
    opened.worker.mailbox.post(ev.Rejected("model.name: the Bayes filter reads the corridor"))
    opened.pump()
    assert opened.window.notices.lines[-1].notice.text == "The Bayes filter reads the corridor"
