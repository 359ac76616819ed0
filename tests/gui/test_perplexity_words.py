from __future__ import annotations

import math

from seqviz.core.units import Unit, bits_per
from seqviz.gui.perplexity_words import about_unknown, figure, hover_text, lines


def test_of_words_it_is_told_per_word_and_per_character_with_the_numbers():
    assert hover_text(4.934, bits_per("word", 5.03)) == (
        "Perplexity of unseen text\n"
        "per word: e^4.934 = 2^7.118 = 138.9\n"
        "per character, 5.03 of them a word: e^(4.934 / 5.03) = 2^1.415 = 2.67"
    )


def test_of_characters_one_line_is_enough():
    assert lines(math.log(4), bits_per("character")) == (
        "Perplexity of unseen text",
        "per character: e^1.386 = 2^2.000 = 4.00",
    )


def test_unknown_words_are_owned_up_to():
    said = lines(1.0, bits_per("word", 5.0, unknown=0.0479))
    assert said[-1] == "4.8 % of the words are <unk>, any rare word: easy to foretell, so the figures flatter"
    assert about_unknown(bits_per("word", 5.0)) == ""


def test_a_squared_error_or_a_density_has_no_perplexity():
    assert lines(1.0, Unit("squared error", 1.0, "step")) == ()
    assert lines(1.0, Unit("nats/step", 1.0, "step")) == ()
    assert lines(None, bits_per("character")) == ()


def test_no_distribution_and_a_probability_of_zero_are_said_in_words():
    assert "no distribution" in hover_text(math.nan, bits_per("word", 5.0))
    assert "probability 0" in hover_text(math.inf, bits_per("word", 5.0))


def test_figures_have_as_many_places_as_tell_something():
    assert [figure(v) for v in (1.0352, 2.669, 138.94, 12_345.6, math.inf)] == [
        "1.035",
        "2.67",
        "138.9",
        "12\u2009346",
        "∞",
    ]
