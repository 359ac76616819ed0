"""Where a knob's value stands on its slider."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqviz.core.knobs import KnobDescription
from seqviz.gui.widgets import knob_scale as scale

RATE = KnobDescription("o.lr", "learning rate", "", "float", 1e-3, 1e-6, 1.0, log=True)
WIDTH = KnobDescription("m.h", "hidden units", "", "int", 128, 1, 1024, log=True)
LAYERS = KnobDescription("m.l", "layers", "", "int", 1, 1, 6)
BIAS = KnobDescription("m.b", "forget bias", "", "float", 1.0, -3.0, 3.0)
OPEN = KnobDescription("t.x", "open", "", "float", 2.0)
ALL = [RATE, WIDTH, LAYERS, BIAS, OPEN]


@given(st.sampled_from(ALL), st.floats(-0.5, 1.5))
def test_every_place_gives_an_allowed_value_near_it(knob, place):
    value = scale.value_at(knob, place)
    assert knob.error(value) is None
    inside = min(max(place, 0.0), 1.0)
    assert scale.place_of(knob, value) == pytest.approx(inside, abs=0.11)


@given(st.sampled_from(ALL), st.floats(0, 1))
def test_an_arrow_key_always_moves_unless_at_the_end(knob, place):
    value = scale.value_at(knob, place)
    low, high = scale.bounds(knob)
    if value < high:
        assert value < scale.stepped(knob, value, 1) <= high
    if value > low:
        assert low <= scale.stepped(knob, value, -1) < value


def test_logarithmic_sliders_land_on_round_numbers():
    assert scale.value_at(RATE, 0.5) == pytest.approx(1e-3)
    assert scale.value_at(WIDTH, 0.7) == 128
    assert scale.stepped(WIDTH, 128, 1) == 150
    assert scale.stepped(RATE, 1e-3, -1) == pytest.approx(7e-4)


def test_an_odd_typed_value_steps_to_its_round_neighbours():
    assert scale.stepped(LAYERS, 3, 100) == 6
    assert scale.stepped(WIDTH, 129, -1) == 128


@pytest.mark.parametrize(
    ("knob", "value", "text"),
    [
        (RATE, 1e-3, "1e-3"),
        (RATE, 0.05, "0.05"),
        (WIDTH, 1024, "1\u2009024"),
        (BIAS, 1.0, "+1.0"),
        (BIAS, -2.5, "−2.5"),
        (BIAS, 0.0, "0"),
        (OPEN, 1.0, "1.0"),
    ],
)
def test_values_are_written_short(knob, value, text):
    assert scale.value_text(knob, value) == text


def test_typed_numbers_become_the_type_of_the_knob():
    assert scale.parsed(WIDTH, " 1 024 ") == 1024
    assert type(scale.parsed(WIDTH, "1e2")) is int
    assert scale.parsed(RATE, "3e-4") == 3e-4
    assert scale.parsed(BIAS, "−2") == -2.0
    assert scale.parsed(LAYERS, "2.5") == 2.5  # left to the knob to refuse
    with pytest.raises(ValueError, match="layers: 'two' is not a number"):
        scale.parsed(LAYERS, "two")


@given(st.sampled_from(ALL), st.floats(0, 1))
def test_what_is_written_reads_back_as_the_same_value(knob, place):
    value = scale.value_at(knob, place)
    assert scale.parsed(knob, scale.value_text(knob, value)) == pytest.approx(value, rel=0.06)
