from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel

from seqviz.gui import theme
from seqviz.gui.panels.base import panels


@pytest.fixture
def page(opened):
    opened.learn(20)
    opened.window.toggle_presentation()
    opened.pump()
    return opened.window.presentation


def test_the_smallest_type_is_eighteen(page):
    sizes = [label.font().pixelSize() for label in page.findChildren(QLabel) if label.isVisible() and label.text()]
    assert sizes
    assert min(sizes) >= 18


def test_at_most_thirty_six_characters_are_shown(page):
    assert page.shown[0].panel.grid.visible <= 36
    assert page.shown[0].panel.grid.cell >= 16


def test_two_panels_stand_side_by_side_on_request(page, qtbot):
    qtbot.keyClick(page, Qt.Key.Key_2)
    assert len(page.shown) == 2
    qtbot.keyClick(page, Qt.Key.Key_1)
    assert len(page.shown) == 1


def test_page_down_shows_the_next_panel(page, qtbot):
    before = page.shown[0].panel.name
    qtbot.keyClick(page, Qt.Key.Key_PageDown)
    assert page.shown[0].panel.name != before


def test_only_the_presented_panel_is_traced(opened, page):
    assert any(want.startswith("gradient.itemised") for want in opened.worker.watched)
    assert "layers.*.forget_gate" not in opened.worker.watched


def test_space_still_trains_and_pauses(opened, page, qtbot):
    qtbot.keyClick(page, Qt.Key.Key_Space)
    opened.pump()
    assert opened.session.state == "running"
    assert page.play.sign == "pause"


def test_leaving_takes_type_and_wants_back(opened, page):
    opened.window.leave_presentation()
    opened.pump()
    assert theme.scale() == 1.0
    assert "layers.*.forget_gate" in opened.worker.watched
    assert page.shown == []


def test_without_a_panel_in_sight_it_says_so(opened):
    opened.learn(5)
    opened.window.show_own_text()
    opened.window.toggle_presentation()
    assert not opened.window.presenting
    assert "No panel is open" in opened.window.notices.kept[-1].text


def test_every_panels_question_is_whole_on_the_smallest_projector(page, opened):
    opened.window.resize(1280, 720)
    room = opened.window.width() - 2 * 32  # the margins of the stage
    measure = theme.metrics(20, bold=True)
    asked = {kind.question or kind.title for _, kind in panels.items()}
    assert [question for question in asked if measure.horizontalAdvance(question) > room] == []
