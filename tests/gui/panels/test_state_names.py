from __future__ import annotations

from seqviz.gui.panels.state_names import site_title, titles_of


def test_the_top_layers_hidden_state_comes_first_and_what_belongs_to_no_layer_last() -> None:
    sites = ["embedding", "output.0", "layers.0.cell_state", "layers.0.hidden_state"]
    ordered = list(titles_of(sites).values())
    assert ordered[:2] == ["layers.0.hidden_state", "layers.0.cell_state"]


def test_states_inside_one_step_are_counted_from_one() -> None:
    assert site_title("layers.1.depth.0.state", True) == "depth 1, layer 2"
    assert site_title("layers.0.transition.1", False) == "transition 2"
    assert site_title("output.0", True) == "output 1"
    assert site_title("layers.0.normalised_cell", False) == "normalised cell c"


def test_the_embedding_comes_before_the_levels_of_a_convolutional_net() -> None:
    sites = ["conv.0.hidden", "conv.0.output", "conv.1.output", "embedding"]
    assert list(titles_of(sites)) == ["input embedding e", "output, layer 2", "hidden, layer 1", "output, layer 1"]


def test_directions_are_named_and_what_joins_them_comes_first() -> None:
    sites = [f"layers.0.{way}.hidden_state" for way in ("backward", "forward", "both")]
    titles = ["hidden state h, both directions", "forward hidden state h", "backward hidden state h"]
    assert list(titles_of(sites)) == titles
