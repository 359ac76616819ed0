from __future__ import annotations

import math

import numpy as np
import pytest
from canned import attending, counting, net, states, who

from seqviz.gui.explain.asking import Lane
from seqviz.gui.explain.rows import (
    MOST_STRETCH,
    block_height,
    log_places,
    room_to_grow,
    rows_of,
    scale_top,
    shares_of,
)


def rows(answer):
    return rows_of(Lane(who(0, "a"), answer))


def test_the_truth_comes_first_and_the_witnesses_carry_its_shares():
    first, gradient = rows(net())
    assert first.truth
    assert first.shares is None
    assert gradient.shares is not None
    assert gradient.shares.sum() == pytest.approx(1.0)
    assert gradient.verdict == "agrees **0.97**"


def test_weights_that_are_all_alike_are_a_thin_row():
    _, sight, gradient, _ = rows(attending())
    assert sight.flat
    assert sight.height < gradient.height
    assert not gradient.flat


def test_a_path_of_states_gives_labels_and_no_weights():
    _, path = rows(states())
    assert not path.weighs
    assert path.verdict == "gives no weights"
    assert path.value_at(4) == "state 5"
    assert path.value_at(39) == ""


def test_the_value_at_the_cursor_has_its_unit():
    first, gradient = rows(net())
    assert first.value_at(38) == "4 bits"
    assert gradient.value_at(38).endswith(" %")


def test_the_scale_is_logarithmic_and_ends_at_both_sides():
    places = log_places(np.array([0.0, 0.01, 0.1, 1.0, 50.0, math.inf, math.nan]), 0.01, 1.0)
    assert places[:6].tolist() == pytest.approx([0.0, 0.0, 0.5, 1.0, 1.0, 1.0])
    assert math.isnan(places[6])


@pytest.mark.parametrize(
    ("largest", "top"), [(0.0, 1.0), (0.3, 1.0), (1.5, 2.0), (4.1, 5.0), (50.0, 50.0), (50.3, 100.0), (math.inf, 1.0)]
)
def test_the_top_of_the_scale_is_a_round_number(largest, top):
    assert scale_top(largest) == top


def test_infinite_changes_have_no_share():
    assert shares_of(np.array([math.inf, math.nan])) is None
    assert shares_of(np.array([math.inf, 1.0, 3.0])).tolist()[1:] == [0.25, 0.75]


def test_bars_grow_into_free_height_and_no_further():
    few = [rows(net())]
    assert room_to_grow(few, 0) == 1.0
    assert room_to_grow(few, 10_000) == MOST_STRETCH
    fitting = room_to_grow(few, 150)
    assert block_height(few[0], fitting) == pytest.approx(150)
    assert room_to_grow([rows_of(Lane(who(0, "a")))], 500) == 1.0


def test_a_table_makes_the_block_higher():
    told = rows(counting())
    assert told[1].total_height(1.0) > rows(net())[1].total_height(1.0)
