"""Numbers as text."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqviz.gui.number_text import loss_text, power_label, short, step_label, thousands


def test_thousands_are_parted_by_a_thin_space():
    assert thousands(94858) == "94\u2009858"
    assert thousands(-1234567) == "−1\u2009234\u2009567"
    assert thousands(math.nan) == "–"


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0"),
        (0.001, "1e-3"),
        (0.00032, "3.2e-4"),
        (0.03, "0.03"),
        (2.27, "2.27"),
        (0.999, "1"),
        (20.34, "20.3"),
        (99.97, "100"),
        (128, "128"),
        (-0.5, "−0.5"),
        (94858, "94\u2009858"),
        (2_100_000, "2.1 M"),
        (999_600, "1 M"),
        (3.2e9, "3.2 G"),
        (math.inf, "∞"),
        (math.nan, "–"),
    ],
)
def test_short_keeps_at_most_three_figures(number, text):
    assert short(number) == text


@given(st.floats(min_value=1e-12, max_value=1e14))
def test_short_is_within_half_a_percent_or_half_a_hundredth(number):
    text = short(number).replace("\u2009", "")
    factor = {"M": 1e6, "G": 1e9, "T": 1e12}.get(text[-1], 1.0)
    read = float(text.rstrip("MGT ")) * factor
    assert read == pytest.approx(number, rel=0.051, abs=0.0051)
    assert len(text) <= 8


def test_step_ticks_are_short():
    assert [step_label(s) for s in (1, 10, 100, 1000, 5000, 2e6)] == ["1", "10", "100", "1k", "5k", "2M"]


def test_small_powers_of_ten_are_written_as_powers():
    assert [power_label(v) for v in (1, 0.1, 0.01, 1e-6, 2)] == ["1", "0.1", "10⁻²", "10⁻⁶", "2"]


@pytest.mark.parametrize(
    ("loss", "text"),
    [
        (0.0, "0.00"),
        (1.58, "1.58"),
        (9.999, "10.0"),
        (74.2, "74.2"),
        (254.0, "254"),
        (0.503, "0.50"),
        (0.0364, "0.0364"),
        (0.0372, "0.0372"),
        (0.00123, "0.00123"),
        (0.00065, "6.5e-4"),
        (-0.0364, "−0.0364"),
        (12345.0, "12\u2009345"),
        (math.inf, "∞"),
        (math.nan, "–"),
    ],
)
def test_a_loss_is_written_in_three_figures_without_an_exponent_above_a_thousandth(loss, text):
    assert loss_text(loss) == text
