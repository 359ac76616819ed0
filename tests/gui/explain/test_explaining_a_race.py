"""The race page explains a token: asked by mouse, keys and palette, answered racer by racer."""

from __future__ import annotations

import pytest
from canned import attending, counting, net
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QHelpEvent
from PySide6.QtWidgets import QApplication, QToolTip

from seqviz.core import commands as cm
from seqviz.core import race_events as race_ev

LEFT = Qt.MouseButton.LeftButton
RACERS = ("ngram", "rnn", "lstm", "transformer")


@pytest.fixture
def race(open_race):
    return open_race()


def answer(race, position: int = 39, step: int = 0) -> None:
    """All four, in their order."""
    worker = race.worker
    worker.tell(0, counting(position, step))
    for number in (1, 2):
        worker.tell(number, net(position, step))
    worker.tell(3, attending(position, step))
    race.pump()


def explainer(race):
    return race.page.explainer


def opened_at(race, position: int = 39):
    explainer(race).ask(position)
    answer(race, position)
    return explainer(race).view


def column_point(widget, grid, column: int, y: int) -> QPoint:
    return QPoint(round(grid.centre_of(column)), y)


def test_a_click_on_a_tile_asks_all_racers_and_opens_the_view(race, qtbot):
    column = race.page.centre.columns.columns[2]
    qtbot.mouseClick(column, LEFT, pos=column.tile_area(13).center().toPoint())
    assert race.worker.of(cm.ExplainRace) == [cm.ExplainRace(13)]
    qtbot.waitUntil(lambda: explainer(race).shown)
    view = explainer(race).view
    assert view.header.reading == "asking ... 0 of 4 answered"
    assert view.strip.asked_token == 13
    assert "F in “in France,”, character 14 of 46" in view.header.subtitle


def test_a_double_click_edits_the_probe_and_opens_nothing(race, qtbot):
    strip = race.page.centre.probe.strip
    point = column_point(strip, race.page.centre.probe._grid, 5, strip.height() // 2)
    qtbot.mouseClick(strip, LEFT, pos=point)
    qtbot.mouseDClick(strip, LEFT, pos=point)
    assert strip._field is not None
    assert explainer(race).asking is None
    qtbot.wait(QApplication.doubleClickInterval() + 50)
    assert not explainer(race).shown


def test_the_arrow_keys_on_the_strip_ask_nothing_and_enter_does(race, qtbot):
    strip = race.page.centre.probe.strip
    strip.setFocus()
    race.race.set_cursor(10)
    qtbot.keyClick(strip, Qt.Key.Key_Right)
    assert race.race.cursor == 11
    assert race.worker.of(cm.ExplainRace) == []
    qtbot.keyClick(strip, Qt.Key.Key_Return)
    assert race.worker.of(cm.ExplainRace) == [cm.ExplainRace(11)]
    assert explainer(race).shown


@pytest.mark.parametrize("key", [Qt.Key.Key_W, Qt.Key.Key_Return])
def test_a_key_anywhere_in_the_window_asks_at_the_cursor(race, qtbot, key):
    race.race.set_cursor(20)
    race.window.setFocus()
    qtbot.keyClick(race.window, key)
    assert race.worker.of(cm.ExplainRace) == [cm.ExplainRace(20)]
    assert explainer(race).shown


def test_the_palette_asks_too(race, qtbot):
    race.race.set_cursor(8)
    race.window.commands.open_palette()
    palette = race.window.palette_list
    qtbot.keyClicks(palette.field, "who explains")
    qtbot.keyClick(palette.field, Qt.Key.Key_Return)
    assert race.worker.of(cm.ExplainRace) == [cm.ExplainRace(8)]


def test_answers_are_shown_as_they_come(race):
    explainer(race).ask(39)
    view = explainer(race).view
    assert [block.rows for block in view.blocks] == [[], [], [], []]
    race.worker.tell(0, counting())
    race.pump()
    assert [len(block.rows) for block in view.blocks] == [2, 0, 0, 0]
    assert view.header.reading == "asking ... 1 of 4 answered"
    answer(race)
    assert [len(block.rows) for block in view.blocks] == [2, 2, 2, 4]
    assert "attention of the Transformer" in view.header.reading


def test_every_block_says_what_it_shows_to_those_who_hear(race):
    view = opened_at(race)
    assert view.blocks[3].accessibleName() == "Transformer"
    assert "Attention: hardly agrees 0.26" in view.blocks[3].accessibleDescription()


def test_one_cursor_runs_through_all_rows(race, qtbot):
    view = opened_at(race)
    block = view.blocks[1]
    qtbot.mouseMove(block, column_point(block, view.grid, 17, 40))
    assert race.race.cursor == 17
    assert {b.cursor_column for b in view.blocks} == {17}
    assert view.strip.cursor_token == 17
    assert view.strip.asked_token == 39


def test_the_arrow_keys_move_the_cursor_of_the_view(race, qtbot):
    view = opened_at(race)
    qtbot.keyClick(view.strip, Qt.Key.Key_Left)
    assert view.strip.cursor_token == 38
    race.window.setFocus()
    qtbot.keyClick(race.window, Qt.Key.Key_Left)
    assert view.strip.cursor_token == 37
    assert len(race.worker.of(cm.ExplainRace)) == 1


def test_a_click_on_another_character_asks_anew(race, qtbot):
    view = opened_at(race)
    qtbot.mouseClick(view.strip, LEFT, pos=column_point(view.strip, view.grid, 21, 30))
    assert race.worker.of(cm.ExplainRace)[-1] == cm.ExplainRace(21)
    assert view.strip.asked_token == 21
    assert [block.rows for block in view.blocks] == [[], [], [], []]
    answer(race, 39)
    assert view.blocks[0].rows == [], "an answer to the question before"
    answer(race, 21)
    assert len(view.blocks[3].rows) == 4


def test_enter_asks_about_the_character_at_the_cursor(race, qtbot):
    view = opened_at(race)
    qtbot.keyClick(view.strip, Qt.Key.Key_Home)
    qtbot.keyClick(view.strip, Qt.Key.Key_Right)
    qtbot.keyClick(view.strip, Qt.Key.Key_Return)
    assert race.worker.of(cm.ExplainRace)[-1] == cm.ExplainRace(1)


@pytest.mark.parametrize("how", ["escape", "escape in the window", "button"])
def test_it_is_left_by_key_and_by_mouse(race, qtbot, how):
    view = opened_at(race)
    if how == "button":
        qtbot.mouseClick(view.back, LEFT)
    elif how == "escape":
        qtbot.keyClick(view.strip, Qt.Key.Key_Escape)
    else:
        race.window.setFocus()
        qtbot.keyClick(race.window, Qt.Key.Key_Escape)
    assert not view.isVisible()
    assert race.page.strip is race.page.centre.probe.strip
    assert race.page.centre.drawer is None


def test_the_first_character_has_nothing_before_it(race):
    explainer(race).ask(0)
    assert race.worker.of(cm.ExplainRace) == []
    assert "nothing stands before the first character" in explainer(race).view.header.reading


def test_who_cannot_be_explained_says_so_in_its_block_and_nowhere_else(race):
    explainer(race).ask(39)
    race.worker.tell(0, counting())
    text = "RNN foretells no next token of a text: there is nothing to explain"
    race.worker.mailbox.post(race_ev.RaceRejected(text))
    race.pump()
    view = explainer(race).view
    assert view.blocks[1].accessibleDescription() == text
    assert text not in [line.notice.text for line in race.window.notices.lines]


def test_who_diverged_is_not_waited_for(race):
    race.race_on(3)
    race.worker.fall_out(2)
    race.pump()
    explainer(race).ask(39)
    view = explainer(race).view
    assert "LSTM fell out diverged" in view.blocks[2].accessibleDescription()


def test_when_the_race_goes_on_it_can_be_asked_again(race, qtbot):
    view = opened_at(race)
    assert not view.again.isVisible()
    race.worker.race_on(5)
    race.pump()
    assert view.again.isVisible()
    assert len(view.blocks[3].rows) == 4, "the old picture stays"
    qtbot.mouseClick(view.again, LEFT)
    assert race.worker.of(cm.ExplainRace) == [cm.ExplainRace(39), cm.ExplainRace(39)]


def test_after_a_step_it_is_asked_again_by_itself(race, qtbot):
    opened_at(race)
    race.worker.mailbox.post(race_ev.RaceResumed(race.worker.race_id, 0))
    race.pump()
    race.worker.send(cm.StepRace(1))
    race.pump()
    assert race.worker.of(cm.ExplainRace) == [cm.ExplainRace(39), cm.ExplainRace(39)]


def test_another_text_closes_it(race):
    view = opened_at(race)
    race.race.set_probe("A cat sat on a mat.")
    race.pump()
    assert not view.isVisible()


def test_hovering_a_row_says_what_the_agreement_is(race):
    view = opened_at(race)
    block = view.blocks[3]
    at = block.bed(3).center().toPoint()
    QApplication.sendEvent(block, QHelpEvent(QEvent.Type.ToolTip, at, block.mapToGlobal(at)))
    assert "Rank correlation with the truth" in QToolTip.text()
    QToolTip.hideText()


def test_numbers_and_picture_are_copied_and_saved(race, tmp_path):
    opened_at(race)
    clipboard = QApplication.clipboard()
    explainer(race).copy_numbers()
    assert clipboard.text().startswith("model,step,position,token,bits,witness")
    assert "\nTransformer,0,39,F,4,attention,0.26,0,I," in clipboard.text()
    explainer(race).copy_picture()
    assert not clipboard.pixmap().isNull()
    explainer(race).save(tmp_path / "why")
    explainer(race).save(tmp_path / "why.png")
    assert (tmp_path / "why.csv").read_text(encoding="utf-8").count("\n") > 300
    assert (tmp_path / "why.png").read_bytes().startswith(b"\x89PNG")


def test_what_cannot_be_saved_is_said(race, tmp_path, qtbot):
    opened_at(race)
    with qtbot.waitSignal(explainer(race).refused) as told:
        explainer(race).save(tmp_path / "nowhere" / "why.csv")
    assert "why.csv could not be saved" in told.args[0]


def test_the_menu_offers_copying_and_saving(race):
    view = opened_at(race)
    menu = explainer(race)._show_menu(view.more)
    assert [a.text() for a in menu.actions()] == ["Copy numbers", "Copy picture", "Save as CSV ...", "Save as PNG ..."]
    menu.close()


@pytest.mark.parametrize(("size", "name"), [((1280, 800), "light"), ((800, 560), "dark"), ((2560, 1440), "light")])
def test_it_fits_windows_of_all_sizes(open_race, size, name):
    race = open_race(size=size)
    race.window.choose_theme(name)
    view = opened_at(race)
    assert view.grid.right <= view.width()
    assert view.grid.cell >= 9
    assert view.grid.shows(39)
    view.grab()


def test_a_long_probe_shows_the_window_that_ends_behind_the_asked_character(open_race):
    race = open_race(size=(1280, 800))
    text = "so I speak fluent French. " * 5
    race.race.set_probe(text)
    race.pump()
    view = opened_at(race, 120)
    assert view.grid.visible < len(text)
    assert view.grid.shows(120)
    assert view.grid.first + view.grid.visible <= 125
    race.race.set_cursor(3)
    assert view.grid.shows(3)
    view.grab()
