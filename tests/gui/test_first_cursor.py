from __future__ import annotations

import numpy as np

from seqviz.gui.first_cursor import first_column

TEXT = tuple("I grew up in France, so I speak fluent French.")


def test_an_untrained_model_is_looked_at_where_a_word_of_the_last_quarter_begins():
    bits = np.random.default_rng(0).uniform(4, 5, len(TEXT))
    column = first_column(TEXT, bits, step=0)
    assert TEXT[column - 1] == " "
    assert 0.6 * len(TEXT) < column < 0.95 * len(TEXT)


def test_a_trained_model_is_looked_at_where_the_second_half_surprised_it_most():
    bits = np.ones(len(TEXT))
    bits[5], bits[39] = 9.0, 6.0
    assert first_column(TEXT, bits, step=500) == 39


def test_the_cursor_does_not_stand_where_nothing_is_predicted_next():
    bits = np.full(40, np.nan)
    bits[30:33] = 1.0
    assert first_column(("_",) * 40, bits, step=0) == 31
    bits[:] = 1.0
    bits[39] = 9.0
    assert first_column(("_",) * 40, bits, step=500) < 39


def test_without_surprisals_it_stands_at_four_fifths():
    assert first_column(tuple(map(str, range(11))), None, step=900) == 8


def test_a_probe_of_one_or_two_tokens_has_a_cursor_too():
    assert first_column(("a",), None, step=0) == 0
    assert first_column(("a", "b"), np.array([np.nan, 1.0]), step=80) == 1


def test_in_a_tree_it_stands_at_the_root():
    assert first_column(("1", "0", "1 0", "1", "1 0 1"), None, step=0, axis="node") == 4


def test_what_is_to_be_filled_in_is_looked_at_itself():
    bits = np.full(40, np.nan)
    bits[[10, 20, 30]] = 4.0, 2.0, 3.0
    assert first_column(("a",) * 40, bits, step=0, hidden=(10, 20, 30)) == 20
    assert first_column(("a",) * 40, bits, step=500, hidden=(10, 20, 30)) == 10
