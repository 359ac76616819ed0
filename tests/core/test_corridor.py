from __future__ import annotations

import numpy as np
import pytest

from seqviz.core.corridor import LONGEST, SYMBOLS, Corridor, cell_labels, commands_and_readings, parse_map

WORLD = Corridor(parse_map("D..D.", "corpus.doors"), move_error=0.2, sensor_error=0.1)


def test_told_to_go_right_the_robot_goes_one_cell_or_none_or_two():
    np.testing.assert_allclose(WORLD.motion()[1, 1], [0, 0.1, 0.8, 0.1, 0])


def test_at_an_end_it_bumps_and_stays():
    stay, right, left = WORLD.motion()
    np.testing.assert_allclose(right[3], [0, 0, 0, 0.1, 0.9])
    np.testing.assert_allclose(left[0], [1, 0, 0, 0, 0])
    np.testing.assert_allclose(stay, np.eye(5))


def test_every_command_and_every_reading_is_a_distribution():
    np.testing.assert_allclose(WORLD.motion().sum(axis=2), 1)
    np.testing.assert_allclose(WORLD.sensor().sum(axis=0), 1)


def test_the_sensor_says_door_where_there_is_one_but_for_its_error():
    np.testing.assert_allclose(WORLD.sensor()[1], [0.9, 0.1, 0.1, 0.9, 0.1])


def test_a_symbol_is_a_command_and_a_reading():
    moves, readings = commands_and_readings(np.array([SYMBOLS.index(s) for s in (".", "→D", "←.")]))
    assert moves.tolist() == [0, 1, 2]
    assert readings.tolist() == [0, 1, 0]


def test_cells_are_counted_from_one_and_name_their_door():
    assert cell_labels(WORLD.doors) == ("1 D", "2", "3", "4 D", "5")


@pytest.mark.parametrize("text", ["", ".", "..x", "d.", "." * (LONGEST + 1)])
def test_a_map_that_is_none_is_refused_in_one_line_that_names_the_field(text):
    with pytest.raises(ValueError, match=r"^corpus\.doors: draw 2 to 64 cells.*$"):
        parse_map(text, "corpus.doors")
