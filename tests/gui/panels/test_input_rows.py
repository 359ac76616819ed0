from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from seqviz.gui import theme
from seqviz.gui.panels.base import Cursor, Snapshot
from seqviz.gui.panels.input_rows import ALL, MATRIX, SYMBOLS, TOKENS, InputRowsPanel, most_alike
from tests.gui.panels.sheet_frames import colour_at, picture, run_of, snapshot_of

TEXT = tuple("bead")
READ = np.array([1, 4, 0, 3])  # b e a d among abcdefgh


def arrays(symbols: np.ndarray | None = None, scale: float = 1.0) -> dict[str, np.ndarray]:
    kept = np.arange(8) if symbols is None else symbols
    rows = np.random.default_rng(0).normal(0, 0.5, (1000, 6)).astype(np.float32)[kept]
    return {TOKENS: READ, SYMBOLS: kept, MATRIX: scale * rows}


def snapshot(column: int = 1, one_hot: bool = False, **changes: object) -> Snapshot:
    encoding = {"input_encoding": "one_hot" if one_hot else "embedding"}
    return snapshot_of(arrays(**changes), Cursor(column), run_of("lstm", (MATRIX,), encoding), TEXT)


@pytest.fixture
def panel(qtbot) -> InputRowsPanel:
    made = InputRowsPanel()
    qtbot.addWidget(made)
    made.resize(460, 300)
    return made


def test_the_token_at_the_cursor_lights_its_cell_and_picks_its_row(panel):
    panel.present(snapshot(1))
    assert panel.picked == 4
    assert panel.reading() == "“e” picks **row 4** of 8; the other 7 are multiplied by 0"
    image, area, ink = picture(panel), panel.matrix_rect(), theme.theme().ink.name()
    lit = [row for row in range(8) if colour_at(image, panel.one_hot_rect(row, area).left() + 2,
                                                panel.one_hot_rect(row, area).center().y()) == ink]  # fmt: skip
    assert lit == [4]


def test_the_vector_below_has_the_colours_of_the_picked_row(panel):
    panel.present(snapshot(3))
    image, area = picture(panel), panel.matrix_rect()
    row = panel.row_rect(panel.picked, area).center().y()
    below = area.bottom() + theme.px(12) + theme.px(9)
    columns = [area.left() + (place + 0.5) * area.width() / 6 for place in range(6)]
    assert [colour_at(image, x, row) for x in columns] == [colour_at(image, x, below) for x in columns]
    assert len({colour_at(image, x, below) for x in columns}) > 3


def test_the_words_say_whose_matrix_it_is(panel):
    panel.present(snapshot(one_hot=False))
    assert not panel.one_hot
    before = picture(panel)
    panel.present(snapshot(one_hot=True))
    assert panel.one_hot
    assert picture(panel) != before


def test_of_many_symbols_those_around_the_cursors_are_shown_and_all_on_request(panel):
    panel.present(snapshot(1, symbols=np.arange(200)))
    shown = panel.rows_shown()
    assert panel.picked in shown
    assert len(shown) < 30
    picture(panel)
    panel.choose("rows", ALL)
    assert panel.rows_shown() == range(200)
    picture(panel)


def test_a_row_is_found_by_its_symbol_where_only_some_are_sent(panel):
    kept = np.array([0, 1, 3, 4, 700])
    panel.present(snapshot(1, symbols=kept))
    assert kept[panel.picked] == 4
    assert "**row 4** of 701" in panel.reading()
    picture(panel)


def test_the_range_is_fixed_until_it_is_fitted(panel):
    first = snapshot()
    panel.present(first)
    bar = panel.colour_bar()
    panel.present(replace(first, frame=snapshot(scale=9.0).frame))
    assert panel.colour_bar() == bar
    panel.choose("range", "fit to what is shown")
    assert panel.colour_bar() != bar


def test_the_card_names_the_row_most_alike(panel):
    rows = np.array([[1.0, 0.0], [0.0, 1.0], [2.0, 0.1]])
    assert most_alike(rows, 0) == (2, pytest.approx(1 / np.hypot(1, 0.05)))
    panel.present(snapshot())
    card = panel.explain(Cursor(1))
    assert {q.name: q.value for q in card.quantities}["its number k"] == "4"
    assert "most alike" in card.key_meaning
    assert set(panel.export()) == {MATRIX, SYMBOLS}


def test_without_a_frame_it_is_a_ghost_and_says_nothing(panel):
    panel.clear()
    assert panel.reading() == ""
    assert panel.colour_bar() is None
    assert panel.export() == {}
    picture(panel)


def test_it_says_which_run_has_no_matrix_to_pick_from():
    assert InputRowsPanel.reason_unserved(run_of("counting", ("losses",))) is not None
    assert InputRowsPanel.reason_unserved(run_of("lstm", ("input.matrix",))) is None


def test_it_stands_in_the_layout_where_rows_go_in_as_they_are():
    assert InputRowsPanel.shown_at_first(run_of(model={"input_encoding": "one_hot"}))
    assert not InputRowsPanel.shown_at_first(run_of(model={"input_encoding": "embedding"}))
