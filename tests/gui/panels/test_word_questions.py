from __future__ import annotations

import numpy as np
import pytest

from seqviz.core.word_algebra import unit_rows
from seqviz.gui.panels.word_questions import WordQuestions, leaning_words
from seqviz.gui.widgets.word_axis import Leaning

NAMES = ("king", "queen", "man", "woman", "nurse", "pilot", "she", "he")
VECTORS = np.array([[1, 1, 0], [1, -1, 0], [0, 1, 0], [0, -1, 0], [0, -1, 2], [0, 1, 2], [0, -1, 0.1], [0, 1, 0.1]])


@pytest.fixture
def questions(qtbot) -> WordQuestions:
    made = WordQuestions()
    qtbot.addWidget(made)
    made.resize(240, 620)
    made.set_words(NAMES, told_words=True)
    made.show_vectors(unit_rows(VECTORS), 0)
    made.show()
    return made


def test_the_questions_begin_with_what_the_vocabulary_knows(questions):
    assert questions.terms.words() == ["king", "man", "woman"]
    assert questions.analogy_says.text() == "man is to king as woman is to “queen”"
    assert questions.answer_bars.bars[0].label == "queen"
    assert questions.leaning.words() == ["nurse pilot"]
    assert questions.axis_says.text() == "nurse lies on the side of she (0.45), pilot on that of he (0.45)"


def test_an_unknown_word_is_named_and_nothing_is_answered(questions, qtbot):
    field = questions.terms.fields[0]
    field.selectAll()
    with qtbot.waitSignal(questions.asked):
        qtbot.keyClicks(field, "emperor")
    assert questions.analogy_says.text() == "no vector for “emperor”"
    assert questions.answers == []
    assert not questions.answer_bars.isVisible()
    questions.leaning.set_words(["nurse zebra"])
    assert questions.axis_says.text() == "no vector for “zebra”"


def test_words_are_found_whatever_their_case(questions):
    questions.terms.set_words(("King", "MAN", "woman"))
    assert questions.answer_bars.bars[0].label == "queen"


def test_empty_fields_ask_to_be_filled(questions):
    questions.terms.set_words(("", "", ""))
    assert questions.analogy_says.text() == "type words into the fields"


def test_the_nearest_are_told_and_a_click_picks_one(questions, qtbot):
    assert questions.near_title.text() == "Nearest to “king” by cosine"
    assert len(questions.near_bars.bars) == len(NAMES) - 1
    with qtbot.waitSignal(questions.picked) as told:
        questions.near_bars.bar_clicked.emit(0)
    assert told.args == [questions.neighbours[0][0]]


def test_characters_are_asked_for_their_nearest_only(questions):
    questions.set_words(tuple("abcdefgh"), told_words=False)
    questions.show_vectors(unit_rows(VECTORS), 1)
    assert questions.near_title.text() == "Nearest to “b” by cosine"
    assert not questions.terms.isVisible()


def test_another_vocabulary_without_the_usual_words_leaves_the_fields_empty(questions):
    questions.set_words(("eins", "zwei", "drei", "vier"), told_words=True)
    questions.show_vectors(unit_rows(VECTORS[:4]), None)
    assert questions.terms.words() == ["", "", ""]
    assert questions.near_bars.bars == ()


def test_leanings_are_said_of_the_sides_there_are():
    assert leaning_words([], "he", "she") == ""
    assert leaning_words([Leaning("nurse", 0.2)], "he", "she") == "nurse lies on the side of she (0.20)"
    assert leaning_words([Leaning("pilot", -0.1)], "he", "she") == "pilot lies on the side of he (0.10)"
