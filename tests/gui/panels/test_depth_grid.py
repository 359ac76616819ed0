from __future__ import annotations

import numpy as np
import pytest

from seqviz.gui import theme
from seqviz.gui.panels.base import Cursor, Snapshot
from seqviz.gui.panels.depth_grid import DepthGridPanel, change_words
from seqviz.gui.panels.level_names import level_label, level_order, level_words
from tests.gui.panels.sheet_frames import N, frame_of, hover, lay_out, picture, run_of, snapshot_of

BLOCK = ("attention", "attention.beside", "mlp", "mlp.beside", "residual")
LEVELS = ["embedding", "stream", *(f"blocks.{b}.{part}" for b in (0, 1) for part in BLOCK), "features"]


def transformer(fade: float = 0.5) -> dict[str, np.ndarray]:
    """Every level has `fade` times the gradient of the one above it; the last position has none at all."""
    arrays = {}
    for place, level in enumerate(reversed(LEVELS)):
        values = np.full(N, 4.0 * fade**place, dtype=np.float32)
        values[-1] = 0.0
        arrays[f"depth.total.{level}"] = values
    arrays["depth.share.blocks.1.mlp"] = np.array([0.25], dtype=np.float32)
    arrays["depth.share.blocks.0.attention"] = np.array([0.4], dtype=np.float32)
    return arrays


@pytest.fixture
def panel(qtbot) -> DepthGridPanel:
    made = DepthGridPanel()
    qtbot.addWidget(made)
    lay_out(made, height=400)
    return made


def test_rows_run_from_the_head_to_the_embedding_without_what_passes_beside_a_branch(panel):
    panel.present(snapshot_of(transformer()))
    labels = [row.label for row in panel.rows]
    assert labels == ["head", "stream 2", "↳ MLP 2", "↳ attention 2", "stream 1", "↳ MLP 1", "↳ attention 1",
                      "stream 0", "embedding"]  # fmt: skip


def test_numbers_are_the_norm_of_a_whole_level_over_that_of_the_top(panel):
    panel.present(
        snapshot_of({"depth.total.embedding": np.array([3.0, 4.0]), "depth.total.features": np.array([0.0, 2.0])})
    )
    assert panel.ratios == {"features": 1.0, "embedding": 2.5}
    assert panel.rows[-1].number == "×2.5"


def test_the_reading_says_how_much_is_left_and_which_branch_carries_most(panel):
    panel.present(snapshot_of(transformer()))
    assert panel.reading() == (
        "from the head to the embedding the gradient shrinks **4 096 times**; "
        "40 % of it below block 1 came through its attention"
    ).replace("4 096", theme.short(2.0**12))


def test_a_position_that_no_loss_reaches_is_blank(panel):
    panel.present(snapshot_of(transformer()))
    assert np.isnan(panel.rows[0].values[-1])
    assert np.isfinite(panel.rows[0].values[:-1]).all()
    picture(panel)


def test_a_gradient_that_is_no_number_is_named(panel):
    arrays = transformer()
    arrays["depth.total.blocks.0.residual"] = np.full(N, np.nan, dtype=np.float32)
    panel.present(snapshot_of(arrays))
    assert panel.reading() == "the gradient at **the stream after block 1** is not a number"
    picture(panel)


def test_one_loss_alone_is_another_picture_and_asks_for_its_arrays(panel, qtbot):
    assert "depth.total.*" in panel.current_wants()
    with qtbot.waitSignal(panel.wants_changed):
        panel.choose("gradient of", "the last loss alone")
    assert "depth.last.*" in panel.current_wants()
    assert "depth.total.*" not in panel.current_wants()
    assert panel.colour_bar().colours == "viridis"


def test_a_net_with_dilations_shows_one_loss_alone_until_told_otherwise(panel, qtbot):
    with qtbot.waitSignal(panel.wants_changed):
        panel.present(Snapshot(run=run_of("convolution", ("depth.total.*", "depth.dilation.*"))))
    assert panel.menu_choices()[0][2] == "the last loss alone"
    panel.choose("gradient of", "all losses")
    assert "depth.total.*" in panel.current_wants()


def test_the_dilation_of_a_level_stands_beside_it(panel):
    names = ("embedding", "conv.0.hidden", "conv.0.output", "conv.1.hidden", "conv.1.output")
    arrays = {f"depth.total.{name}": np.ones(N, dtype=np.float32) for name in names}
    arrays["depth.dilation.conv.1.output"] = np.array([2.0])
    panel.present(snapshot_of(arrays))
    assert [row.label for row in panel.rows] == ["level 2, d 2", "↳ first of 2", "level 1", "↳ first of 1", "embedding"]


def test_the_level_under_the_mouse_is_explained(panel):
    panel.present(snapshot_of(transformer()))
    rect = panel.row_rect(3)
    hover(panel, rect.left() + 30, rect.center().y())
    told = panel.explain(Cursor(1))
    assert told.quantities[0].value == "attention 2"
    assert told.key_number == theme.short(panel.ratios["blocks.1.attention"])


def test_levels_along_another_axis_are_told_by_their_number_alone(panel):
    arrays = {"depth.total.encoder.hidden_state": np.ones(N), "depth.total.attention.attended": np.ones(4)}
    axes = {"depth.total.encoder.hidden_state": ("t",), "depth.total.attention.attended": ("target",)}
    panel.present(Snapshot(run=run_of(), frame=frame_of(arrays, axes=axes)))
    assert [row.values is None for row in panel.rows] == [True, False]
    picture(panel)


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("layers.1.hidden_state", "h, layer 2"),
        ("layers.0.cell_state", "c, layer 1"),
        ("layers.0.backward.hidden_state", "h ←, layer 1"),
        ("layers.0.depth.1.state", "depth 2, 1"),
        ("output.0", "output 1"),
        ("tree.node_state", "h"),
        ("encoder.embedding", "encoder e"),
    ],
)
def test_names_are_short(name, label):
    assert level_label(name, many=True) == label


def test_levels_sort_as_the_input_passes_them():
    names = ["features", "output.0", "layers.1.hidden_state", "layers.0.hidden_state", "layers.0.cell_state",
             "layers.0.depth.0.state", "embedding"]  # fmt: skip
    assert sorted(names, key=level_order) == names[::-1]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("blocks.1.mlp", "the MLP of block 2"),
        ("embedding", "the embedding"),
        ("conv.3.hidden", "the first convolution of level 4"),
        ("encoder.embedding", "the encoder's embedding"),
    ],
)
def test_names_read_well_in_a_sentence(name, words):
    assert level_words(name, many=True) == words


def test_changes_are_told_as_factors():
    assert change_words(1.1) == "**keeps its size** (×1.1)"
    assert change_words(0.25) == "shrinks **4 times**"
    assert change_words(3.0) == "grows **3 times**"
    assert change_words(0.0) == "**dies**: nothing arrives"
