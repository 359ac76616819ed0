from __future__ import annotations

import numpy as np
import pytest

from seqviz.gui.panels.base import Cursor
from seqviz.gui.panels.belief_map import STAGES, BeliefMapPanel
from tests.gui.panels.estimate_frames import shot, told, walk
from tests.gui.panels.sheet_frames import colour_at, hover, lay_out, picture


@pytest.fixture
def panel(qtbot) -> BeliefMapPanel:
    made = BeliefMapPanel()
    qtbot.addWidget(made)
    lay_out(made, n=4, height=220)
    return made


def test_a_surer_cell_is_lighter(panel):
    arrays = walk()
    panel.present(shot(arrays, column=0))
    image = picture(panel)
    row = arrays["belief.updated"][3]
    sure, unsure = (panel.cell_rect(3, cell) for cell in (int(row.argmax()), int(row.argmin())))
    dark, light = (
        int(colour_at(image, r.left() + 3, r.top() + 3)[3:5], 16) for r in (unsure, sure)
    )  # the green of viridis rises
    assert light > dark


def test_the_true_cell_has_a_ring(panel):
    arrays = walk()
    panel.present(shot(arrays, column=0))
    with_ring = picture(panel)
    panel.present(shot(arrays | {"estimate.truth": np.full(4, np.nan, np.float32)}, column=0))
    without, rect = picture(panel), panel.cell_rect(2, 3).toRect()
    assert with_ring.copy(rect) != without.copy(rect)
    other = panel.cell_rect(2, 0).toRect()
    assert with_ring.copy(other) == without.copy(other)


def test_the_belief_before_the_reading_can_be_chosen(panel):
    arrays = walk()
    panel.present(shot(arrays))
    assert panel.menu_choices() == (("belief", STAGES, STAGES[0]),)
    panel.choose("belief", STAGES[1])
    assert np.array_equal(panel.shown, arrays["belief.predicted"])


def test_of_a_net_there_is_only_what_it_believes_in_the_end(panel):
    panel.present(shot(told(walk())))
    assert panel.menu_choices() == ()
    assert panel.ready()


def test_the_reading_counts_the_steps_at_which_the_likeliest_cell_is_the_true_one(panel):
    arrays = walk()
    panel.present(shot(arrays))
    right = int((arrays["belief.updated"].argmax(1) == arrays["estimate.truth"]).sum())
    assert panel.reading().startswith(f"the likeliest cell is the true one at **{right} of 4** steps; doubt goes from ")


def test_the_card_says_what_the_cursor_stands_on(panel):
    arrays = walk()
    panel.present(shot(arrays))
    said = panel.explain(Cursor(2))
    assert {q.name: q.value for q in said.quantities}["true"] == f"cell 4, a door: {arrays['belief.updated'][2, 3]:.2f}"
    assert said.key_meaning == "bits of doubt; 2.3 would be knowing nothing"


def test_the_mouse_moves_the_cursor(panel, qtbot):
    panel.present(shot(walk(), column=0))
    with qtbot.waitSignal(panel.cursor_moved) as moved:
        hover(panel, panel.grid.centre_of(2), 40)
    assert moved.args[0].column == 2


def test_the_card_says_the_signs_of_the_step_in_words(panel):
    panel.present(shot(walk(), column=2))
    quantities = {q.name: q.value for q in panel.explain(Cursor(2)).quantities}
    assert quantities["t = 2"] in ("told to go right", "told to go left", "no move")
    assert quantities["senses"] in ("a door", "a wall")
