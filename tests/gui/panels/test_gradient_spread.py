from __future__ import annotations

import numpy as np
import pytest

from seqviz.gui.panels.gradient_spread import shares, spread_words


def test_shares_are_means_over_the_rows_that_feel_something():
    values = np.array([[1.0, 1.0, 2.0], [np.nan, 3.0, 1.0], [0.0, 0.0, 0.0]])
    assert shares(values, np.array([1, 1, 2])) == pytest.approx((0.125, 0.5, 0.375))


def test_a_row_of_a_hidden_place_is_split_at_that_place():
    assert shares(np.array([[1.0, 1.0, 1.0, 1.0]]), np.array([2])) == pytest.approx((0.5, 0.25, 0.25))


def test_nothing_measured_says_nothing():
    assert spread_words(*shares(np.full((2, 2), np.nan), np.arange(2)), "word", "a word") == ""


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ((0.0, 1.0, 0.0), "**nothing earlier is felt**: all of the gradient stays at the character just read"),
        ((0.6, 0.4, 0.0), "**60 %** of the gradient goes to earlier characters, 40 % to the one just read"),
        ((0.5, 0.2, 0.3), "of the gradient of a gap **30 %** goes to later characters, 50 % to earlier ones"),
    ],
)
def test_the_sentence_tells_the_share_that_matters(parts, words):
    assert spread_words(*parts, "character", "a gap") == words
