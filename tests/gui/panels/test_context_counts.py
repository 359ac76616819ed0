from __future__ import annotations

from dataclasses import replace

import numpy as np
from PySide6.QtWidgets import QApplication

from seqviz.gui.panels.base import Cursor, Snapshot
from seqviz.gui.panels.context_counts import ContextCountsPanel
from seqviz.gui.panels.counting_words import brief_count, context_text, percent
from tests.gui.panels.sheet_frames import run_of, snapshot_of

TEXT = tuple("abca")  # vocabulary of run_of: a to h


def counted(cursor: int = 1, zero: bool = False) -> Snapshot:
    """Order 3; at every position the context of two tokens was never seen, b followed one 3 of 5 times."""
    t, orders, places = len(TEXT), 3, 4
    symbols, counts = np.full((t, orders, places), -1), np.zeros((t, orders, places), np.int64)
    symbols[:, 0, :3], counts[:, 0, :3] = [0, 1, 2], [40, 30, 20_000]
    symbols[:, 1, :2], counts[:, 1, :2] = [1, 3], [3, 2]
    seen = np.tile(np.array([20_070, 5, 0]), (t, 1))
    seen[0] = [20_070, 5, -1]  # the text is too short for two tokens there
    hits = np.zeros((t, orders), np.int64)
    arrays = {
        "counts.next_symbol": symbols,
        "counts.next_count": counts,
        "backoff.count": seen,
        "backoff.target_count": hits,
    }
    return snapshot_of(arrays, Cursor(cursor), run_of("counting", ("counts.next_symbol",)), TEXT)


def shown(qtbot, snapshot: Snapshot, width: int = 420) -> ContextCountsPanel:
    panel = ContextCountsPanel()
    qtbot.addWidget(panel)
    panel.resize(width, 200)
    panel.show()
    panel.present(snapshot)
    return panel


def test_rows_go_from_the_longest_context_to_none_with_the_true_next_marked(qtbot):
    panel = shown(qtbot, counted(cursor=1))
    assert [(row.order, row.text, row.count) for row in panel.rows] == [(3, "ab", 0), (2, "b", 5), (1, "", 20_070)]
    assert [(f.label, f.count, f.true) for f in panel.rows[1].followers] == [
        ("b", 3, False), ("d", 2, False), ("c", 0, True),
    ]  # fmt: skip
    assert panel.rows[0].followers == ()


def test_a_context_that_the_text_is_too_short_for_has_no_row(qtbot):
    assert [row.order for row in shown(qtbot, counted(cursor=0)).rows] == [2, 1]


def test_the_last_position_has_no_true_next(qtbot):
    assert not any(f.true for row in shown(qtbot, counted(cursor=3)).rows for f in row.followers)


def test_the_reading_names_the_longest_known_context_and_how_often_it_was_seen(qtbot):
    panel = shown(qtbot, counted(cursor=1))
    assert panel.reading() == "“b” was seen **5 times**; “ab” never"


def test_the_card_gives_the_formula_of_the_smoothing_and_the_counts(qtbot):
    snapshot = counted(cursor=1)
    run = run_of("counting", ("counts.next_symbol",), {"smoothing": "katz"})
    panel = shown(qtbot, replace(snapshot, run=run))
    told = panel.explain(Cursor(1))
    assert "alpha" in told.formula
    assert [q.name for q in told.quantities] == ["c(ab)", "c(b)", "c(anything)"]
    assert (told.key_number, told.key_meaning) == ("60 %", "of what followed “b” was “b”")


def test_it_exports_every_follower_with_its_context(qtbot):
    arrays = shown(qtbot, counted(cursor=1)).export()
    assert len({len(array) for array in arrays.values()}) == 1
    assert arrays["context"].tolist()[:3] == ["b", "b", "b"]


def test_nothing_counted_shows_a_ghost_and_says_nothing(qtbot):
    panel = shown(qtbot, Snapshot())
    assert panel.rows == ()
    assert (panel.reading(), panel.subtitle()) == ("", "")
    panel.grab()


def test_it_paints_at_every_width_and_cursor(qtbot):
    panel = shown(qtbot, counted())
    for width in (120, 300, 900):
        panel.resize(width, 90)
        for cursor in range(len(TEXT)):
            panel.present(counted(cursor))
            QApplication.processEvents()
            assert not panel.grab().isNull()


def test_words_of_counts_and_contexts():
    assert [brief_count(n) for n in (7, 999, 1500, 28_701, 2_400_000)] == ["7", "999", "1.5k", "29k", "2.4M"]
    assert [percent(s) for s in (0.0, 0.0004, 0.032, 0.166, 1.0)] == ["0 %", "under 0.1 %", "3.2 %", "17 %", "100 %"]
    assert context_text(("the", "cat", "sat"), 2, 2) == "cat sat"
    assert context_text(tuple("a b"), 2, 3) == "a·b"
