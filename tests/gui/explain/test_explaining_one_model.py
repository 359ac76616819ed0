"""The page of one model explains a token; the real trainer answers for one model and for a race."""

from __future__ import annotations

import pytest
from canned import attending, net
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication
from real_worker import RealWindow, tiny_config

from seqviz.core import commands as cm
from seqviz.core import events as ev
from seqviz.core.config import parse_config
from seqviz.gui.panels.base import Cursor


def answer(opened, told) -> None:
    opened.worker.mailbox.post(told)
    opened.pump()


@pytest.mark.parametrize("how", ["enter on the strip", "w", "enter in the window", "menu"])
def test_keys_and_the_strips_menu_ask(opened, qtbot, how):
    window, strip = opened.window, opened.window.sheet.strip
    opened.session.set_cursor(Cursor(13))
    if how == "menu":
        menu = window.show_strip_menu(QPoint(round(window.sheet.grid.centre_of(13)), 30))
        first = menu.actions()[0]
        assert first.text() == "Who explains “F”?"
        first.trigger()
        menu.close()
    else:
        target = strip if how == "enter on the strip" else window
        target.setFocus()
        qtbot.keyClick(target, Qt.Key.Key_W if how == "w" else Qt.Key.Key_Return)
    assert opened.worker.of(cm.Explain) == [cm.Explain(13)]
    assert window.explainer.shown
    assert window.explainer.view.header.reading == "asking ..."


def test_a_click_on_the_strip_only_moves_the_cursor(opened, qtbot):
    strip, grid = opened.window.sheet.strip, opened.window.sheet.grid
    qtbot.mouseClick(strip, Qt.MouseButton.LeftButton, pos=QPoint(round(grid.centre_of(20)), 30))
    assert opened.session.cursor.column == 20
    assert opened.worker.of(cm.Explain) == []


def test_out_of_a_presentation_it_leads_back_to_the_page(opened):
    opened.learn(3)
    opened.window.toggle_presentation()
    opened.pump()
    assert opened.window.presenting
    opened.window.explain()
    assert not opened.window.presenting
    assert opened.window.explainer.shown


def test_f2_still_edits_the_probe(opened, qtbot):
    strip = opened.window.sheet.strip
    strip.setFocus()
    qtbot.keyClick(strip, Qt.Key.Key_F2)
    assert strip._field is not None


def test_there_is_one_block_and_the_reading_names_no_model(opened):
    opened.window.explainer.ask(39)
    answer(opened, attending())
    view = opened.window.explainer.view
    assert [len(block.rows) for block in view.blocks] == [4]
    assert view.header.reading.startswith("Nearest to the truth: **gradient**")


def test_escape_leads_back_to_the_views(opened, qtbot):
    opened.window.explainer.ask(39)
    answer(opened, net())
    qtbot.keyClick(opened.window.explainer.view.strip, Qt.Key.Key_Escape)
    assert opened.window.centre.currentWidget() is opened.window.centre.views
    assert opened.window.key_strip() is opened.window.sheet.strip


def test_the_cursor_keys_reach_the_views_strip_while_it_stands(opened, qtbot):
    opened.window.explainer.ask(39)
    answer(opened, net())
    opened.window.setFocus()
    qtbot.keyClick(opened.window, Qt.Key.Key_Left)
    assert opened.window.explainer.view.strip.cursor_token == 38
    assert opened.window.explainer.view.blocks[0].cursor_column == 38


def test_a_refusal_is_said_in_the_view(opened):
    opened.window.explainer.ask(39)
    text = "LSTM foretells no next token of a text: there is nothing to explain"
    answer(opened, ev.Rejected(text))
    assert opened.window.explainer.view.blocks[0].accessibleDescription() == text
    assert opened.window.notices.lines == []


def test_a_new_run_closes_it(opened):
    opened.window.explainer.ask(39)
    answer(opened, net())
    opened.session.reset()
    opened.pump()
    assert not opened.window.explainer.shown
    assert opened.window.centre.currentWidget() is opened.window.centre.views


def test_before_there_is_a_run_nobody_is_asked(open_window, qtbot):
    opened = open_window(ready=False)
    with qtbot.waitSignal(opened.window.explainer.refused):
        opened.window.explainer.ask(3)
    assert opened.worker.of(cm.Explain) == []


@pytest.fixture
def real(tmp_path, qtbot):
    made = []

    def make(config, built=lambda window: window.session.state == "paused"):
        made.append(RealWindow(tmp_path, config))
        made[-1].window.resize(1200, 800)
        made[-1].window.show()
        made[-1].wait(lambda: built(made[-1].window))
        return made[-1]

    yield make
    for one in made:
        one.window.close()
        one.window.deleteLater()
    QApplication.processEvents()


def test_the_real_trainer_answers(real):
    opened = real(tiny_config())
    explainer = opened.window.explainer
    opened.wait(lambda: len(opened.session.snapshot().labels()) > 10)
    explainer.ask(12)
    opened.wait(lambda: not explainer.asking.waiting)
    (block,) = explainer.view.blocks
    assert [row.item.witness for row in block.rows] == ["replacing", "gradient"]
    assert "**Gradient**" in explainer.view.header.reading


def test_a_model_that_foretells_no_text_says_so(real):
    opened = real(tiny_config(task__name="fill_in", model__name="bilstm"))
    explainer = opened.window.explainer
    opened.wait(lambda: len(opened.session.snapshot().labels()) > 10)
    explainer.ask(5)
    opened.wait(lambda: not explainer.asking.waiting)
    assert "nothing to explain" in explainer.view.blocks[0].accessibleDescription()


def test_the_real_race_answers_racer_by_racer(real):
    racers = ({"model": {"name": "ngram", "order": 3}}, {"model": {"name": "transformer", "d_model": 8, "n_heads": 2}})
    tree = tiny_config().model_dump() | {"racers": racers}
    opened = real(parse_config(tree), lambda window: bool(window.race.tokens()) and window.race.state == "paused")
    explainer = opened.window.race_page.explainer
    explainer.ask(12)
    opened.wait(lambda: not explainer.asking.waiting)
    heard = [[row.item.witness for row in block.rows] for block in explainer.view.blocks]
    assert heard == [["replacing", "sight", "counts"], ["replacing", "sight", "gradient", "attention"]]
    explainer.copy_numbers()
    assert "counts" in QApplication.clipboard().text()
