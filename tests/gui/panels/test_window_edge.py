from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtGui import QColor

from seqviz.gui import theme
from seqviz.gui.panels.base import Cursor, Snapshot
from seqviz.gui.panels.window_edge import FIRST, WindowEdgePanel
from tests.gui.panels.sheet_frames import N, colour_at, hover, lay_out, picture, run_of, snapshot_of

WINDOW = 4
LIT = 76 + 2  # x of the left edge of a column, past its hairline


def arrays(window: int = WINDOW) -> dict[str, np.ndarray]:
    bits = np.full(N, 2.0, dtype=np.float32)
    bits[0], bits[9] = np.nan, 6.5
    return {FIRST: np.maximum(np.arange(N) - window + 1, 0), "surprisal": bits}


def snapshot(column: int, key: int | None = None, window: int = WINDOW) -> Snapshot:
    return snapshot_of(arrays(window), Cursor(column, None, key), run_of("convolution", (FIRST,)))


@pytest.fixture
def panel(qtbot) -> WindowEdgePanel:
    made = WindowEdgePanel()
    qtbot.addWidget(made)
    lay_out(made, height=38)
    return made


def test_cells_inside_the_window_are_lit_and_those_before_it_are_not(panel):
    panel.present(snapshot(8))
    image, lit = picture(panel), theme.family_colour("convolution").name()
    y = panel.stretch(0, 1).top() + 2
    shown = [colour_at(image, LIT + 24 * s + 8, y) == lit for s in (0, 4, 5, 7, 9)]
    assert shown == [False, False, True, True, False]


def test_the_reading_counts_what_is_out_of_sight_and_says_what_the_next_token_costs(panel):
    panel.resize(900, 38)
    panel.present(snapshot(8))
    assert panel.reading() == "**5 of 9 characters** out of sight; the next, “t”, costs **6.5 bits**"
    panel.present(snapshot(2))
    assert panel.reading().startswith("nothing is out of sight yet")


def test_a_pinned_cue_is_said_to_drop_out_when_the_cursor_moves_on(panel):
    panel.resize(900, 38)
    panel.present(snapshot(7, key=4))
    assert "“c” is in sight" in panel.reading()
    panel.present(snapshot(8, key=4))
    assert "“c” is out of sight" in panel.reading()
    panel.present(snapshot(3, key=4))
    assert panel.cue is None  # it has not been read yet


def test_a_pinned_cue_is_marked_on_top_of_its_cell(panel):
    panel.present(snapshot(8, key=4))
    ink = theme.theme().ink.name()
    x = round(panel.grid.centre_of(4))
    assert colour_at(picture(panel), x, panel.stretch(0, 1).top() - 4) == ink
    panel.present(snapshot(8))
    assert colour_at(picture(panel), x, panel.stretch(0, 1).top() - 4) != ink


def test_the_card_spells_out_the_window(panel):
    panel.present(snapshot(8, key=4))
    card = panel.explain(Cursor(8, None, 4))
    said = {quantity.name: quantity.value for quantity in card.quantities}
    assert said["window n"] == "4 characters"
    assert said["out of sight"] == "the·c"
    assert said["in sight"] == "at,·"
    assert said["pinned, 4 back"] == "c of cat"
    assert card.key_number == "5"


def test_the_mouse_moves_the_token_cursor(panel, qtbot):
    panel.present(snapshot(8))
    with qtbot.waitSignal(panel.cursor_moved) as moved:
        hover(panel, 76 + 3 * 24 + 5, 12)
    assert moved.args[0].column == 3


def test_the_last_position_has_nothing_to_foretell_and_an_unknown_cost_is_not_said(panel):
    panel.present(snapshot(N - 1))
    assert "costs" not in panel.reading()
    picture(panel)
    bare = snapshot(8)
    panel.present(replace(bare, frame=replace(bare.frame, arrays={FIRST: arrays()[FIRST]})))
    assert "costs" not in panel.reading()
    picture(panel)


def test_without_a_frame_it_is_a_ghost_and_says_nothing(panel):
    panel.clear()
    assert panel.reading() == ""
    assert panel.export() == {}
    assert QColor(picture(panel).pixel(200, 20)).isValid()


def test_it_says_that_a_model_with_unbounded_sight_has_no_edge():
    assert "sees everything" in str(WindowEdgePanel.reason_unserved(run_of("lstm", ("layers.*.hidden_state",))))
    assert WindowEdgePanel.reason_unserved(run_of("convolution", (FIRST,))) is None


@pytest.mark.parametrize("name", ["light", "dark"])
def test_words_in_the_row_can_be_read(panel, name):
    theme.set_theme(name)
    panel.present(snapshot(12))
    picture(panel)
    lit = theme.family_colour("convolution")
    assert theme.contrast(theme.contrasting(lit), lit) >= 4.5
    assert theme.contrast(theme.theme().ink2, theme.theme().ghost) >= 4.5
