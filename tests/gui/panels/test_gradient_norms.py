from __future__ import annotations

import numpy as np
import pytest

from seqviz.gui.panels.base import Cursor
from seqviz.gui.panels.gradient_norms import GradientNormsPanel
from tests.gui.panels.sheet_frames import N, lay_out, picture, snapshot_of


@pytest.fixture
def panel(qtbot) -> GradientNormsPanel:
    made = GradientNormsPanel()
    qtbot.addWidget(made)
    lay_out(made, height=90)
    return made


def test_it_is_hidden_until_asked_for_and_says_why_it_looks_flat(panel):
    assert not GradientNormsPanel.shown_by_default
    assert "L the whole loss: flat in a language model" in panel.subtitle()


def test_the_reading_compares_the_first_quarter_with_the_last(panel):
    values = np.ones(N, dtype=np.float32)
    values[: N // 4] = 4.0
    panel.present(snapshot_of({"gradient.total.layers.0.hidden_state": values}))
    assert "**4 times**" in panel.reading()
    picture(panel)


def test_the_axis_moves_in_decades_only(panel):
    values = np.full(N, 0.5, dtype=np.float32)
    run = snapshot_of({}).run
    panel.present(snapshot_of({"gradient.total.embedding": values}, run=run))
    first = (panel.axis().low, panel.axis().high)
    panel.present(snapshot_of({"gradient.total.embedding": values * 1.3}, run=run))
    assert (panel.axis().low, panel.axis().high) == first


def test_the_card_gives_the_norm_at_the_cursor(panel):
    values = np.linspace(0.1, 1.0, N).astype(np.float32)
    panel.present(snapshot_of({"gradient.total.layers.0.hidden_state": values}))
    assert panel.explain(Cursor(0)).key_number == "0.1"
    assert r"\partial h_t" in panel.explain(Cursor(0)).formula
