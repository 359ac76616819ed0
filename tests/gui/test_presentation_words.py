from __future__ import annotations

import pytest

from seqviz.gui.panels.base import ColourBar
from seqviz.gui.presentation_words import Heading, Sentence, words_of


@pytest.fixture
def sentence(qtbot) -> Sentence:
    made = Sentence()
    qtbot.addWidget(made)
    return made


def test_bold_words_keep_the_spaces_around_them():
    assert words_of("halves every **3.8 characters**; then not") == [
        ("halves ", False),
        ("every ", False),
        ("3.8 ", True),
        ("characters", True),
        ("; ", False),
        ("then ", False),
        ("not", False),
    ]


def test_a_sentence_too_long_for_one_line_goes_on_in_a_second(sentence):
    sentence.resize(300, 40)
    sentence.say("beyond the first two characters the gradient halves every **3.8 characters**")
    assert len(sentence.lines()) == 2
    assert sentence.sizeHint().height() == 70


def test_a_shorter_reading_does_not_move_the_picture(sentence):
    sentence.resize(300, 40)
    sentence.say("beyond the first two characters the gradient halves every **3.8 characters**")
    before = sentence.sizeHint()
    sentence.say("short")
    assert sentence.sizeHint() == before


def test_the_heading_shows_what_the_colours_mean(qtbot):
    heading = Heading("Gradient map")
    qtbot.addWidget(heading)
    heading.resize(900, 40)
    plain = heading.grab().toImage()
    heading.say("", ColourBar("norm", "0", "viridis", "1"))
    assert heading.grab().toImage() != plain
