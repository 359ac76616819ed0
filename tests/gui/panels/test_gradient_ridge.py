from __future__ import annotations

import numpy as np
import pytest

from seqviz.gui import theme
from seqviz.gui.panels.base import Cursor
from seqviz.gui.panels.gradient_ridge import OVERLAP, RIDGES, GradientRidgePanel
from seqviz.gui.widgets import plot_painting as plot
from tests.gui.panels.parameter_frames import measured, show


@pytest.fixture
def panel(qtbot) -> GradientRidgePanel:
    made = GradientRidgePanel()
    qtbot.addWidget(made)
    made.resize(380, 260)
    return made


def test_first_and_newest_step_are_shown_and_no_more_than_fit(panel):
    show(panel, *range(1, 400))
    steps = [event.step for event in panel.picked]
    assert (steps[0], steps[-1]) == (1, 399)
    assert len(steps) <= RIDGES + 1
    assert steps == sorted(set(steps))


def test_the_newest_hill_stands_in_front_over_the_size_of_the_entries(panel):
    show(panel, 1, 20)
    image, area, axis = panel.grab().toImage(), panel.area(), panel.x_axis()
    x = plot.pixel_x(area, axis, 10.0**-2.83)  # the middle of the bin that holds 10^-3
    base = area.bottom() + area.top() - area.top()
    row = area.height() / (1 + OVERLAP)
    assert image.pixelColor(round(x), round(base - row / 2)).name() == theme.family_colour("lstm").name()


def test_the_median_size_comes_from_the_histogram(panel):
    show(panel, 1)
    assert np.log10(panel.median(measured(1))) == pytest.approx(-3 + 1 / 6, abs=1e-6)  # the middle of its bin
    assert panel.reading() == f"half of its entries are smaller than **{theme.short(10 ** (-3 + 1 / 6))}**"
    panel.choose("tensor", "embedding.weight")
    assert "10 %" in {q.value for q in panel.explain(Cursor()).quantities}


def test_a_gradient_of_zeros_is_said_to_be_one(panel):
    show(panel, 1)
    event = measured(1)
    event.histograms[:] = 0.0
    panel.newest, panel.picked = event, [event]
    assert panel.reading() == "**every entry is zero**"
    panel.grab()


def test_nothing_is_told_before_the_first_step(panel):
    panel.grab()
    assert (panel.reading(), panel.subtitle(), dict(panel.export())) == ("", "", {})
