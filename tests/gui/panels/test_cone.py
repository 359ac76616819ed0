from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from seqviz.gui.panels.base import Cursor
from seqviz.gui.panels.cone import ConePanel
from seqviz.gui.panels.cone_shape import ConeShape
from tests.gui.panels.sheet_frames import N, causal, click, colour_at, hover, lay_out, picture, run_of, snapshot_of

NAMES = ("embedding", "conv.0.hidden", "conv.0.output")


def arrays(gradient: bool = True, dead_before: int = 0) -> dict[str, np.ndarray]:
    """Two convolutions of kernel size 3, dilation 1 and 2: an output sees 7 inputs."""
    made = {"cone.kernel": np.array([3, 3]), "cone.dilation": np.array([1, 2])}
    generator = np.random.default_rng(0)
    for level, name in enumerate(NAMES):
        made[f"cone.activation.{level}.{name}"] = generator.random(N).astype(np.float32)
        if gradient:
            values = causal()
            distance = np.arange(N)[:, None] - np.arange(N)[None, :]
            values[distance >= 7] = np.nan
            values[(distance >= 7 - dead_before) & (distance < 7)] = 0.0
            made[f"gradient.itemised.{name}"] = values
    return made


@pytest.fixture
def panel(qtbot) -> ConePanel:
    made = ConePanel()
    qtbot.addWidget(made)
    lay_out(made, height=200)
    return made


def test_reading_says_how_far_back_the_output_sees_and_where_half_of_its_gradient_lies(panel):
    panel.present(snapshot_of(arrays(), Cursor(10)))
    said = panel.reading()
    assert "sees the last **7 characters**, from c of cat on" in said
    assert said.endswith("half of its gradient lies on the nearest 1")
    assert "ends" not in said


def test_a_gradient_that_ends_before_the_field_does_is_told(panel):
    panel.present(snapshot_of(arrays(dead_before=2), Cursor(10)))
    assert panel.felt_from() == 6
    assert "its gradient ends 5 back" in panel.reading()
    assert panel.foot_words(4, 6) == "sees 7, gradient ends at 5"


def test_near_the_start_only_what_is_there_is_seen(panel):
    panel.present(snapshot_of(arrays(), Cursor(0)))
    assert "sees **1 character**: its own" in panel.reading()


def test_nodes_of_the_cone_are_coloured_and_all_others_are_dots(panel):
    panel.present(snapshot_of(arrays(), Cursor(10)))
    image = picture(panel)
    bottom = panel.row_y(0)
    coloured = {s: colour_at(image, panel.grid.centre_of(s), bottom) for s in range(N)}
    outside = coloured[15]
    assert [s for s in range(N) if coloured[s] != outside] == list(range(4, 11))
    assert len({coloured[s] for s in range(4, 11)}) == 7  # each half as strong as its neighbour


def test_a_node_that_no_gradient_reaches_stays_hollow(panel):
    panel.present(snapshot_of(arrays(dead_before=2), Cursor(10)))
    image = picture(panel)
    assert colour_at(image, panel.grid.centre_of(5), panel.row_y(0)) == "#ffffff"
    assert colour_at(image, panel.grid.centre_of(6), panel.row_y(0)) != "#ffffff"


def test_levels_lie_one_above_the_other_with_the_output_on_top(panel):
    panel.present(snapshot_of(arrays(), Cursor(10)))
    heights = [panel.row_y(level) for level in range(3)]
    assert all(lower > upper for lower, upper in pairwise(heights))
    assert [panel.level_name(level) for level in range(3)] == ["input", "d = 1", "d = 2"]


def test_levels_without_dilation_are_layers(panel):
    made = arrays() | {"cone.dilation": np.array([1, 1])}
    panel.present(snapshot_of(made, Cursor(10)))
    assert [panel.level_name(level) for level in range(3)] == ["input", "layer 1", "layer 2"]


@pytest.mark.parametrize(
    ("kernels", "dilations", "words"),
    [
        ((3, 3), (1, 2), "1 + 2 + 4"),
        ((6,) * 6, (1,) * 6, "1 + 6·5"),
        ((3,) * 6, (1, 1, 2, 2, 4, 4), "1 + 2·(2 + 4 + 8)"),
        ((2,) * 12, tuple(2**n for n in range(12)), "1 + 4095"),
    ],
)
def test_the_field_is_summed_in_words(panel, kernels, dilations, words):
    panel.shape = ConeShape(kernels, dilations)
    assert panel.field_words() == words


def test_it_is_there_from_the_start_where_the_net_has_several_levels(panel):
    one, two = "cone.activation.1.layers.0.hidden", "cone.activation.2.conv.1.output"
    assert not ConePanel.shown_at_first(run_of(provides=("cone.kernel", one)))
    assert ConePanel.shown_at_first(run_of(provides=("cone.kernel", one, two)))


def test_shading_by_activation_is_chosen_in_the_menu_and_named_in_the_bar(panel):
    panel.present(snapshot_of(arrays(), Cursor(10)))
    before = picture(panel)
    panel.choose("nodes by", "activation")
    assert panel.colour_bar().quantity.startswith("activation")
    assert picture(panel) != before
    assert panel.menu_choices() == (("nodes by", ("gradient", "activation"), "activation"),)


def test_without_gradients_the_cone_is_there_and_its_nodes_are_hollow(panel):
    panel.present(snapshot_of(arrays(gradient=False), Cursor(10)))
    assert colour_at(picture(panel), panel.grid.centre_of(8), panel.row_y(1)) == "#ffffff"
    assert panel.strip_row() is None
    assert "gradient" not in panel.reading()


def test_the_only_loss_of_a_sequence_is_said_at_its_end_wherever_the_cursor_stands(panel):
    made = arrays()
    for name in NAMES:
        made[f"gradient.itemised.{name}"] = np.ones((1, N), np.float32)
    panel.present(snapshot_of(made, Cursor(3)))
    assert panel.apex == N - 1
    picture(panel)


def test_the_row_above_the_strip_is_blank_outside_the_cone(panel):
    panel.present(snapshot_of(arrays(), Cursor(10)))
    indices, colours = panel.strip_row()
    assert colours == "viridis"
    assert (indices[[0, 3, 11, 15]] == 255).all()
    assert (indices[4:11] < 254).all()


def test_the_card_has_the_formula_the_field_and_the_strongest_input(panel):
    panel.present(snapshot_of(arrays(), Cursor(10)))
    said = panel.explain(Cursor(10))
    assert "sum" in said.formula
    assert said.key_number == "7"
    assert ("R", "1 + 2 + 4") in [(q.name, q.value) for q in said.quantities]
    assert any(q.name == "strongest, s = 10" for q in said.quantities)


def test_the_mouse_over_any_level_moves_the_token_cursor(panel, qtbot):
    panel.present(snapshot_of(arrays(), Cursor(10)))
    with qtbot.waitSignal(panel.cursor_moved) as moved:
        hover(panel, panel.grid.centre_of(4), panel.row_y(1))
    assert moved.args[0].column == 4
    click(panel, panel.grid.centre_of(4), panel.row_y(1))


def test_export_holds_the_shape_and_the_row_of_the_cursor(panel):
    panel.present(snapshot_of(arrays(), Cursor(10)))
    made = panel.export()
    assert made["cone.dilation"].tolist() == [1, 2]
    assert made["gradient.itemised.embedding.t=10"].shape == (N,)


def test_the_window_of_a_long_probe_is_painted(panel):
    lay_out(panel, height=180, visible=5)
    panel.present(snapshot_of(arrays(), Cursor(4)))
    picture(panel)
    assert panel.ready()


def test_a_net_of_one_convolution_without_a_past_has_a_cone_of_one_node(panel):
    made = {"cone.kernel": np.array([1]), "cone.dilation": np.array([1])}
    made |= {f"cone.activation.{level}.{name}": np.ones(N, np.float32) for level, name in enumerate(NAMES[:2])}
    panel.present(snapshot_of(made, Cursor(4)))
    picture(panel)
    assert "**1 character**" in panel.reading()


def test_an_lstm_cannot_serve_it():
    assert "receptive field" in (ConePanel.reason_unserved(run_of(provides=("layers.0.hidden_state",))) or "")
