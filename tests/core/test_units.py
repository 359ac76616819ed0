from __future__ import annotations

import math

import pytest

from seqviz.core.units import Unit, bits, bits_per, perplexity, perplexity_of_bits


@pytest.mark.parametrize("nats", [0.0, 0.5, 1.4697, 4.95, 30.0])
def test_perplexity_from_nats_and_from_bits_agree(nats):
    assert perplexity(nats) == pytest.approx(perplexity_of_bits(bits(nats)), rel=1e-12)


def test_guessing_blindly_has_the_size_of_the_vocabulary_for_a_perplexity():
    assert perplexity(math.log(65)) == pytest.approx(65)


def test_a_word_model_and_a_character_model_that_give_a_text_the_same_probability_are_equal_per_character():
    text_nats, words, characters = 120.0, 12, 60
    by_words, by_characters = bits_per("word", characters / words), bits_per("character")
    assert by_words.perplexity_per_character(text_nats / words) == pytest.approx(
        by_characters.perplexity_per_character(text_nats / characters)
    )
    assert by_words.convert(text_nats / words) == pytest.approx(by_characters.convert(text_nats / characters))
    assert perplexity(text_nats / words) != pytest.approx(perplexity(text_nats / characters))


def test_the_perplexity_per_character_is_two_to_the_bits_per_character():
    unit = bits_per("token", 3.7)
    assert unit.perplexity_per_character(2.5) == pytest.approx(2.0 ** unit.convert(2.5))


def test_symbols_that_are_no_text_have_no_characters():
    assert bits_per("symbol").perplexity_per_character(1.0) is None
    assert Unit("squared error", 1.0, "step").perplexity_per_character(1.0) is None


def test_a_loss_beyond_all_numbers_is_infinite_instead_of_an_error():
    assert perplexity(1e6) == perplexity(math.inf) == perplexity_of_bits(1e6) == math.inf
