"""Ranges and limits of the norm map."""

from __future__ import annotations

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from seqviz.core.events import StepMetrics
from seqviz.gui.history import History
from seqviz.gui.widgets.norm_map import NormMap


@pytest.fixture
def norms(qtbot: QtBot) -> NormMap:
    made, history = NormMap(), History()
    qtbot.addWidget(made)
    made.resize(500, 300)
    made.set_layers(("a", "b"))
    for step in range(1, 11):
        history.apply(StepMetrics(step, step, 0.0, 1.0, 0.3 * step, 1.0, 1e-3, np.array([0.1, 1.0])))
    made.set_history(history)
    return made


def test_the_norm_axis_is_whole_decades_that_hold_every_norm(norms: NormMap) -> None:
    axis = norms.y_axis()
    assert (axis.low, axis.high, axis.log) == (0.1, 10.0, True)


def test_the_clip_norm_in_force_is_the_last_change_before_a_step(norms: NormMap) -> None:
    norms.set_clip([(0.0, 1.0), (5.0, 0.0), (8.0, 2.0)])
    limits = norms._limits_at(np.array([1.0, 5.0, 6.0, 8.0, 9.0]))
    assert limits.tolist() == pytest.approx([1.0, np.nan, np.nan, 2.0, 2.0], nan_ok=True)


def test_curve_and_map_share_the_step_axis(norms: NormMap) -> None:
    above, below = norms.area(), norms.map_area()
    assert abs(above.left() - below.left()) <= 1
    assert abs(above.width() - below.width()) <= 1
    assert above.bottom() < below.top()


def test_without_layers_the_norm_takes_the_whole_height(norms: NormMap) -> None:
    before = norms.area().height()
    norms.set_layers(())
    assert norms.area().height() > 2 * before
