from __future__ import annotations

import math

import pytest
from canned import attending, counting, net, states, who

from seqviz.gui.explain.asking import Asking
from seqviz.gui.explain.words import agreement_words, bits_words, grade, in_context, live_reading, value_text

TEXT = tuple("I grew up in France, so I speak fluent French.")


@pytest.mark.parametrize(
    ("position", "words"),
    [
        (39, "F in “fluent French.”"),
        (38, "space in “speak fluent”"),
        (2, "g in “I grew”"),
        (19, "comma in “in France,”"),
    ],
)
def test_a_character_is_named_in_its_words(position, words):
    assert in_context(TEXT, position) == words


def test_a_word_is_named_among_its_neighbours():
    assert in_context(("I", " speak", " fluent", " French"), 3) == "French in “speak fluent French”"


def test_a_text_without_spaces_is_cut():
    assert len(in_context(tuple("abcdefgh" * 20), 100)) < 40


@pytest.mark.parametrize(
    ("agreement", "words"),
    [(0.95, "agrees"), (0.6, "agrees in part"), (0.26, "hardly agrees"), (0.0, "does not agree"), (-0.7, "contradicts"),
     (math.nan, "")],
)  # fmt: skip
def test_agreement_is_said_in_words(agreement, words):
    assert grade(agreement) == words


def test_agreement_carries_its_number():
    assert agreement_words(0.954) == "agrees **0.95**"
    assert agreement_words(-0.5) == "contradicts **−0.50**"
    assert agreement_words(math.nan) == "not compared"


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [(0.834, "bits", "0.83 bits"), (1e-7, "bits", "< 0.01 bits"), (0.0, "bits", "0 bits"), (0.123, "share", "12 %"),
     (0.012, "share", "1.2 %"), (1e-6, "share", "< 0.1 %"), (0.0, "share", "0 %"), (math.nan, "share", ""),
     (math.inf, "bits", "∞ bits")],
)  # fmt: skip
def test_every_weight_has_its_unit(value, unit, text):
    assert value_text(value, unit) == text


def test_bits_are_said_with_the_chance_they_stand_for():
    assert bits_words(2.0) == "2 bits, a chance of 25 %"
    assert "no chance at all" in bits_words(math.inf)
    assert "no probabilities" in bits_words(math.nan)


def asked(*answers) -> Asking:
    names = [who(n, name) for n, name in enumerate(("LSTM", "Transformer", "Bigram"))]
    asking = Asking(39, names[: len(answers)], 0)
    for number, answer in enumerate(answers):
        asking.take(number, answer)
    return asking


def test_the_reading_names_who_is_nearest_to_the_truth_and_who_farthest():
    reading = live_reading(asked(net(), attending()).lanes)[0]
    assert "**gradient of the LSTM** (agreement **0.97**)" in reading
    assert "**attention of the Transformer** (**0.26**: hardly agrees)" in reading


def test_one_model_is_not_named():
    assert live_reading(asked(net()).lanes) == ("**Gradient** agrees with the truth (**0.97**)",)
    assert "of the" not in live_reading(asked(attending()).lanes)[0]


def test_a_witness_that_only_says_what_can_be_seen_is_not_ranked():
    reading = live_reading(asked(net(), attending(), counting()).lanes)[0]
    assert "Bigram" not in reading


def test_where_nothing_ranks_the_places_only_replacing_tells():
    assert "only replacing tells" in live_reading(asked(states()).lanes)[0]
