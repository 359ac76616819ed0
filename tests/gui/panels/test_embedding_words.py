from __future__ import annotations

import numpy as np

from seqviz.gui.panels.embedding_planes import Plane
from seqviz.gui.panels.embedding_words import (
    axis_words,
    four_words,
    key_words,
    near_words,
    size_words,
    tsne_words,
    word_quantities,
)

NAMES = ("king", "queen", "man", "woman")
PLANE = Plane(3, np.zeros((4, 2)), (0.34, 0.21))


def test_how_many_vectors_there_are_is_said(qapp):
    assert size_words(151, 32, 151) == "151 vectors of 32 numbers"
    assert size_words(2000, 64, 9000) == "the first 2\u2009000 vectors of 64 numbers"


def test_the_reading_is_cut_where_there_is_no_room(qapp):
    near = [(1, 0.9), (2, -0.04)]
    assert near_words(900, 0, NAMES, near) == "Nearest to “king”: **queen** (0.90), then man"
    assert near_words(10, 0, NAMES, near) == "Nearest to “king”: **queen** (0.90)"
    assert near_words(900, 0, NAMES, []) == ""


def test_axes_say_whose_variance_they_share():
    assert axis_words(PLANE, False) == ("34 % of the variance", "21 % of the variance")
    assert axis_words(PLANE, True)[0] == "34 % of the variance of the four"
    assert axis_words(None, False) == ("", "")


def test_t_sne_says_its_step_and_what_it_does_not_mean(qapp):
    assert tsne_words(900, 1500, 1.0) == "of step 1\u2009500: distances between clumps mean nothing"
    assert tsne_words(900, 20, 0.5).startswith("of step 20, 50 %")
    assert four_words(900, False) == "the plane of all: no analogy is asked"


def test_the_card_has_the_analogy_where_one_is_asked():
    found = word_quantities(NAMES, 0, 2.5, PLANE, (0, 2, 3, 1), [(1, 0.95)])
    assert [(q.name, q.value) for q in found][2:] == [
        ("variance that the plane holds", "55 %"),
        ("king − man + woman", "queen 0.95"),
    ]
    assert len(word_quantities(NAMES, 0, 2.5, PLANE, (), [])) == 3
    assert key_words(NAMES, 0, [(2, -0.5)]) == ("−0.50", "cosine of king with man, its nearest")
