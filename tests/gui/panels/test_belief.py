from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt

from seqviz.gui import theme
from seqviz.gui.panels.base import Cursor
from seqviz.gui.panels.belief import BeliefPanel
from seqviz.gui.panels.belief_data import doubt_bits
from tests.gui.panels.estimate_frames import CELLS, estimator, shot, told, walk
from tests.gui.panels.sheet_frames import picture, run_of


@pytest.fixture
def panel(qtbot) -> BeliefPanel:
    made = BeliefPanel()
    qtbot.addWidget(made)
    made.resize(320, 380)
    made.show()
    return made


def test_the_three_rows_are_the_halves_of_one_step_with_the_reading_between(panel):
    arrays = walk()
    panel.present(shot(arrays))
    first, between, last = panel.rows()
    assert np.array_equal(first.values, arrays["belief.predicted"][2])
    assert np.array_equal(between.values, arrays["belief.likelihood"][2])
    assert np.array_equal(last.values, arrays["belief.updated"][2])
    assert first.words == "told to go right"
    assert between.words.startswith("a door")


def test_up_and_down_go_through_the_probe_by_halves_of_a_step(panel, qtbot):
    panel.present(shot(walk(), column=1))
    moves: list[Cursor] = []
    panel.cursor_moved.connect(moves.append)
    panel.setFocus()
    qtbot.keyClick(panel, Qt.Key.Key_Down)
    assert (panel.half, moves) == (1, [Cursor(2)])
    panel.present(shot(walk(), column=2))
    assert panel.rows()[2].values is None
    qtbot.keyClick(panel, Qt.Key.Key_Down)
    assert (panel.half, moves) == (2, [Cursor(2)])
    assert panel.rows()[2].values is not None
    qtbot.keyClick(panel, Qt.Key.Key_Up)
    qtbot.keyClick(panel, Qt.Key.Key_Up)
    assert (panel.half, moves[-1]) == (2, Cursor(1))


def test_half_steps_end_where_the_probe_ends(panel, qtbot):
    panel.present(shot(walk(), column=3))
    with qtbot.assertNotEmitted(panel.cursor_moved):
        qtbot.keyClick(panel, Qt.Key.Key_Down)
    panel.present(shot(walk(), column=0))
    with qtbot.assertNotEmitted(panel.cursor_moved):
        for _ in range(3):
            qtbot.keyClick(panel, Qt.Key.Key_Up)
    assert panel.half == 1


def test_a_click_on_the_upper_row_takes_the_reading_back_and_one_below_gives_it(panel, qtbot):
    panel.present(shot(walk()))
    qtbot.mouseClick(panel, Qt.MouseButton.LeftButton, pos=QPoint(150, 40))
    assert panel.half == 1
    assert "reading comes next" in panel.reading()
    qtbot.mouseClick(panel, Qt.MouseButton.LeftButton, pos=QPoint(150, 300))
    assert panel.half == 2


def test_the_reading_names_the_likeliest_cell_and_the_true_one(panel):
    arrays = walk()
    panel.resize(900, 380)
    panel.present(shot(arrays))
    doubt = doubt_bits(arrays["belief.predicted"][2]) - doubt_bits(arrays["belief.updated"][2])
    best = int(arrays["belief.updated"][2].argmax())
    share = f"{arrays['belief.updated'][2, best]:.0%}".replace("%", " %")
    place = "where it is" if best == 3 else "but it is in cell 4, a door"
    assert (
        panel.reading() == f"**{share}** on cell {CELLS[best][0]}, a door, {place}; the reading took {doubt:.1f} bits"
    )


def test_the_card_has_the_numbers_of_the_formula_at_the_true_cell(panel):
    arrays = walk()
    panel.present(shot(arrays))
    said = panel.explain(Cursor(2))
    numbers = {q.name: q.value for q in said.quantities}
    before, likelihood = arrays["belief.predicted"][2], arrays["belief.likelihood"][2]
    assert numbers["predicted, the sum over c′"] == f"{before[3]:.3f}"
    assert numbers["p(z | c)"] == "0.90"
    assert numbers["η, one over the sum of all"] == f"{1 / (before * likelihood).sum():.2f}"
    assert said.key_number == f"{arrays['belief.updated'][2, 3]:.2f}"


def test_of_a_net_there_is_one_row_and_keys_move_by_whole_steps(panel, qtbot):
    panel.present(shot(told(walk())))
    (row,) = panel.rows()
    assert row.name == "belief"
    with qtbot.waitSignal(panel.cursor_moved) as moved:
        qtbot.keyClick(panel, Qt.Key.Key_Down)
    assert moved.args == [Cursor(3)]
    assert "softmax" in panel.explain(Cursor(2)).formula


def test_a_cell_that_nobody_knows_is_not_marked(panel):
    arrays = walk()
    arrays["estimate.truth"] = np.full(4, np.nan, np.float32)
    panel.present(shot(arrays))
    assert "where it is" not in panel.reading()
    picture(panel)


def test_who_estimates_nothing_cannot_serve_it():
    assert BeliefPanel.reason_unserved(run_of(provides=("layers.0.hidden_state",))) is not None
    assert BeliefPanel.reason_unserved(estimator(walk())) is None


@pytest.mark.parametrize("name", ["light", "dark"])
@pytest.mark.parametrize("size", [(320, 380), (240, 170), (900, 700)])
def test_it_paints_at_every_size_in_both_themes(panel, name, size):
    theme.set_theme(name)
    panel.resize(*size)
    panel.present(shot(walk()))
    shown = picture(panel)
    panel.clear()
    assert picture(panel) != shown
    assert panel.reading() == ""
    assert panel.export() == {}
