from __future__ import annotations

import numpy as np
import pytest

from seqviz.core.batch import Ruler
from seqviz.core.events import Frame
from seqviz.gui.panels.base import Cursor, Snapshot
from seqviz.gui.panels.hidden_state import HiddenStatePanel, fixed_limit
from tests.gui.panels.sheet_frames import N, lay_out, picture, run_of, snapshot_of

SITE = "layers.0.hidden_state"


def states(units: int = 40, scale: float = 1.0) -> np.ndarray:
    """Unit u alternates every u + 1 positions: the higher the unit, the slower."""
    t = np.arange(N)
    signs = np.stack([(-1.0) ** (t // (u + 1)) for u in range(units)], axis=1)
    return (0.8 * scale * signs).astype(np.float32)


@pytest.fixture
def panel(qtbot) -> HiddenStatePanel:
    made = HiddenStatePanel()
    qtbot.addWidget(made)
    lay_out(made, height=160)
    return made


def test_slow_units_stand_on_top(panel):
    panel.present(snapshot_of({SITE: states(8)}))
    assert panel.rows[-1] == 0
    assert list(panel.rows).index(5) < list(panel.rows).index(1)


def test_thirty_two_rows_are_shown_until_all_are_asked_for(panel):
    panel.present(snapshot_of({SITE: states()}))
    assert len(panel.rows) == 32
    panel.choose("rows", "all units")
    assert sorted(panel.rows) == list(range(40))


def test_rows_keep_their_order_while_training_goes_on_a_little(panel):
    run = run_of()
    panel.present(snapshot_of({SITE: states(8)}, run=run, step=100))
    before = list(panel.rows)
    panel.present(snapshot_of({SITE: states(8)[:, ::-1].copy()}, run=run, step=120))
    assert list(panel.rows) == before
    panel.present(snapshot_of({SITE: states(8)[:, ::-1].copy()}, run=run, step=200))
    assert list(panel.rows) != before


def test_a_squashed_state_ranges_from_minus_one_to_one(panel):
    panel.present(snapshot_of({SITE: states()}))
    assert panel.limit == 1.0
    assert panel.colour_bar().low == "−1"


def test_a_cell_state_keeps_the_robust_range_of_its_first_frame_until_refitted(panel):
    name = "layers.0.cell_state"
    run = snapshot_of({name: states()}).run
    panel.present(snapshot_of({name: states(scale=3.0)}, run=run))
    first = panel.limit
    assert first == 3.0
    panel.present(snapshot_of({name: states(scale=30.0)}, run=run))
    assert panel.limit == first
    panel.choose("range", "fit to what is shown")
    assert panel.limit == 30.0


def test_one_outlier_does_not_set_the_range():
    values = np.ones((20, 50), dtype=np.float32)
    values[0, 0] = 1000.0
    assert fixed_limit(values, "layers.0.cell_state") == 1.5


def test_the_card_says_how_far_the_last_token_moved_the_state(panel):
    values = np.zeros((N, 2), dtype=np.float32)
    values[:5, 0], values[5:, 0] = 0.5, -0.5
    panel.present(snapshot_of({SITE: values}))
    assert panel.explain(Cursor(5)).key_number == "2.00"
    assert panel.explain(Cursor(4)).key_number == "0.00"


def test_hidden_and_cell_state_are_offered_the_top_layer_first(panel):
    arrays = {f"layers.{layer}.{s}_state": states(4) for layer in (0, 1) for s in ("hidden", "cell")}
    panel.present(snapshot_of(arrays))
    options = panel.menu_choices()[0][1]
    assert options[0] == "hidden state h, layer 2"
    assert panel.site == "layers.1.hidden_state"
    panel.choose("state", "cell state c, layer 1")
    assert panel.site == "layers.0.cell_state"
    picture(panel)


def test_rows_measured_in_different_units_have_a_scale_of_their_own(panel):
    """Positions reach 40, velocities 1: each shows its ups and downs, along x and y on the same scale."""
    names = ("position x", "position y", "velocity x", "velocity y")
    swing = np.sin(np.arange(N) / 2.0)[:, None]
    values = (swing * [40.0, 20.0, 1.0, 0.5]).astype(np.float32)
    rulers = {"t": Ruler(tuple("x" * N)), "state": Ruler(names, "state")}
    frame = Frame(1, "r", {"belief.mean": values}, {"belief.mean": ("t", "state")}, rulers, {"belief.mean": 1})
    panel.present(Snapshot(run=run_of("state", ("belief.mean",)), frame=frame, cursor=Cursor(5)))
    assert panel.limits == {"position": 50.0, "velocity": 1.5}
    assert "position ±50, velocity ±1.5" in panel.subtitle()
    assert (panel.colour_bar().low, panel.colour_bar().high) == ("−1", "+1")
    spans = np.ptp(panel._indices.astype(float), axis=1)  # colours that each row takes
    assert spans[2] > 120
    assert spans[3] == pytest.approx(spans[2] / 2, rel=0.1)
