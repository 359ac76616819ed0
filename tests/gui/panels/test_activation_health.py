"""The panels of the health room: the card of checks, saturation, state norms and attention entropy."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt

from seqviz.gui.panels.activation_health import ActivationHealthPanel
from seqviz.gui.panels.attention_entropy import AttentionEntropyPanel
from seqviz.gui.panels.base import Cursor, SheetPanel
from seqviz.gui.panels.health_checks import checks_of, percent
from seqviz.gui.panels.saturation import SaturationPanel
from seqviz.gui.panels.state_norms import StateNormsPanel, growth
from tests.gui.panels.sheet_frames import N, hover, lay_out, picture, snapshot_of

HIDDEN = "health.saturation.layers.0.hidden_state"
FORGET = "health.saturation.layers.0.forget_gate"
ENTROPY = "health.attention_entropy.blocks.0.attention"


def classes(stuck_units: int, units: int = 10) -> np.ndarray:
    """(t, unit): the first units are stuck high throughout, the next one low at every other position."""
    found = np.zeros((N, units), dtype=np.int8)
    found[:, :stuck_units] = 1
    found[::2, stuck_units] = -1
    return found


def checks(arrays: dict[str, np.ndarray]) -> dict[str, object]:
    return {check.title: check for check in checks_of(arrays)}


def made(qtbot, kind):
    panel = kind()
    qtbot.addWidget(panel)
    if isinstance(panel, SheetPanel):
        lay_out(panel, height=260)
    else:
        panel.resize(400, 260)
    return panel


# checks


def test_a_squashed_state_is_judged_by_the_share_of_its_values():
    found = checks({HIDDEN: classes(3)})["tanh saturated"]
    assert found.fine
    assert found.number == "35 %"  # 3 of 10 throughout, one at every other position
    assert not checks({HIDDEN: classes(6)})["tanh saturated"].fine


def test_gates_are_judged_by_units_that_are_stuck_throughout():
    assert checks({FORGET: classes(4)})["gates stuck"].number == "40 %"
    assert checks({FORGET: classes(4)})["gates stuck"].fine
    assert not checks({FORGET: classes(6)})["gates stuck"].fine


def test_dead_units_are_counted_at_exactly_zero():
    active = np.array([0.0, 1e-9, 0.5, 0.0], dtype=np.float32)
    found = checks({"health.active.conv.0.output": active})["dead ReLU units"]
    assert found.number == "50 %"
    assert "2 of 4" in found.detail
    assert found.fine  # half may be by chance
    assert not checks({"health.active.conv.0.output": np.array([0.0, 0.0, 0.0, 0.0, 0.5])})["dead ReLU units"].fine


def test_a_state_that_grows_tenfold_along_the_text_wants_attention():
    slow, fast = np.linspace(1, 2, N), np.geomspace(1, 1e4, N)
    assert checks({"health.norm.layers.0.hidden_state": slow})["states along the text"].fine
    assert not checks({"health.norm.layers.0.hidden_state": fast})["states along the text"].fine
    broken = checks({"health.norm.layers.0.hidden_state": np.array([1.0, np.inf])})["states along the text"]
    assert (broken.fine, broken.number) == (False, "not finite")


def test_a_stream_far_longer_than_the_embedding_wants_attention():
    arrays = {"health.norm.embedding": np.ones(N), "health.norm.blocks.1.residual": np.full(N, 500.0)}
    assert not checks(arrays)["states up the levels"].fine
    arrays["health.norm.blocks.1.residual"] = np.full(N, 20.0)
    assert checks(arrays)["states up the levels"].number == "×20"


def test_a_layer_norm_that_is_fed_zeros_at_the_start_is_no_fault():
    spread = np.full(N, 0.5)
    spread[0] = 0.0
    found = checks({"health.layer_norm.layers.0.norm_state.spread": spread})["layer norm input"]
    assert (found.fine, found.number) == (True, "0.5")
    assert not checks({"health.layer_norm.layers.0.norm_state.spread": spread / 1000})["layer norm input"].fine


def test_collapsed_heads_are_counted():
    heads = np.stack([np.full(N, 0.8), np.full(N, 0.02)])
    heads[:, 0] = np.nan
    found = checks({ENTROPY: heads})["attention"]
    assert (found.fine, found.number) == (False, "0.02")
    assert found.detail == "1 of 2 heads have collapsed"
    assert checks({ENTROPY: heads[:1]})["attention"].fine


def test_shares_are_never_rounded_to_all_or_nothing():
    assert [percent(share) for share in (0, 0.001, 0.37, 0.999, 1)] == ["0 %", "<1 %", "37 %", ">99 %", "100 %"]


# panels


def test_a_click_on_a_check_asks_for_its_view(qtbot):
    panel = made(qtbot, ActivationHealthPanel)
    panel.present(snapshot_of({HIDDEN: classes(6), ENTROPY: np.full((2, N), 0.5)}))
    assert panel.reading() == "**1 of 2** beyond their limit: tanh saturated"
    at = panel.row_rect(1).center().toPoint()
    with qtbot.waitSignal(panel.view_asked) as asked:
        qtbot.mouseClick(panel, Qt.MouseButton.LeftButton, pos=at)
    assert asked.args == ["attention_entropy"]
    picture(panel)


def test_keys_walk_the_checks_and_open_one(qtbot):
    panel = made(qtbot, ActivationHealthPanel)
    panel.present(snapshot_of({HIDDEN: classes(2), ENTROPY: np.full((2, N), 0.5)}))
    assert panel.reading() == "**all 2 checks** are within their limits"
    qtbot.keyClick(panel, Qt.Key.Key_Down)
    assert panel.explain(Cursor(0)).key_number == checks_of({HIDDEN: classes(2)})[0].number
    with qtbot.waitSignal(panel.view_asked) as asked:
        qtbot.keyClick(panel, Qt.Key.Key_Return)
    assert asked.args == ["saturation"]


def test_units_stuck_high_stand_on_top_and_those_stuck_low_at_the_bottom(qtbot):
    panel = made(qtbot, SaturationPanel)
    panel.present(snapshot_of({HIDDEN: classes(3)[:, ::-1].copy()}))
    (lane,) = panel.lanes
    assert (lane.stuck[:3] == 1).all()
    assert (lane.stuck[-1, ::2] == -1).all()
    assert lane.shares[:3].tolist() == [1.0, 1.0, 1.0]
    assert "**35 %** of its values are stuck, 3 of 10 units at every character" in panel.reading()
    picture(panel)


def test_every_gate_has_a_lane_and_the_one_under_the_mouse_is_explained(qtbot):
    panel = made(qtbot, SaturationPanel)
    panel.present(snapshot_of({FORGET: classes(1), FORGET.replace("forget", "output"): classes(4)}))
    assert [lane.label for lane in panel.lanes] == ["forget", "output"]
    area = panel.areas()[1]
    hover(panel, area.left() + 30, area.center().y())
    told = panel.explain(Cursor(0))
    assert told.quantities[0].name == "output gate"
    assert told.quantities[1].value == "4"  # open at t = 0
    assert told.quantities[2].value == "1"  # shut there


def test_layers_are_chosen_the_top_one_first(qtbot):
    panel = made(qtbot, SaturationPanel)
    panel.present(snapshot_of({HIDDEN: classes(1), HIDDEN.replace("s.0", "s.1"): classes(5)}))
    assert panel.menu_choices()[0][1] == ("layer 2", "layer 1")
    assert panel.lanes[0].high == pytest.approx(0.5)
    panel.choose("layer", "layer 1")
    assert panel.lanes[0].high == pytest.approx(0.1)


def test_collapsed_heads_are_marked_by_a_triangle_and_bold_type(qtbot):
    panel = made(qtbot, AttentionEntropyPanel)
    heads = np.stack([np.full(N, 0.8), np.full(N, 0.02)]).astype(np.float32)
    panel.present(snapshot_of({ENTROPY: heads}))
    assert [(row.label, row.marked) for row in panel.rows] == [("1 · head 1", False), ("1 · head 2", True)]
    assert panel.reading().startswith("**1 of 2** heads have collapsed")
    picture(panel)


def test_the_narrowest_head_is_named_where_none_has_collapsed(qtbot):
    panel = made(qtbot, AttentionEntropyPanel)
    panel.present(snapshot_of({ENTROPY: np.stack([np.full(N, 0.8), np.full(N, 0.4)])}))
    assert "head 2 of block 1, keeps **0.40**" in panel.reading()


def test_the_state_that_changes_most_along_the_text_is_named(qtbot):
    panel = made(qtbot, StateNormsPanel)
    grows = np.repeat([2.0, 6.0], N // 2)
    panel.present(
        snapshot_of({"health.norm.layers.0.cell_state": grows, "health.norm.layers.0.hidden_state": np.ones(N)})
    )
    assert panel.reading().startswith("c grows **3 times**")
    assert growth(grows) == 3.0
    picture(panel)


def test_a_state_that_is_not_finite_is_marked(qtbot):
    panel = made(qtbot, StateNormsPanel)
    values = np.ones(N)
    values[-1] = np.inf
    panel.present(snapshot_of({"health.norm.layers.0.hidden_state": values}))
    assert panel.rows[0].marked
    assert "**not finite**" in panel.reading()
    picture(panel)
