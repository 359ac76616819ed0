from __future__ import annotations

import numpy as np

from seqviz.gui.panels.cone_shape import ConeShape, half_within, support_end

TCN = ConeShape((3, 3, 3, 3), (1, 1, 2, 2))


def test_the_field_is_one_plus_what_each_convolution_looks_back() -> None:
    assert TCN.steps_back == (2, 2, 4, 4)
    assert TCN.field == 13
    assert ConeShape((5,), (1,)).field == 5


def test_seen_are_exactly_the_positions_that_a_chain_of_taps_leads_to() -> None:
    levels = ConeShape((2, 2), (1, 4)).seen_from(9)
    assert [level.tolist() for level in levels] == [[4, 5, 8, 9], [5, 9], [9]]


def test_nothing_before_the_start_is_seen() -> None:
    levels = TCN.seen_from(3)
    assert levels[0].tolist() == [0, 1, 2, 3]
    assert TCN.first_seen(3) == 0
    assert TCN.first_seen(20) == 8


def test_an_edge_leads_from_every_seen_node_to_each_of_its_taps() -> None:
    (first, upper, lower), (second, top, below) = ConeShape((2, 3), (1, 2)).edges(4)
    assert (first, second) == (1, 2)
    assert sorted(zip(top.tolist(), below.tolist(), strict=True)) == [(4, 0), (4, 2), (4, 4)]
    assert sorted(zip(upper.tolist(), lower.tolist(), strict=True)) == [(0, 0), (2, 1), (2, 2), (4, 3), (4, 4)]


def test_gradient_support_ends_at_the_first_position_that_is_not_exactly_zero() -> None:
    assert support_end(np.array([np.nan, 0.0, 1e-30, 1.0])) == 2
    assert support_end(np.array([np.nan, 0.0])) is None


def test_half_of_a_row_is_counted_from_the_output_back() -> None:
    assert half_within(np.array([1.0, 1.0, 1.0, 1.0, np.nan]), 3) == 2
    assert half_within(np.array([0.0, 0.1, 9.0]), 2) == 1
