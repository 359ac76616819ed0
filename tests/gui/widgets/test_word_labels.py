from __future__ import annotations

import itertools

import numpy as np

from seqviz.gui.widgets.word_labels import Wanted, place_labels

AREA = (0.0, 0.0, 400.0, 300.0)
HEIGHT = 14.0


def boxes(wanted, placed):
    widths = {one.word: one.width for one in wanted}
    return [(p.left, p.top, p.left + widths[p.word], p.top + HEIGHT) for p in placed]


def test_no_two_names_overlap_and_all_lie_inside():
    chance = np.random.default_rng(0)
    wanted = [Wanted(i, *chance.uniform((0, 0), (400, 300)), 20 + i % 40) for i in range(300)]
    found = boxes(wanted, place_labels(wanted, HEIGHT, 5, AREA))
    assert 20 < len(found) < 300
    for one, other in itertools.combinations(found, 2):
        assert one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]
    assert all(b[0] >= 0 and b[1] >= 0 and b[2] <= 400 and b[3] <= 300 for b in found)


def test_the_first_is_served_first_and_stands_right_of_its_point():
    wanted = [Wanted(7, 100, 100, 8), *(Wanted(i, 100, 100, 8) for i in range(5))]
    placed = place_labels(wanted, HEIGHT, 5, AREA)
    assert (placed[0].word, placed[0].left, placed[0].top) == (7, 105, 93)
    assert len(placed) == 4  # right, left, above, below


def test_a_name_at_the_edge_goes_to_the_other_side():
    (placed,) = place_labels([Wanted(0, 395, 100, 30)], HEIGHT, 5, AREA)
    assert placed.left == 360
    assert place_labels([Wanted(0, 200, 150, 30)], HEIGHT, 5, AREA, taken=[AREA]) == []
