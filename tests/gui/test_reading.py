"""Words for readings and flags."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from seqviz.gui import theme
from seqviz.gui.reading import MENU, change_words, fitting, knob_label, value_text, width_of


def test_a_known_knob_is_called_by_its_label() -> None:
    assert change_words("optimizer.learning_rate", 3e-3, 1e-3) == "learning rate\n3e-3 → 1e-3"


def test_an_unknown_knob_is_called_by_the_last_part_of_its_key() -> None:
    assert knob_label("model.d_hidden") == "d hidden"


@pytest.mark.parametrize(("value", "text"), [(True, "on"), (0.1, "0.1"), ("x" * 40, "x" * 15 + "…")])
def test_values_are_short_on_flags(value: object, text: str) -> None:
    assert value_text(value) == text


def test_the_fullest_variant_that_fits_is_taken(qtbot: QtBot) -> None:
    long, short = "a **rather** long sentence about nothing", "**short**"
    assert fitting(width_of(long) + theme.px(MENU) + 1, long, short) == long
    assert fitting(width_of(long) - 1, long, short) == short
    assert fitting(1.0, long, short) == short
