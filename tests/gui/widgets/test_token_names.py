from __future__ import annotations

from seqviz.gui.widgets.token_names import place_name, token_name, word_at, word_spans

TOKENS = tuple("I am, so")


def test_characters_group_into_words_and_words_stand_alone():
    assert [s.text for s in word_spans(TOKENS)] == ["I", "am,", "so"]
    assert [s.text for s in word_spans(("the", " cat"))] == ["the", "cat"]


def test_a_space_lies_in_no_word():
    assert word_at(TOKENS, 1) is None
    assert word_at(TOKENS, 3).text == "am,"


def test_positions_are_named_by_character_and_word():
    assert place_name(TOKENS, 2) == "a of am"
    assert place_name(TOKENS, 4) == "comma"
    assert place_name(TOKENS, 5) == "space after am"
    assert place_name(TOKENS, 0) == "I"
    assert place_name((), 3) == "position 3"
    assert place_name(("the", "cat"), 1) == "cat"


def test_marks_have_names():
    assert token_name(".") == "full stop"
    assert token_name("\n") == "line break"


def test_a_long_row_of_symbols_is_no_word():
    row = tuple("3141562718" + "_" * 40)
    assert place_name(row, 4) == "5"
