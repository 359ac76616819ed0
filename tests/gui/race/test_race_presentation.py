"""F11 on the race page: slides in large type, turned by keys."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt

from seqviz.core import commands as cm
from seqviz.gui import theme
from seqviz.gui.race.slides import ChancesSlide, ColumnsSlide, DecaySlide, LearningSlide, TableSlide

ORDER = (LearningSlide, DecaySlide, ColumnsSlide, ChancesSlide, TableSlide)


@pytest.fixture
def presented(opened, qtbot):
    """The race at step 200, presented."""
    opened.race_on(200)
    qtbot.keyClick(opened.window, Qt.Key.Key_F11)
    yield opened
    opened.window.leave_presentation()


def slides(opened):
    return [type(slide) for slide in opened.window.race_presentation.shown]


def test_f11_presents_the_curves_in_large_type_and_escape_leads_back(presented, qtbot):
    assert theme.presentation()
    assert presented.window.race_presentation.question.text() == "Who learns fastest?"
    assert len(presented.window.race_presentation.shown[0].plot.lines) == len(presented.race.racers)
    qtbot.keyClick(presented.window.race_presentation, Qt.Key.Key_Escape)
    assert not theme.presentation()
    assert presented.page.isVisible()
    assert presented.window.race_presentation.shown == []


def test_page_keys_turn_the_slides_round(presented, qtbot):
    page = presented.window.race_presentation
    for kind in (*ORDER[1:], ORDER[0]):
        qtbot.keyClick(page, Qt.Key.Key_PageDown)
        assert slides(presented) == [kind]
    qtbot.keyClick(page, Qt.Key.Key_PageUp)
    assert slides(presented) == [ORDER[-1]]


def test_two_stand_side_by_side_on_2_and_one_on_1(presented, qtbot):
    page = presented.window.race_presentation
    qtbot.keyClick(page, Qt.Key.Key_2)
    assert slides(presented) == [LearningSlide, DecaySlide]
    qtbot.keyClick(page, Qt.Key.Key_1)
    assert slides(presented) == [LearningSlide]


def test_racers_are_still_traced_while_they_are_presented(presented):
    assert presented.worker.of(cm.WatchRace)[-1].watch.wants


def test_space_races_on_and_the_curves_follow(presented, qtbot):
    qtbot.keyClick(presented.window.race_presentation, Qt.Key.Key_Space)
    assert presented.worker.of(cm.PlayRace)
    presented.race_on(400)
    presented.window.race_presentation.refresh()
    lines = presented.window.race_presentation.shown[0].plot.lines
    assert max(float(line.xs[-1]) for line in lines if len(line.xs)) > 200


def test_the_clock_chosen_on_a_slide_is_that_of_the_page(presented):
    presented.window.race_presentation.shown[0].clock.choose("seconds")
    assert presented.page.centre.clock.current == "seconds"


def test_the_cursor_key_moves_to_the_next_token_and_the_bars_follow(presented, qtbot):
    page = presented.window.race_presentation
    for _ in range(3):
        qtbot.keyClick(page, Qt.Key.Key_PageDown)
    before, told = presented.race.cursor, page.shown[0].heading.accessibleDescription()
    qtbot.keyClick(page, Qt.Key.Key_Left)
    assert presented.race.cursor == before - 1
    assert page.shown[0].heading.accessibleDescription() != told


def test_where_labels_are_told_the_bars_are_of_what_is_right_at_the_token(presented, qtbot):
    racer = presented.race.chosen
    racer.run = replace(racer.run, provides=tuple(name for name in racer.run.provides if name != "surprisal"))
    page = presented.window.race_presentation
    for _ in range(3):
        qtbot.keyClick(page, Qt.Key.Key_PageDown)
    assert "what is right at" in page.shown[0].heading.accessibleDescription()


def test_the_table_of_a_slide_keeps_to_the_columns_that_fit(presented, qtbot):
    page = presented.window.race_presentation
    qtbot.keyClick(page, Qt.Key.Key_PageUp)
    table = page.shown[0].table
    qtbot.waitUntil(lambda: table.view.isColumnHidden(9))
    shown = [n for n in range(table.sorted.columnCount()) if not table.view.isColumnHidden(n)]
    assert {0, 1, 2, 3} <= set(shown)
    assert sum(table.view.columnWidth(n) for n in shown) <= table.view.viewport().width()


def test_one_model_is_turned_to_from_the_slides(presented):
    presented.window.show_one_model()
    assert not theme.presentation()
    assert presented.window.pages.currentIndex() == 0
