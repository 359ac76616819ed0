from __future__ import annotations

import numpy as np
import pytest

from seqviz.gui import theme
from seqviz.gui.panels.base import Cursor
from seqviz.gui.panels.heads_at_cursor import HeadsAtCursorPanel
from tests.gui.panels.sheet_frames import N, colour_at, lay_out, picture, run_of, snapshot_of


def arrays(blocks: int, heads: int) -> dict[str, np.ndarray]:
    eye = np.eye(N, dtype=np.float32)
    flat = np.tril(np.ones((N, N), dtype=np.float32))
    flat /= flat.sum(axis=1, keepdims=True)
    return {f"blocks.{b}.attention.pattern": np.stack([eye] + [flat] * (heads - 1)) for b in range(blocks)}


@pytest.fixture
def panel(qtbot) -> HeadsAtCursorPanel:
    made = HeadsAtCursorPanel()
    qtbot.addWidget(made)
    lay_out(made, height=160)
    return made


def test_a_few_heads_are_all_shown_and_many_block_by_block(panel):
    panel.present(snapshot_of(arrays(2, 4)))
    assert len(panel.heads) == 8
    panel.present(snapshot_of(arrays(5, 4)))
    assert panel.block == 4
    assert len(panel.heads) == 4
    panel.choose("block", "block 2")
    assert panel.block == 1


def test_the_row_of_the_cursor_is_shown_and_what_comes_later_is_blank(panel):
    panel.present(snapshot_of(arrays(1, 2), Cursor(6)))
    assert panel.rows_at(6)[0, 6] == 1.0
    image, rect = picture(panel), panel.row_rect(1)
    later = colour_at(image, panel.grid.x_of(9) + 5, rect.center().y())
    assert later == theme.theme().ghost.name()
    assert colour_at(image, panel.grid.x_of(2) + 5, rect.center().y()) != later


def test_the_reading_names_the_most_decided_head(panel):
    panel.present(snapshot_of(arrays(1, 3)))
    assert "**1 same**: 0.0 bits" in panel.reading()


def test_the_card_says_where_each_head_looks_most(panel):
    panel.present(snapshot_of(arrays(1, 2), run=run_of("transformer")))
    said = panel.explain(Cursor(4))
    assert said.quantities[1].value.startswith("1.00 on c of cat")


def test_rows_too_thin_for_a_name_each_are_named_now_and_then(panel):
    panel.resize(500, 70)
    panel.present(snapshot_of(arrays(2, 4)))
    assert 2 <= len(panel._named()) < 8
    panel.resize(500, 160)
    assert len(panel._named()) == 8


def test_heads_that_look_ahead_are_shown_to_the_end_of_the_text(panel):
    full = np.full((N, N), 1 / N, dtype=np.float32)
    full[3] = 0.0
    full[3, N - 1] = 1.0
    panel.present(snapshot_of({"blocks.0.attention.pattern": np.stack([full, full])}, Cursor(3)))
    image, rect = picture(panel), panel.row_rect(1)
    x = panel.grid.centre_of(N - 1)
    assert colour_at(image, x, rect.center().y()) != colour_at(image, panel.grid.centre_of(8), rect.center().y())
    assert "1.00" in panel.explain(Cursor(3)).quantities[1].value
