"""The card of a race: scores and perplexities are those of seqviz.core.units."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from seqviz.core.units import bits_per, perplexity
from seqviz.gui.race.card import _note, _perplexities


def test_perplexity_per_word_and_per_character_are_of_one_loss(opened):
    opened.race_on(100)
    racer = opened.race.racers[1]
    racer.run = replace(racer.run, unit=bits_per("word", 4.2))
    rows = {row.name: row.value for row in _perplexities(racer, 1.5)}
    assert float(rows["perplexity per word"]) == pytest.approx(perplexity(1.5), rel=1e-2)
    assert float(rows["perplexity per character"]) == pytest.approx(math.exp(1.5 / 4.2), rel=1e-3)


def test_a_character_has_one_perplexity(opened):
    opened.race_on(100)
    labels = [row.name for row in _perplexities(opened.race.racers[1], 1.0)]
    assert labels == ["nats per character", "perplexity per character"]


def test_unknown_words_are_owned_up_to():
    assert "<unk>" in _note(4.0, bits_per("word", 4.2, unknown=0.06))
    assert _note(4.0, bits_per("character")) == ""


def test_the_sum_is_said_with_its_numbers_on_hover(opened):
    opened.race_on(100)
    opened.page.card.refresh()
    racer = opened.race.chosen
    assert f"e^{racer.nats:.3f}" in opened.page.card.formula.toolTip()
