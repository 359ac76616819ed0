from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from seqviz.core.batch import Ruler
from seqviz.core.events import Frame
from seqviz.gui import theme
from seqviz.gui.colour_maps import MASKED
from seqviz.gui.panels.base import Cursor, Snapshot
from seqviz.gui.panels.gradient_map import GradientMapPanel, relative_to_diagonal, rows_with_loss, strongest_far
from tests.gui.panels.sheet_frames import (
    TEXT,
    N,
    causal,
    click,
    colour_at,
    hover,
    lay_out,
    picture,
    run_of,
    snapshot_of,
)

SITE = "layers.0.hidden_state"
CELL = "layers.0.cell_state"


def arrays(half_life: float = 6.1, horizon: float = 12.0, fit: float = 0.98) -> dict[str, np.ndarray]:
    decay = (0.5 ** np.arange(N)).astype(np.float32)
    return {
        f"gradient.itemised.{SITE}": causal(),
        f"gradient.itemised.{CELL}": causal(fade=0.9),
        f"gradient.decay.{SITE}": decay,
        f"gradient.decay.{CELL}": decay**0.2,
        f"gradient.half_life.{SITE}": np.array([half_life, fit, horizon], dtype=np.float32),
        f"gradient.half_life.{CELL}": np.array([10.5, 0.9, np.inf], dtype=np.float32),
    }


@pytest.fixture
def panel(qtbot) -> GradientMapPanel:
    made = GradientMapPanel()
    qtbot.addWidget(made)
    lay_out(made)
    return made


def test_one_is_the_mean_of_the_diagonal(panel):
    panel.present(snapshot_of(arrays()))
    assert np.nanmean(np.diagonal(panel.values)) == pytest.approx(1.0)
    assert relative_to_diagonal(np.zeros((3, 3))).max() == 0.0


def test_the_row_of_a_position_without_target_is_absent(panel):
    panel.present(snapshot_of(arrays()))
    assert panel.geometry_of_map().rows == N - 1
    assert (panel.indices[-1] == MASKED).all()


def test_the_upper_half_is_not_drawn(panel):
    panel.present(snapshot_of(arrays(), Cursor(0)))
    geometry, image = panel.geometry_of_map(), picture(panel)
    inside = geometry.cell_rect(9, 2).center()
    above = geometry.cell_rect(9, 13).center()
    assert colour_at(image, above.x(), above.y()) != colour_at(image, inside.x(), inside.y())


def test_the_reading_states_the_tail_half_life(panel):
    panel.present(snapshot_of(arrays(6.14)))
    assert "halves every **6.1 characters**" in panel.reading()
    assert "roughly" not in panel.reading()


def test_a_poor_fit_is_said(panel):
    panel.present(snapshot_of(arrays(fit=0.2)))
    assert "roughly (R² 0.20)" in panel.reading()


def test_a_gradient_that_never_fades_has_no_half_life(panel):
    panel.present(snapshot_of(arrays(half_life=np.inf, horizon=np.inf)))
    assert "**does not halve** within 15 characters" in panel.reading()


def test_the_curves_are_of_the_state_and_the_cell_of_one_layer(panel):
    values = arrays() | {"gradient.decay.layers.1.hidden_state": np.ones(N, dtype=np.float32)}
    panel.present(snapshot_of(values))
    assert [c.name for c in panel.curves()] == ["h", "c"]
    assert panel.curves()[0].half_life_text == "h: half-life 6.1"
    assert panel.curves()[1].horizon_text == f"1 % beyond {N - 1}"


def test_hovering_moves_the_cursor_to_the_row_and_points_at_the_column(panel, qtbot):
    panel.present(snapshot_of(arrays()))
    cell = panel.geometry_of_map().cell_rect(9, 3).center()
    with qtbot.waitSignal(panel.cursor_moved) as caught:
        hover(panel, cell.x(), cell.y())
    assert caught.args == [Cursor(9, 9, 3)]


def test_the_empty_half_does_not_move_the_cursor(panel, qtbot):
    panel.present(snapshot_of(arrays()))
    cell = panel.geometry_of_map().cell_rect(3, 12).center()
    with qtbot.assertNotEmitted(panel.cursor_moved):
        hover(panel, cell.x(), cell.y())


def test_a_click_pins_the_column_until_it_is_clicked_again(panel):
    panel.present(snapshot_of(arrays()))
    here, below = (panel.geometry_of_map().cell_rect(row, 3).center() for row in (9, 11))
    click(panel, here.x(), here.y())
    assert panel.pinned == 3
    other = panel.geometry_of_map().cell_rect(11, 6).center()
    caught = []
    panel.cursor_moved.connect(caught.append)
    hover(panel, other.x(), other.y())
    assert caught == [Cursor(11, 11, 3)]
    click(panel, below.x(), below.y())
    assert panel.pinned is None


def test_the_card_relates_the_cell_to_its_own_diagonal(panel):
    panel.present(snapshot_of(arrays()))
    said = panel.explain(Cursor(9, 9, 7))
    assert said.key_number == "0.25"
    assert said.key_meaning == "of its value at s = t, over 2 characters"
    assert [q.name for q in said.quantities][:2] == ["t = 9", "s = 7"]
    assert r"\partial h_s" in said.formula


def test_the_card_says_that_nothing_is_predicted_after_the_last_position(panel):
    panel.present(snapshot_of(arrays()))
    assert "Nothing is predicted" in panel.explain(Cursor(N - 1)).sentence


def test_another_state_is_chosen_by_the_menu(panel):
    panel.present(snapshot_of(arrays()))
    panel.choose("gradient with respect to", "cell state c")
    assert panel.site == CELL
    assert r"\partial c_s" in panel.explain(Cursor(3)).formula
    assert panel.values[5, 4] == pytest.approx(0.9, rel=1e-3)


def test_another_source_is_asked_of_the_trainer_and_leaves_the_columns_of_the_probe(panel, qtbot):
    panel.present(snapshot_of(arrays()))
    with qtbot.waitSignal(panel.wants_changed):
        panel.choose("source", "mean of 32 windows")
    assert panel.current_source() == "windows"
    values = arrays() | {f"gradient.itemised.{SITE}": causal(64)}
    panel.present(snapshot_of(values))
    assert not panel.aligned
    assert panel.map_grid().n == 64
    assert panel.strip_row() is None
    picture(panel)


def test_the_strip_gets_the_row_of_the_cursor(panel):
    panel.present(snapshot_of(arrays(), Cursor(4)))
    indices, colours = panel.strip_row()
    assert colours == "viridis"
    assert (indices[:5] != MASKED).all()
    assert (indices[5:] == MASKED).all()


def test_a_long_probe_shows_the_rows_and_columns_of_the_window(panel):
    lay_out(panel, visible=6)
    panel.present(snapshot_of(arrays()))
    geometry = panel.geometry_of_map()
    assert (geometry.first_row, geometry.rows) == (0, 6)
    assert geometry.cell_at(76 + 7 * 24, 100) is None


def test_a_map_of_the_probe_before_is_not_drawn_on_the_new_columns(panel):
    panel.present(snapshot_of(arrays()))
    lay_out(panel, n=10)
    assert not panel.ready()
    picture(panel)


def test_presentation_puts_one_number_into_the_empty_half(panel):
    theme.set_presentation(True)
    try:
        panel.present(snapshot_of(arrays()))
        assert panel.still_half(panel.rect()) is None
        picture(panel)
    finally:
        theme.set_presentation(False)


def test_the_empty_panel_is_a_ghost_with_a_sentence(panel):
    image = picture(panel)
    assert colour_at(image, 90, 20) == theme.theme().ghost.name()
    assert panel.ghost


def test_a_run_without_itemised_gradients_cannot_serve_it():
    assert GradientMapPanel.reason_unserved(run_of(provides=("surprisal",))) is not None
    assert GradientMapPanel.reason_unserved(run_of(provides=("gradient.itemised.*",))) is None


def test_the_strongest_cell_is_sought_beyond_the_nearest_two():
    assert strongest_far(np.array([0.1, 0.4, 0.2, 5.0, 9.0]), 4) == 1
    assert strongest_far(np.array([9.0, 5.0, 2.0, 1.0, 3.0]), 0) == 4
    assert strongest_far(np.array([np.nan, 0.3, np.nan]), 1) == 1


def test_tokens_of_the_row_are_named_in_the_card(panel):
    panel.present(snapshot_of(arrays()))
    named = panel.explain(Cursor(TEXT.index("d"), None, 0)).quantities[0].value
    assert named == "d of dog → o"


def test_the_map_of_a_pair_has_the_targets_rows_and_the_sources_columns(panel):
    name = "gradient.itemised.encoder.hidden_state"
    values = np.full((4, N), 2.0, dtype=np.float32)
    values[1, 3] = 6.0
    rulers = {"source": Ruler(tuple(TEXT)), "target": Ruler(tuple("le c"))}
    frame = Frame(1, "r", {name: values}, {name: ("target", "source")}, rulers, {name: 1})
    panel.present(Snapshot(run_of("attention", (name,)), frame, cursor=Cursor(3, 1, 3)))
    assert panel.row_tokens == tuple("le c")
    assert "1 = mean" in panel.colour_bar().quantity
    said = panel.explain(Cursor(3, 1, 3))
    assert [q.value for q in said.quantities] == ["e", "space after the"]
    assert said.key_number == "2.91"  # 6 over a mean of 2 + 4 / 64
    picture(panel)


def test_one_loss_of_a_whole_sequence_is_told_by_the_position_under_the_cursor(panel):
    values = np.full((1, N), 2.0, dtype=np.float32)
    values[0, 5] = 20.0
    panel.present(snapshot_of({f"gradient.itemised.{SITE}": values}, Cursor(5)))
    told = panel.explain(Cursor(5))
    assert told.quantities[0].name == "s = 5"
    assert float(told.key_number) > 5
    assert "whole sequence" in panel.subtitle()


def test_of_several_layers_the_one_shown_is_named(panel):
    panel.present(snapshot_of({f"gradient.itemised.layers.{n}.hidden_state": causal() for n in range(3)}))
    assert "state of layer 3 at s" in panel.subtitle()
    panel.present(snapshot_of({f"gradient.itemised.{SITE}": causal()}))
    assert "layer" not in panel.subtitle()


def test_of_one_loss_a_larger_gradient_is_a_higher_bar(panel):
    values = np.full((1, N), 1e-3, dtype=np.float32)
    values[0, 5] = 1.0
    panel.present(snapshot_of({f"gradient.itemised.{SITE}": values}, Cursor(0)))
    area, image, grid = panel.geometry_of_map().area(), picture(panel), panel.grid
    y = area.top() + 0.35 * area.height()
    assert colour_at(image, grid.centre_of(5), y) != colour_at(image, grid.centre_of(8), y)


def test_a_probe_without_targets_is_said_in_words(panel):
    panel.present(snapshot_of({f"gradient.itemised.{SITE}": np.full((N, N), np.nan, dtype=np.float32)}))
    assert not panel.ready()
    assert "no targets" in panel.ghost_words()


def test_in_a_low_map_the_decay_curves_are_smaller_instead_of_gone(panel):
    lay_out(panel, n=24, width=700, height=200)
    decay = (0.5 ** np.arange(24)).astype(np.float32)
    wide = arrays() | {f"gradient.itemised.{SITE}": causal(n=24), f"gradient.decay.{SITE}": decay}
    panel.present(snapshot_of(wide))
    assert panel.half_area(panel.geometry_of_map()).height() < 100
    panel.present(snapshot_of(arrays()))
    assert panel.still_half(panel.half_area(panel.geometry_of_map())) is not None


# maps that are no triangles -------------------------------------------------------------------------------------------

EMBEDDING = "gradient.itemised.embedding"
FORWARD, BACKWARD = (f"gradient.itemised.layers.0.{way}.hidden_state" for way in ("forward", "backward"))


def both_ways(rows: tuple[int, ...] = tuple(range(N))) -> np.ndarray:
    """Every loss of these rows feels every position, less with distance."""
    places = np.arange(N)
    found = np.full((N, N), np.nan, dtype=np.float32)
    found[list(rows)] = 10.0 ** -np.abs(places[list(rows), None] - places[None, :])
    return found


def test_a_map_of_both_sides_fills_the_square_and_its_row_follows_the_token_cursor(panel):
    panel.present(snapshot_of({EMBEDDING: both_ways()}, Cursor(5)))
    assert panel.square
    assert not panel.causal
    assert panel.row == 5
    assert panel.reaches(2, 9)
    geometry = panel.geometry_of_map()
    hover(panel, geometry.grid.centre_of(9), geometry.centre_y(2))
    assert panel._cursor_at(2, 9) == Cursor(2, 2, 9)


def test_a_backward_state_has_numbers_from_its_own_place_on(panel):
    values = both_ways()
    values[np.tril_indices(N, -1)] = np.nan
    panel.present(snapshot_of({BACKWARD: values, FORWARD: both_ways()}, Cursor(5)))
    panel.choose("gradient with respect to", "backward hidden state h")
    assert panel.square
    assert not panel.causal
    assert panel.reaches(5, 9)
    assert not panel.reaches(5, 2)
    assert "backward state" in panel.subtitle()


def test_the_forward_state_comes_first_and_both_are_offered_by_name(panel):
    panel.present(snapshot_of({BACKWARD: both_ways(), FORWARD: both_ways()}, Cursor(5)))
    titles = {key: options for key, options, _ in panel.menu_choices()}["gradient with respect to"]
    assert titles == ("hidden state h, both directions", "forward hidden state h", "backward hidden state h")


def test_both_directions_join_into_one_map_with_the_past_on_the_left(panel):
    forward, backward = both_ways(), 2 * both_ways()
    forward[np.triu_indices(N, 1)] = np.nan
    backward[np.tril_indices(N, -1)] = np.nan
    panel.present(snapshot_of({BACKWARD: backward, FORWARD: forward}, Cursor(5)))
    assert panel.square
    assert panel.values[9, 3] * 2 == pytest.approx(panel.values[3, 9])
    assert "both states" in panel.subtitle()


def test_rows_without_a_loss_are_left_out_and_the_rest_keep_their_positions(panel):
    panel.present(snapshot_of({EMBEDDING: both_ways((3, 9))}, Cursor(9)))
    assert panel.values.shape == (2, N)
    assert panel.row == 1
    assert panel.position_of(1) == 9
    assert panel.row_tokens == ("space\u00a0at\u00a03", "t\u00a0at\u00a09")
    geometry = panel.geometry_of_map()
    assert geometry.rows == 2
    heard = []
    panel.cursor_moved.connect(heard.append)
    hover(panel, geometry.grid.centre_of(6), geometry.centre_y(0))
    assert heard == [Cursor(3, 3, 6)]


def test_a_position_without_a_loss_frames_the_row_that_feels_it_most(panel):
    panel.present(snapshot_of({EMBEDDING: both_ways((3, 9))}, Cursor(4)))
    assert panel.row == 0
    assert panel.key == 4
    panel.present(snapshot_of({EMBEDDING: both_ways((3, 9))}, Cursor(8)))
    assert panel.row == 1


def test_the_card_of_a_hidden_place_names_it_and_compares_with_it(panel):
    panel.present(snapshot_of({EMBEDDING: both_ways((3, 9))}, Cursor(9)))
    said = panel.explain(Cursor(9, None, 7))
    assert said.quantities[0].name == "t = 9"
    assert "→" not in said.quantities[0].value
    assert said.key_number == "0.01"
    assert "over 2 characters" in said.key_meaning


def test_nearly_full_maps_and_empty_ones_keep_every_row():
    assert rows_with_loss(causal()) is None
    assert rows_with_loss(np.full((N, N), np.nan)) is None
    assert list(rows_with_loss(both_ways((3, 9)))) == [3, 9]


def test_decay_curves_of_both_directions_stand_over_a_map_without_an_empty_half(panel):
    curve = 0.5 ** np.arange(N)
    arrays = {FORWARD: both_ways(), BACKWARD: both_ways()}
    for name in (FORWARD, BACKWARD):
        arrays[name.replace("itemised", "decay")] = curve
        arrays[name.replace("itemised", "half_life")] = np.array([1.0, 1.0, 7.0])
    panel.present(snapshot_of(arrays, Cursor(5)))
    assert panel.top_margin() > 0
    assert [curve.name for curve in panel.curves()] == ["h→", "h←"]
    assert panel.geometry_of_map().top >= panel.half_area(panel.geometry_of_map()).bottom()
    picture(panel)


def test_where_labels_are_told_no_row_points_at_the_token_after_it(panel):
    told = snapshot_of(arrays())
    panel.present(told)
    assert " → " in panel.explain(Cursor(2)).quantities[0].value
    labels = replace(told.run, provides=(*told.run.provides, "label.probabilities"))
    panel.present(replace(told, run=labels))
    assert " → " not in panel.explain(Cursor(2)).quantities[0].value
