from __future__ import annotations

import numpy as np
import pytest

from seqviz.core.corridor import DEFAULT_MAP, SYMBOLS, Corridor, commands_and_readings, parse_map
from seqviz.data.corpora import corpora
from seqviz.data.corpora.corridor import CorridorConfig, least_loss, walks


def read(**knobs):
    return corpora.get("corridor")(CorridorConfig(**{"samples": 3000, "length": 12} | knobs)).read()


def test_readings_are_wrong_as_often_as_the_knob_says():
    content = read(sensor_error=0.25)
    _, readings = commands_and_readings(content.train_inputs)
    doors = parse_map(DEFAULT_MAP, "doors")[content.train_targets]
    assert (readings != doors).mean() == pytest.approx(0.25, abs=0.01)


def test_moves_in_the_open_go_wrong_as_often_as_the_knob_says():
    content = read(doors="D" + "." * 40, move_error=0.3)
    moves, _ = commands_and_readings(content.train_inputs)
    cells = content.train_targets.astype(int)
    inside = (cells[:, :-1] > 2) & (cells[:, :-1] < 38) & (moves[:, 1:] == 1)
    gone = np.diff(cells, axis=1)[inside]
    assert set(gone) == {0, 1, 2}
    assert (gone == 0).mean() == pytest.approx(0.15, abs=0.02)
    assert (gone == 2).mean() == pytest.approx(0.15, abs=0.02)


def test_the_first_reading_comes_before_any_command_and_starts_are_spread_evenly():
    content = read()
    moves, _ = commands_and_readings(content.train_inputs)
    assert not moves[:, 0].any()
    shares = np.bincount(content.train_targets[:, 0], minlength=16) / 3000
    np.testing.assert_allclose(shares, 1 / 16, atol=0.02)


def test_commands_tell_nothing_of_where_the_robot_is():
    content = read(doors="D...D", sensor_error=0.5)
    moves, _ = commands_and_readings(content.train_inputs)
    at_an_end = content.train_targets[:, 5] == 4
    turned = (moves[:, 6] == 2) & (moves[:, 5] == 1)
    right = moves[:, 5] == 1
    assert turned[at_an_end & right].mean() == pytest.approx(turned[right].mean(), abs=0.04)


def test_without_errors_the_least_loss_is_that_of_not_knowing_the_start():
    world = Corridor(parse_map("....", "doors"), 0.0, 0.0)
    symbols, cells = walks(world, np.random.default_rng(1), 500, 1)
    assert least_loss(world, symbols, cells) == pytest.approx(np.log(4))


def test_the_line_to_reach_falls_with_a_better_sensor():
    lines = [read(sensor_error=error).baselines[0][2] for error in (0.01, 0.1, 0.5)]
    assert lines == sorted(lines)


def test_it_is_reproducible_and_named_after_what_it_holds():
    assert read().sha256 == read().sha256
    assert read(seed=2).sha256 != read().sha256
    assert read().summary == "3000 walks of 12 steps, 16 cells, 3 doors"
    assert read().output_labels[:4] == ("1", "2", "3 D", "4")


def test_a_number_is_a_walk_whose_cells_are_known():
    content = read()
    inputs, targets = content.example("2")
    assert np.array_equal(inputs, content.valid_inputs[1])
    assert np.array_equal(targets, content.valid_targets[1])


def test_typed_readings_have_cells_that_nobody_knows():
    inputs, targets = read().example("D >. →. <D")
    assert [SYMBOLS[i] for i in inputs] == ["D", "→.", "→.", "←D"]
    assert (targets == -1).all()


@pytest.mark.parametrize("text", ["", "0", "301", "x", "D >x", "D " * 13])
def test_anything_else_is_refused_in_one_line(text):
    with pytest.raises(ValueError, match="^probe: ") as error:
        read().example(text)
    assert "\n" not in str(error.value)


def test_a_map_that_is_none_is_refused():
    with pytest.raises(ValueError, match=r"^corpus\.doors: "):
        read(doors="no")
