"""Names of baselines keep clear of the curve."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from seqviz.core.events import Evaluated, StepMetrics
from seqviz.gui.history import History
from seqviz.gui.widgets.loss_curves import LossCurves


@pytest.fixture
def curves(qtbot: QtBot) -> LossCurves:
    """A loss that falls in a line from 10 to 0 over 100 steps, on a linear axis."""
    made, history = LossCurves(), History()
    qtbot.addWidget(made)
    made.resize(500, 200)
    for step in range(101):
        history.apply(StepMetrics(step, step, 0.0, 10.0 - step / 10, 1.0, 1.0, 1e-3))
    made.set_steps(100, log=False)
    made.set_history(history)
    return made


@pytest.mark.parametrize(("nats", "side"), [(9.5, "right"), (2.0, "left"), (-1.0, "left")])
def test_a_name_stands_where_the_curve_is_not(curves: LossCurves, nats: float, side: str) -> None:
    assert curves.side_of(nats, "unigram 4.18") == side


def test_a_name_keeps_clear_of_the_only_curve_of_what_counts(qtbot: QtBot) -> None:
    made, history = LossCurves(), History()
    qtbot.addWidget(made)
    made.resize(500, 200)
    for step, loss in ((0, 2.0), (10, 1.0), (100, 0.5)):
        history.apply(Evaluated(step, loss, False))
    made.set_steps(100, log=False)
    made.set_history(history)
    assert made.side_of(1.5, "unigram 1.50") == "right"
    assert made.side_of(0.4, "unigram 0.40") == "left"


def test_columns_are_measured_once_per_change(curves: LossCurves) -> None:
    first = curves.train_columns(curves.x_axis())
    assert curves.train_columns(curves.x_axis()) is first
    curves.data_changed()
    assert curves.train_columns(curves.x_axis()) is not first
