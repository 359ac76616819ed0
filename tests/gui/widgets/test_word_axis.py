from __future__ import annotations

import pytest

from seqviz.gui.widgets.word_axis import Leaning, WordAxis


@pytest.fixture
def axis(qtbot) -> WordAxis:
    made = WordAxis()
    qtbot.addWidget(made)
    made.resize(230, 120)
    return made


def test_words_stand_in_the_order_of_their_cosines_and_do_not_overlap(axis):
    axis.set_words([Leaning("nurse", 0.3), Leaning("pilot", -0.2), Leaning("engineer", -0.19)], "he", "she")
    rows = axis.rows()
    assert [one.word for one, _, _ in rows] == ["pilot", "engineer", "nurse"]
    assert rows[0][2] != rows[1][2]
    assert not rows[0][1].intersects(rows[1][1])
    assert axis.x_of(-0.2) < axis.width() / 2 < axis.x_of(0.3)


def test_a_word_beyond_the_scale_widens_it(axis):
    axis.set_words([Leaning("a", 0.4)], "he", "she")
    narrow = axis.x_of(0.4)
    axis.set_words([Leaning("a", 0.4), Leaning("b", 0.9)], "he", "she")
    assert axis.x_of(0.4) < narrow


def test_it_paints_with_and_without_words(axis):
    empty = axis.grab().toImage()
    axis.set_words([Leaning("nurse", 0.3)], "he", "she")
    assert axis.grab().toImage() != empty
