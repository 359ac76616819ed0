"""Widths that make racers about as large as one of them."""

from __future__ import annotations

import pytest

from seqviz.training.builder import build, parameter_count
from seqviz.training.same_size import closest, same_size

RACERS = [
    {"model": {"name": "ngram", "order": 2}},
    {"model": {"name": "rnn", "d_hidden": 10}},
    {"model": {"name": "lstm", "d_hidden": 40}},
    {"model": {"name": "transformer", "d_model": 16, "n_layers": 1, "n_heads": 4}},
]


def test_all_that_have_a_width_come_as_close_as_whole_widths_allow(make_config):
    config = make_config().replaced({"racers": RACERS})
    solved, before, after = same_size(config, like=2)
    wanted = before[2]
    assert after[2] == wanted
    assert after[0] == before[0]
    rnn = solved.racers[1].model
    for neighbour in (-1, 1):
        other = build(solved.lanes()[1].replaced({"model.d_hidden": rnn.knobs["d_hidden"] + neighbour}))
        assert abs(parameter_count(other.model) - wanted) >= abs(after[1] - wanted)
    assert abs(after[3] - wanted) / wanted < 0.25  # widths go by fours there: four heads share it
    assert solved.racers[3].model.knobs["d_model"] % 4 == 0


def test_everything_but_the_widths_stays(make_config):
    config = make_config().replaced({"racers": RACERS})
    solved, _, _ = same_size(config, like=1)
    assert solved.corpus == config.corpus
    assert solved.racers[2].model.knobs["forget_bias"] == 1.0
    assert solved.racers[1].model.knobs["d_hidden"] == 10


def test_a_counting_racer_is_no_measure_for_the_others(make_config):
    with pytest.raises(ValueError, match="width"):
        same_size(make_config().replaced({"racers": RACERS}), like=0)


@pytest.mark.parametrize("wanted", [1, 24, 25, 26, 99, 10_000])
def test_the_closest_square_is_found_even_where_some_widths_are_refused(wanted):
    def count(width: int) -> int | None:
        return None if width % 3 else width * width

    best = min((w for w in range(3, 31, 3)), key=lambda w: abs(w * w - wanted))
    assert closest(count, wanted, 1, 30) == best


def test_no_width_is_tried_that_is_far_larger_than_wanted():
    tried: list[int] = []

    def count(width: int) -> int:
        tried.append(width)
        return width * width

    assert closest(count, 100, 1, 8192) == 10
    assert max(tried) <= 20
