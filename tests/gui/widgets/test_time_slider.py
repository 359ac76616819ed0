"""The time slider's states."""

from __future__ import annotations

import pytest

from seqviz.gui import theme
from seqviz.gui.widgets.time_slider import Flag, TimeSlider


@pytest.fixture
def slider(qtbot):
    theme.set_theme("light")
    widget = TimeSlider()
    qtbot.addWidget(widget)
    widget.resize(740, 56)
    widget.set_horizon(5000)
    widget.show()
    return widget


def count(slider, colour):
    image = slider.grab().toImage()
    return sum(image.pixelColor(x, y) == colour for x in range(image.width()) for y in range(image.height()))


def test_equal_factors_of_steps_are_equally_far_apart(slider):
    gaps = [slider.x_of(10 * s) - slider.x_of(s) for s in (1, 10, 100)]
    assert gaps[0] == pytest.approx(gaps[1])
    assert gaps[1] == pytest.approx(gaps[2])
    assert slider.x_of(0) == slider.x_of(1)


def test_a_run_beyond_its_plan_stretches_the_axis(slider):
    slider.set_step(7000)
    assert slider.axis().high >= 7000
    assert slider.x_of(7000) <= slider.width()


def test_only_divergence_is_shown_in_the_warning_colour(slider):
    slider.set_step(1204)
    for state in ("ready", "live", "paused", "finished"):
        slider.set_state(state)
        assert count(slider, theme.theme().warn) == 0, state
    slider.set_state("diverged")
    assert count(slider, theme.theme().warn) > 20


def test_there_is_no_handle_before_the_first_step(slider):
    assert count(slider, theme.theme().ink) == 0
    slider.set_state("live")
    slider.set_step(420)
    assert count(slider, theme.theme().ink) > 50


def test_a_flag_appears_at_its_step(slider):
    slider.set_state("live")
    slider.set_step(1840)
    plain = slider.grab().toImage()
    slider.set_flags([Flag(1000, "learning rate 3e-3 → 1e-3")])
    flagged = slider.grab().toImage()
    x = round(slider.x_of(1000))
    assert any(plain.pixel(x, y) != flagged.pixel(x, y) for y in range(8, 30))


def test_the_state_is_told_to_screen_readers(slider):
    slider.set_state("live")
    slider.set_step(42)
    assert slider.accessibleDescription() == "step 42 of 5000, live"


def test_an_unknown_state_is_refused(slider):
    with pytest.raises(ValueError, match="no state 'asleep'"):
        slider.set_state("asleep")
