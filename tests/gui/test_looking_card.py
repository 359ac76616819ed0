from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from seqviz.gui.panels.base import Cursor


def test_without_a_panel_it_teaches_the_first_steps(opened):
    assert opened.window.card.kicker.text() == "first steps"
    assert not opened.window.card.pin.isVisible()


def test_the_panel_under_the_mouse_is_explained(opened):
    opened.learn(5)
    frame = opened.window.board.frame("gradient_map")
    frame.pointed.emit(frame)
    card = opened.window.card
    assert card.kicker.text() == "looking at"
    assert card.title.text() == frame.panel.explain(opened.session.cursor).title
    assert card.formula.formula


def test_it_says_what_to_watch_for_as_the_preset_does(opened):
    assert opened.window.card.watch_for.text() == opened.session.config.watch_for


def test_pin_holds_the_position_as_s(opened, qtbot):
    opened.learn(5)
    frame = opened.window.board.frame("gradient_map")
    frame.pointed.emit(frame)
    opened.session.set_cursor(Cursor(6))
    qtbot.mouseClick(opened.window.card.pin, Qt.MouseButton.LeftButton)
    assert opened.session.pinned == 6
    assert opened.session.cursor.key == 6


def test_the_numbers_can_be_copied(opened, qtbot):
    opened.learn(5)
    frame = opened.window.board.frame("gates")
    frame.pointed.emit(frame)
    opened.window.card.refresh()
    qtbot.mouseClick(opened.window.card.copy, Qt.MouseButton.LeftButton)
    assert QApplication.clipboard().text().startswith(opened.window.card.title.text())


def test_once_something_was_learnt_it_speaks_of_the_first_map_until_another_is_pointed_at(opened):
    opened.learn(5)
    card = opened.window.card
    card.refresh()
    assert card.kicker.text() == "looking at"
    assert card.frame_name == opened.window.sheet.frames[0].name
    gates = opened.window.board.frame("gates")
    gates.pointed.emit(gates)
    assert card.frame_name == "gates"
