from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QRectF

from seqviz.core.batch import Ruler
from seqviz.core.events import Frame
from seqviz.gui.colour_maps import MASKED
from seqviz.gui.panels.attention import AttentionPanel
from seqviz.gui.panels.base import Cursor, Snapshot
from seqviz.gui.widgets.causal_map import empty_half
from tests.gui.panels.sheet_frames import N, click, frame_of, hover, lay_out, picture, run_of, snapshot_of

MODEL = {"d_model": 16, "n_heads": 2}


def even() -> np.ndarray:
    rows = np.tril(np.ones((N, N), dtype=np.float32))
    return rows / rows.sum(axis=1, keepdims=True)


def previous() -> np.ndarray:
    rows = np.zeros((N, N), dtype=np.float32)
    rows[0, 0] = 1.0
    rows[np.arange(1, N), np.arange(N - 1)] = 1.0
    return rows


def arrays(blocks: int = 2) -> dict[str, np.ndarray]:
    made = {f"blocks.{b}.attention.pattern": np.stack([even(), previous()]) for b in range(blocks)}
    made["blocks.1.attention.scores"] = np.full((2, N, N), 3.0, dtype=np.float32)
    return made


def snapshot(cursor: Cursor | None = None, blocks: int = 2) -> Snapshot:
    return snapshot_of(arrays(blocks), cursor, run_of("transformer", tuple(arrays()), MODEL))


@pytest.fixture
def panel(qtbot) -> AttentionPanel:
    made = AttentionPanel()
    qtbot.addWidget(made)
    lay_out(made, width=560, height=340)
    return made


def test_heads_are_named_by_what_they_do(panel):
    panel.present(snapshot())
    assert [panel.head_name(head) for head in panel.heads] == ["1.1 broad", "1.2 previous", "2.1 broad", "2.2 previous"]


def test_the_future_is_not_drawn(panel):
    panel.present(snapshot())
    assert (panel.indices[np.triu_indices(N, 1)] == MASKED).all()
    assert (panel.indices[np.tril_indices(N)] != MASKED).all()


def test_a_click_on_a_thumbnail_enlarges_that_head(panel, qtbot):
    panel.present(snapshot())
    picture(panel)
    gallery = panel._gallery(empty_half(panel.geometry_of_map()))
    at = gallery.picture((0, 1)).center()
    with qtbot.waitSignal(panel.wants_changed):  # another block: its scores are wanted now
        click(panel, at.x(), at.y())
    assert panel.selected == (0, 1)
    assert panel.values[3, 2] == 1.0
    assert "blocks.0.attention.scores" in panel.current_wants()


def test_the_reading_says_how_far_back_the_head_looks(panel):
    panel.present(snapshot())
    panel.select((0, 1))
    assert "**1.0 characters** back" in panel.reading()
    assert "about 1.0 of them" in panel.reading()


def test_the_card_takes_the_weight_apart_into_scores(panel):
    panel.present(snapshot())
    panel.select((1, 1))
    said = panel.explain(Cursor(5, 5, 4))
    assert said.key_number == "1.00"
    values = {q.name: q.value for q in said.quantities}
    assert values["divided by √8"] == "3"
    assert values["score q · k"] == "8.49"
    assert values["row entropy"] == "0.00 bits"


def test_hovering_a_cell_moves_the_cursor(panel, qtbot):
    panel.present(snapshot())
    cell = panel.geometry_of_map().cell_rect(9, 3).center()
    with qtbot.waitSignal(panel.cursor_moved) as caught:
        hover(panel, cell.x(), cell.y())
    assert caught.args == [Cursor(9, 9, 3)]


def test_lines_lead_from_the_cursor_to_what_it_reads_until_turned_off(panel):
    panel.present(snapshot(Cursor(9)))
    panel.select((1, 1))
    drawn = picture(panel)
    panel.choose("lines", "none")
    assert panel.bottom_margin() == 4
    assert drawn != picture(panel)


def test_every_thumbnail_is_drawn_even_if_they_take_turns(panel, monkeypatch):
    monkeypatch.setattr("seqviz.gui.panels.attention.CELLS_A_FRAME", N * N)
    for _ in range(4):
        panel.present(snapshot())
    assert set(panel._thumbs) == set(panel.heads)


def test_attention_of_a_pair_is_a_rectangle_with_the_targets_own_rows(panel, qtbot):
    weights = np.full((5, N), 1.0 / N, dtype=np.float32)
    name = "attention.pattern"
    base = frame_of({name: weights})
    rulers = {"source": Ruler(base.rulers["t"].labels), "target": Ruler(tuple("le ch"))}
    frame = Frame(1, "r", {name: weights}, {name: ("target", "source")}, rulers, {name: 1})
    panel.present(Snapshot(run_of("attention", (name,)), frame, cursor=Cursor(2, 1, 2)))
    assert not panel.causal
    assert panel.row_tokens == tuple("le ch")
    assert panel.geometry_of_map().rows == 5
    picture(panel)
    cell = panel.geometry_of_map().cell_rect(4, 7).center()
    with qtbot.waitSignal(panel.cursor_moved) as caught:
        hover(panel, cell.x(), cell.y())
    assert caught.args == [Cursor(7, 4, 7)]
    assert panel.explain(Cursor(2, 1, 2)).quantities[0].value == "e"


def test_a_recurrent_run_cannot_serve_it():
    assert AttentionPanel.reason_unserved(run_of(provides=("layers.*.hidden_state",))) is not None


def test_no_thumbnails_where_there_is_no_room(panel):
    panel.present(snapshot())
    assert panel._gallery(QRectF(0, 0, 40, 10)) is None


def test_thumbnails_of_all_heads_come_though_no_further_frame_does(panel, qtbot, monkeypatch):
    monkeypatch.setattr("seqviz.gui.panels.attention.CELLS_A_FRAME", 1)
    monkeypatch.setattr("seqviz.gui.panels.attention.REST_MS", 1)
    panel.present(snapshot())
    assert len(panel._thumbs) == 1
    qtbot.waitUntil(lambda: len(panel._thumbs) == len(panel.heads), timeout=2000)


def test_where_rows_are_another_text_the_cursor_means_the_row_that_reads_its_column_most(panel):
    pattern = np.full((1, 5, N), 0.01, dtype=np.float32)
    pattern[0, 3, 7] = 0.8
    panel.present(snapshot_of({"blocks.0.attention.pattern": pattern}, Cursor(7), run_of("seq2seq", (), MODEL)))
    assert panel.row_for(Cursor(7)) == 3
    assert panel.key_for(Cursor(7)) == 7
    assert panel.explain(Cursor(7)).key_number == "0.80"


# attention that looks both ways ---------------------------------------------------------------------------------------


def ahead() -> np.ndarray:
    """Each position reads the one after it, the last reads itself."""
    rows = np.zeros((N, N), dtype=np.float32)
    rows[np.arange(N), np.minimum(np.arange(N) + 1, N - 1)] = 1.0
    return rows


def both_ways(cursor: Cursor | None = None) -> Snapshot:
    made = {f"blocks.{b}.attention.pattern": np.stack([ahead(), np.full((N, N), 1 / N, np.float32)]) for b in (0, 1)}
    return snapshot_of(made, cursor, run_of("transformer", tuple(made), MODEL))


def test_a_full_pattern_keeps_its_upper_half_and_says_how_much_of_it_lies_ahead(panel):
    panel.present(both_ways())
    assert not panel.causal
    assert panel.square
    assert (panel.indices != MASKED).all()
    assert f"{100 * (N - 1) / N:.0f} % ahead" in panel.reading()
    assert panel.head_name((0, 0)) == "1.1 next"


def test_the_other_heads_of_a_full_pattern_stand_over_it_and_can_be_clicked(panel):
    panel.present(both_ways())
    area = panel.half_area(panel.geometry_of_map())
    assert 0 < area.bottom() <= panel.geometry_of_map().top
    picture(panel)
    spot = panel._gallery(area).picture((0, 1)).center()
    click(panel, spot.x(), spot.y())
    assert panel.selected == (0, 1)


def test_a_row_of_a_full_pattern_follows_the_token_cursor(panel):
    panel.present(both_ways(Cursor(5)))
    assert panel.row == 5
    heard = []
    panel.cursor_moved.connect(heard.append)
    geometry = panel.geometry_of_map()
    hover(panel, geometry.grid.centre_of(9), geometry.centre_y(2))
    assert heard == [Cursor(2, 2, 9)]
