from __future__ import annotations

import math

import pytest

from seqviz.gui.race.chances import Chance, percent, spread_words


def row(number: int, label: str, share: float) -> Chance:
    return Chance(number, label, "family:lstm", share)


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0.379, "38 %"),
        (0.044, "4.4 %"),
        (0.0023, "0.2 %"),
        (0.0006, "0.06 %"),
        (2e-5, "< 0.01 %"),
        (0.0, "0 %"),
        (math.nan, "–"),
    ],
)
def test_chances_are_written_with_as_many_places_as_matter(share, text):
    assert percent(share) == text


@pytest.mark.parametrize(
    ("shares", "words"),
    [
        ((0.05, 0.01), "Nobody expected it: even A gave it only 5.0 %."),
        ((0.95, 0.9), "All of them saw it coming."),
        ((0.6, 0.1), "Only A saw it coming."),
        ((0.2, 0.15), "They are of about one mind here."),
        ((0.25, 0.05), "A thought it 5 times likelier than B."),
        ((0.25, 0.0), "A thought it infinitely many times likelier than B."),
        ((0.2, math.nan), ""),
    ],
)
def test_one_sentence_says_who_knew(shares, words):
    assert spread_words([row(0, "A", shares[0]), row(1, "B", shares[1])]) == words
