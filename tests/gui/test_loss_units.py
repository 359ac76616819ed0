"""Units a loss can be shown in."""

from __future__ import annotations

import math

import numpy as np
import pytest

from seqviz.core.units import Unit, bits_per
from seqviz.gui.loss_units import shown_units


def test_a_text_run_offers_bits_nats_and_perplexity() -> None:
    assert [u.option for u in shown_units(bits_per("character"))] == ["bits per character", "nats", "perplexity"]


def test_a_run_with_a_unit_of_its_own_offers_only_that() -> None:
    assert [u.option for u in shown_units(Unit("squared error", 1.0, "step"))] == ["squared error"]


def test_units_agree_on_one_loss() -> None:
    bits, nats, perplexity = shown_units(bits_per("character"))
    loss = 2.0 * math.log(2)
    assert bits.value(loss) == pytest.approx(2.0)
    assert nats.value(loss) == pytest.approx(loss)
    assert perplexity.value(loss) == pytest.approx(4.0)
    assert [u.text(loss) for u in (bits, perplexity)] == ["2.00 bits", "perplexity 4.00"]


def test_bits_per_character_divide_by_the_characters_of_a_token() -> None:
    bits = shown_units(bits_per("word", characters_per_token=4.0))[0]
    assert bits.value(8.0 * math.log(2)) == pytest.approx(2.0)


def test_every_unit_keeps_the_order_of_losses_and_never_overflows() -> None:
    losses = np.array([-1.0, 0.0, 0.5, 10.0, 1e30])
    for unit in shown_units(bits_per("character")):
        shown = unit.convert(losses)
        assert np.isfinite(shown).all()
        assert (np.diff(shown) > 0).all()


def test_a_loss_that_is_not_a_number_is_a_dash() -> None:
    assert shown_units(bits_per("character"))[0].number(math.nan) == "–"


def test_words_have_a_perplexity_per_character_beside_that_per_word():
    options = {u.option: u for u in shown_units(bits_per("word", 5.0))}
    assert options["perplexity"].value(math.log(32)) == pytest.approx(32)
    assert options["perplexity per character"].value(math.log(32)) == pytest.approx(2)
    assert "perplexity per character" not in {u.option for u in shown_units(bits_per("character"))}
