from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QRectF

from seqviz.gui import theme
from seqviz.gui.widgets.decay_inset import DecayCurve, lay_out


def curve(half_life: float = 6.14, horizon: float = np.inf, lowest: float = 1e-3) -> DecayCurve:
    return DecayCurve("h", "lstm", np.geomspace(1.0, lowest, 40), half_life, horizon, True)


@pytest.fixture
def area(qapp) -> QRectF:
    return QRectF(400, 0, 340, 140)


def test_the_axis_reaches_a_decade_under_the_lowest_value_and_no_lower_than_a_millionth(area):
    assert lay_out(area, (curve(lowest=3e-4),), "character").y_axis.low == pytest.approx(1e-4)
    assert lay_out(area, (curve(lowest=1e-12),), "character").y_axis.low == pytest.approx(1e-6)
    assert lay_out(area, (curve(lowest=0.5),), "character").y_axis.low == pytest.approx(1e-2)


def test_a_small_change_of_the_numbers_keeps_the_still_part(area):
    assert lay_out(area, (curve(6.14),), "word") == lay_out(area, (curve(6.15),), "word")


def test_no_plot_without_room_or_curves(area):
    assert lay_out(QRectF(0, 0, 100, 30), (curve(),), "word") is None
    assert lay_out(area, (), "word") is None


def test_what_is_never_reached_is_said_so():
    assert curve(np.inf).half_life_text == "h: half-life > 39"
    assert curve().horizon_text == "1 % beyond 39"
    assert curve(horizon=12.0).horizon_text == "1 % at 12"
    assert curve(np.nan).half_life_text == "h"


def test_no_plot_where_nothing_reaches_past_its_own_place(area):
    alone = np.zeros(40)
    alone[0] = 1.0
    assert lay_out(area, (DecayCurve("h", "rnn", alone, np.nan, np.inf),), "character") is None


def test_the_words_under_a_name_have_room_too(area):
    short_name = DecayCurve("h", "rnn", np.geomspace(1.0, 0.1, 40), np.nan, np.inf)
    assert lay_out(area, (short_name,), "character").area.right() < area.right() - theme.px(70)
