from __future__ import annotations

import math

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt

from seqviz.gui.race.race_plot import RaceLine, RacePlot
from seqviz.gui.race.styles import styles_of
from seqviz.gui.widgets.axes import Axis

STYLES = styles_of([("rnn", "rnn"), ("lstm", "lstm"), ("ngram", "ngram")])
X, Y = np.array([0.0, 100.0, 200.0]), np.array([4.0, 2.0, 1.0])


@pytest.fixture
def plot(qtbot):
    """A learner from 4 over 2 to 1, one that stopped at 100, and a line to beat at 3."""
    made = RacePlot()
    qtbot.addWidget(made)
    made.resize(500, 300)
    lines = [
        RaceLine(0, "RNN", STYLES[0], "1.00", X, Y),
        RaceLine(1, "LSTM", STYLES[1], "diverged", X[:2], Y[:2] + 1),
        RaceLine(2, "Bigram", STYLES[2], "3.00", flat=3.0),
    ]
    made.set_lines(lines, Axis(0.0, 200.0), Axis(0.0, 4.0), "steps")
    made.show()
    return made


def held_rows(plot, qtbot, x: float) -> list[str]:
    area = plot.area()
    at = QPoint(round(area.left() + x / 200 * area.width()), round(area.center().y()))
    qtbot.mouseClick(plot, Qt.MouseButton.LeftButton, pos=at)
    return [text for text, _ in plot._rows_at(plot._held)]


def test_the_readout_gives_the_height_of_the_drawn_line_between_two_measurements(plot, qtbot):
    rows = dict(row.rsplit(" ", 1) for row in held_rows(plot, qtbot, 50)[1:])
    assert float(rows["RNN"]) == pytest.approx(3.0, abs=0.05)
    assert float(rows["LSTM"]) == pytest.approx(4.0, abs=0.05)
    assert rows["Bigram"] == "3"


def test_a_racer_that_stopped_has_no_value_behind_its_end(plot, qtbot):
    rows = held_rows(plot, qtbot, 150)
    assert not any(row.startswith("LSTM") for row in rows)
    assert any(row.startswith("RNN") for row in rows)


def test_on_logarithmic_axes_the_value_is_that_of_the_straight_line_drawn(qtbot):
    plot = RacePlot()
    qtbot.addWidget(plot)
    line = RaceLine(0, "RNN", STYLES[0], "", np.array([1.0, 100.0]), np.array([1.0, 1e-4]))
    plot.set_lines([line], Axis(1.0, 100.0, log=True), Axis(1e-4, 1.0, log=True), "steps")
    assert plot._value_of(line, 10.0) == pytest.approx(1e-2)
    assert math.isnan(plot._value_of(line, 200.0))
