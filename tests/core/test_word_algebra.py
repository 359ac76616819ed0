"""Neighbours, analogies and leanings on vectors whose answers are known."""

from __future__ import annotations

import numpy as np
import pytest

from seqviz.core.word_algebra import analogy, lean, nearest, unit_rows

# royal, male, female, food
VECTORS = np.array(
    [[1, 1, 0, 0], [1, 0, 1, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1.0], [0, 0.2, 1, 1], [0, 0, 0, 0]]
)
KING, QUEEN, MAN, WOMAN, BREAD, COOK, NOTHING = range(7)
UNIT = unit_rows(VECTORS)


def test_rows_have_length_one_and_zeros_stay():
    np.testing.assert_allclose(np.linalg.norm(UNIT[:-1], axis=1), 1)
    assert (UNIT[NOTHING] == 0).all()


def test_the_nearest_come_best_first_and_never_the_word_itself():
    found = nearest(UNIT, WOMAN, 3)
    assert [word for word, _ in found] == [QUEEN, COOK, KING]
    assert found[0][1] == pytest.approx(1 / np.sqrt(2))


def test_king_minus_man_plus_woman_is_queen():
    (word, cosine), *_ = analogy(UNIT, KING, MAN, WOMAN, 2)
    assert word == QUEEN
    point = UNIT[KING] - UNIT[MAN] + UNIT[WOMAN]
    assert cosine == pytest.approx(point @ UNIT[QUEEN] / np.linalg.norm(point))


def test_the_terms_of_an_analogy_are_no_answers():
    found = [word for word, _ in analogy(UNIT, KING, KING, WOMAN, 10)]
    assert not {KING, WOMAN} & set(found)


def test_words_lean_to_the_side_they_are_like():
    towards_man, towards_woman, neither = lean(UNIT, [KING, QUEEN, BREAD], MAN, WOMAN)
    assert towards_man == pytest.approx(-towards_woman)
    assert towards_man == pytest.approx(0.5)
    assert neither == 0


def test_an_axis_between_a_word_and_itself_has_no_sides():
    assert lean(UNIT, [KING, BREAD], MAN, MAN).tolist() == [0, 0]
