from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication

from seqviz.gui import theme
from seqviz.gui.panels.backoff_chain import BackoffChainPanel
from seqviz.gui.panels.base import Cursor, Snapshot
from tests.gui.panels.sheet_frames import N, lay_out, run_of, snapshot_of


def chain(zero_at: int | None = None, cursor: int = 5) -> Snapshot:
    """Order 3: the longest context was seen at even positions only and then gives 0.7, order 2 gives the rest."""
    count = np.tile(np.array([50, 10, 4]), (N, 1))
    count[1::2, 2] = 0
    count[0] = [50, 10, -1]
    weight = np.where(count[:, 2:3] > 0, [[0.05, 0.2, 0.7]], [[0.1, 0.8, 0.0]]).astype(np.float32)
    probability = np.tile(np.float32([0.1, 0.3, 0.5]), (N, 1))
    if zero_at is not None:
        probability[zero_at], weight[zero_at] = 0.0, np.nan
    weight[-1], probability[-1] = np.nan, np.nan
    arrays = {
        "backoff.weight": weight,
        "backoff.probability": probability,
        "backoff.factor": np.ones((N, 3), np.float32),
        "backoff.count": count,
        "backoff.target_count": np.minimum(count, 2),
    }
    run = run_of("counting", ("backoff.weight",), {"smoothing": "kneser_ney"})
    return snapshot_of(arrays, Cursor(cursor), run)


def shown(qtbot, snapshot: Snapshot) -> BackoffChainPanel:
    panel = BackoffChainPanel()
    qtbot.addWidget(panel)
    lay_out(panel)
    panel.show()
    panel.present(snapshot)
    return panel


def test_a_character_stands_in_its_own_column_with_what_was_said_one_earlier(qtbot):
    shares = shown(qtbot, chain()).shares
    assert bool(np.isnan(shares[0]).all())
    assert shares[3].tolist() == pytest.approx([0.05, 0.05, 0.2, 0.7], abs=1e-6)  # said at 2: blind first
    assert np.isnan(shares[2][3])  # said at 1, where the longest context was never seen
    assert shares[2][2] == pytest.approx(0.8)


def test_the_reading_tells_the_mean_order_and_how_many_contexts_are_new(qtbot):
    reading = shown(qtbot, chain()).reading()
    assert "**order 2." in reading
    assert "50 % of the 3-gram contexts are new" in reading  # 7 of the 14 that the text is long enough for


def test_impossible_characters_are_counted(qtbot):
    assert "**1 character** never seen here" in shown(qtbot, chain(zero_at=4)).reading()


def test_the_card_shows_the_counts_of_every_order_behind_the_character(qtbot):
    panel = shown(qtbot, chain())
    told = panel.explain(Cursor(3))
    assert [q.name for q in told.quantities] == ["context", "order 3", "order 2", "order 1"]
    assert told.quantities[1].value == "2 of 4, gives 70 %"
    assert told.key_number == "0.5"
    assert panel.explain(Cursor(0)).quantities == ()  # the first one is given


@pytest.mark.parametrize("name", ["light", "dark"])
def test_unseen_contexts_stay_blank_and_known_ones_are_coloured(qtbot, name):
    theme.set_theme(name)
    try:
        panel = shown(qtbot, chain(zero_at=8))
        image = panel.grab().toImage()
        area, grid = panel.area(), panel.grid
        row = int(area.top() + area.height() / 8)  # the longest order's
        blank, known = (image.pixelColor(int(grid.centre_of(c)) + 5, row) for c in (2, 3))
        assert blank == theme.theme().ghost
        assert known != blank
    finally:
        theme.set_theme("light")


def test_the_mouse_moves_the_token_cursor(qtbot):
    panel = shown(qtbot, chain())
    place = QPointF(panel.grid.centre_of(9), 30)
    event = QMouseEvent(
        QEvent.Type.MouseMove, place, panel.mapToGlobal(place), Qt.MouseButton.NoButton, Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
    )  # fmt: skip
    with qtbot.waitSignal(panel.cursor_moved) as told:
        QApplication.sendEvent(panel, event)
    assert told.args[0].column == 9


def test_it_is_quiet_before_the_first_frame_and_exports_what_it_shows(qtbot):
    panel = shown(qtbot, Snapshot())
    assert panel.reading() == ""
    assert panel.export() == {}
    panel.grab()
    assert set(shown(qtbot, chain()).export()) == set(BackoffChainPanel.wants)
