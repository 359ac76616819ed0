from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtGui import QFontMetricsF

from seqviz.gui.panels.base import Cursor
from seqviz.gui.panels.gates import GatesPanel, step_line
from tests.gui.panels.sheet_frames import TEXT, N, click, lay_out, picture, run_of, snapshot_of

COMMA = TEXT.index(",")


def arrays(
    layers: int = 1, kind: tuple[str, ...] = ("forget_gate", "input_gate", "output_gate")
) -> dict[str, np.ndarray]:
    generator = np.random.default_rng(0)
    made = {}
    for layer in range(layers):
        for gate in kind:
            values = 0.9 + 0.05 * generator.random((N, 12))
            values[COMMA] = 0.55
            made[f"layers.{layer}.{gate}"] = values.astype(np.float32)
    return made


@pytest.fixture
def panel(qtbot) -> GatesPanel:
    made = GatesPanel()
    qtbot.addWidget(made)
    lay_out(made, height=180)
    return made


def test_an_lstm_has_three_tracks_and_a_gru_two(panel):
    panel.present(snapshot_of(arrays()))
    assert panel.gates == ("forget_gate", "input_gate", "output_gate")
    panel.present(snapshot_of(arrays(kind=("reset_gate", "update_gate"))))
    assert panel.gates == ("update_gate", "reset_gate")
    assert "z_t" in panel.explain(Cursor(0)).formula


def test_the_drop_at_the_comma_is_named(panel):
    panel.present(snapshot_of(arrays()))
    assert panel._dips["forget_gate"] == [COMMA]
    assert panel._dip_name(COMMA) == "comma"
    assert "least at comma: 55 %" in panel.reading()


def test_the_top_layer_is_shown_until_another_is_chosen(panel):
    panel.present(snapshot_of(arrays(layers=2)))
    assert panel.layer == 1
    panel.choose("layer", "layer 1")
    assert panel.layer == 0
    assert panel.menu_choices()[0] == ("layer", ("layer 1", "layer 2"), "layer 1")


def test_a_click_on_a_gates_name_expands_it_to_its_units(panel):
    panel.present(snapshot_of(arrays()))
    before = panel.tracks()
    click(panel, 20, before["input_gate"].center().y())
    assert panel.expanded == "input_gate"
    after = panel.tracks()
    assert after["input_gate"].height() > 2 * after["forget_gate"].height()
    assert panel._map.shape == (12, N)
    assert panel.colour_bar() is not None
    picture(panel)
    click(panel, 20, after["input_gate"].center().y())
    assert panel.expanded == ""


def test_the_units_of_an_expanded_gate_stand_longest_memory_first(panel):
    forget = np.tile(np.linspace(0.1, 0.95, 12, dtype=np.float32), (N, 1))
    panel.present(snapshot_of({"layers.0.forget_gate": forget}))
    panel.choose("every unit of", "forget")
    column = panel._map[:, 0].astype(int)
    assert (np.diff(column) <= 0).all()


def test_the_card_tells_open_and_shut_units_with_the_gates_colour(panel):
    values = np.full((N, 10), 0.5, dtype=np.float32)
    values[:, :3], values[:, 3:5] = 0.01, 0.99
    panel.present(snapshot_of({"layers.0.forget_gate": values}))
    said = panel.explain(Cursor(2))
    assert said.quantities[1].swatch == "forget_gate"
    assert said.quantities[2].value == "30 % shut, 20 % open"


def test_a_step_line_joins_its_values_without_gaps():
    rects = step_line(10, 5, [3.0, 3.0, 9.0], 2)
    assert len(rects) == 4  # three values, one rise
    assert rects[3].top() == 2.0
    assert rects[3].bottom() == 10.0


def test_a_transformer_cannot_serve_it():
    assert GatesPanel.reason_unserved(run_of("transformer", provides=("blocks.*.attention.pattern",))) is not None


def test_the_window_of_a_long_probe_is_painted(panel):
    lay_out(panel, height=180, visible=5)
    panel.present(snapshot_of(arrays(), Cursor(3)))
    picture(panel)
    assert panel.ready()


def test_a_highways_carry_gate_keeps_and_its_transform_gate_writes(panel):
    panel.present(snapshot_of(arrays(kind=("transform_gate", "carry_gate"))))
    assert panel.gates == ("carry_gate", "transform_gate")
    assert "the carry gate keeps" in panel.reading()
    assert "s_{l-1}" in panel.explain(Cursor(0)).formula
    assert [key for key, _, _ in panel.menu_choices()] == ["every unit of"]


def test_each_depth_of_a_step_can_be_shown_by_itself(panel):
    made = arrays(kind=("carry_gate",)) | {
        f"layers.0.depth.{k}.carry_gate": np.full((N, 12), 0.5 + 0.1 * k, np.float32) for k in range(3)
    }
    panel.present(snapshot_of(made))
    assert panel.menu_choices()[0] == ("depth", ("whole step", "depth 1", "depth 2", "depth 3"), "whole step")
    assert panel.subtitle().startswith("whole step: ")
    assert list(panel.export()) == ["layers.0.carry_gate"]
    panel.choose("depth", "depth 3")
    assert list(panel.export()) == ["layers.0.depth.2.carry_gate"]
    assert panel.explain(Cursor(1)).quantities[1].value == "0.70"
    assert panel.subtitle().startswith("depth 3 of 3: ")
    panel.choose("depth", "whole step")
    assert list(panel.export()) == ["layers.0.carry_gate"]


def test_a_gated_convolution_has_one_gate_that_lets_through(panel):
    values = np.full((N, 8), 0.6, dtype=np.float32)
    values[COMMA] = 0.2
    panel.present(snapshot_of({"conv.0.gate": values + 0.1, "conv.1.gate": values}))
    assert panel.gates == ("gate",)
    assert panel.layer == 1
    assert panel.reading().startswith("the gate lets through **58 %**")
    assert "least at comma: 20 %" in panel.reading()
    assert r"\sigma(b_t)" in panel.explain(Cursor(0)).formula
    assert list(panel.export()) == ["conv.1.gate"]


def test_the_units_of_a_gate_without_memory_stand_from_open_to_shut(panel):
    panel.present(snapshot_of({"conv.0.gate": np.tile(np.linspace(0.1, 0.9, 8, dtype=np.float32), (N, 1))}))
    panel.choose("every unit of", "gate")
    assert (np.diff(panel._map[:, 0].astype(int)) <= 0).all()
    assert "gate of 8 units, open to shut" in panel.subtitle()
    picture(panel)


def test_a_long_gate_name_stays_left_of_its_track(panel):
    panel.present(snapshot_of(arrays(kind=("transform_gate", "carry_gate"))))
    start = panel.gutter_left + 12
    for word in ("carry", "transform"):
        room = panel.grid.left - start
        assert QFontMetricsF(panel._name_font(word, room)).horizontalAdvance(word) <= room + 1


def test_both_directions_have_gates_of_their_own(panel):
    forward, backward = np.full((N, 4), 0.25, np.float32), np.full((N, 4), 0.75, np.float32)
    sites = {f"layers.0.{way}.forget_gate": a for way, a in (("forward", forward), ("backward", backward))}
    panel.present(snapshot_of(sites))
    assert list(panel.export()) == ["layers.0.forward.forget_gate"]
    assert "reading forward" in panel.subtitle()
    assert "25 %" in panel.reading()
    panel.choose("direction", "backward")
    assert "75 %" in panel.reading()
    assert ("direction", ("forward", "backward"), "backward") in panel.menu_choices()
