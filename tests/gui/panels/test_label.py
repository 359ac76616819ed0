from __future__ import annotations

import numpy as np

from seqviz.gui.panels.base import Cursor
from seqviz.gui.panels.label import LabelPanel
from tests.gui.panels.sheet_frames import run_of, snapshot_of

WORDS = ("They", "fish", ".")


def shown(qtbot, column: int, true: tuple[int, ...] = (2, 1, -1)) -> LabelPanel:
    panel = LabelPanel()
    qtbot.addWidget(panel)
    panel.resize(320, 260)
    panel.show()
    shares = np.full((3, 8), 0.05)
    shares[0, 2] = shares[1, 4] = shares[2, 0] = 0.65
    arrays = {"label.probabilities": shares, "label.true": np.array(true)}
    panel.present(snapshot_of(arrays, Cursor(column), run_of("lstm", ("label.probabilities",)), WORDS))
    return panel


def test_the_right_label_of_the_token_itself_is_marked(qtbot):
    panel = shown(qtbot, 0)
    assert panel.bars.bars[0].chosen
    assert panel.bars.bars[0].label == "c"
    assert "its first choice" in panel.reading()
    assert "They" in panel.subtitle()


def test_a_wrong_first_choice_is_told_with_the_rank_of_the_right_one(qtbot):
    panel = shown(qtbot, 1)
    assert not panel.bars.bars[0].chosen
    assert "choice 2 of 8" in panel.reading()


def test_where_nobody_said_the_label_none_is_marked(qtbot):
    panel = shown(qtbot, 2)
    assert not any(bar.chosen for bar in panel.bars.bars)
    assert panel.reading() == "**65 %** for its first choice"


def test_the_card_speaks_of_labels(qtbot):
    told = shown(qtbot, 1).explain(Cursor(1))
    assert "y_t" in told.formula
    assert {row.name for row in told.quantities} >= {"true label", "its rank"}
