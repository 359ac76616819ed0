"""Horizon and scale of step axes."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from seqviz.core.events import StepMetrics
from seqviz.gui.history import History
from seqviz.gui.widgets.step_plot import StepPlot, axis_of_steps, horizon_of


@pytest.mark.parametrize(
    ("planned", "last", "horizon"),
    [(5000, 0, 5000), (5000, 5000, 5000), (5000, 5001, 10_000), (0, 0, 100), (0, 101, 200), (0, 999, 1000), (3, 1, 10)],
)
def test_the_horizon_is_the_budget_or_the_next_round_number(planned: int, last: int, horizon: int) -> None:
    assert horizon_of(planned, last) == horizon


def test_a_logarithmic_step_axis_has_the_fixed_ticks() -> None:
    assert [text for _, text in axis_of_steps(5000, log=True).labels()] == ["1", "10", "100", "1k", "5k"]


def test_changing_the_scale_forgets_the_zoom(qtbot: QtBot) -> None:
    plot = StepPlot()
    qtbot.addWidget(plot)
    plot.set_steps(1000, log=True)
    plot._zoom(plot.x_axis().zoomed(0.5, 0.5))
    plot.set_steps(1000, log=False)
    assert not plot.zoomed


def test_a_history_without_news_asks_for_no_repaint(qtbot: QtBot) -> None:
    plot, history = StepPlot(), History()
    qtbot.addWidget(plot)
    assert plot.set_history(history)
    assert not plot.set_history(history)
    history.apply(StepMetrics(1, 1, 0.0, 1.0, 1.0, 1.0, 1e-3))
    assert plot.set_history(history)
