"""The parameter gradients panel, fed with canned events."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor
from pytestqt.qtbot import QtBot

from seqviz.core.events import KnobChanged, RunStarted, StepMetrics
from seqviz.gui import theme
from seqviz.gui.history import History
from seqviz.gui.panels.base import Cursor, Snapshot
from seqviz.gui.panels.parameter_gradients import ParameterGradientsPanel, clip_changes
from seqviz.gui.widgets.axes import Axis

MakeRun = Callable[..., RunStarted]
MakeHistory = Callable[..., History]


@pytest.fixture
def panel(qtbot: QtBot) -> ParameterGradientsPanel:
    made = ParameterGradientsPanel()
    qtbot.addWidget(made)
    made.resize(600, 300)
    made.show()
    return made


def test_each_layer_has_a_row_in_the_colour_of_its_norm(
    panel: ParameterGradientsPanel, make_run: MakeRun, make_history: MakeHistory
) -> None:
    panel.present(Snapshot(make_run(steps=100), None, make_history()))
    image, area = panel.norms.grab().toImage(), panel.norms.map_area()
    table, seen = theme.lut("viridis"), []
    for row in range(3):
        point = QPointF(area.left() + area.width() * 0.9, area.top() + area.height() * (row + 0.5) / 3)
        seen.append(image.pixelColor(point.toPoint()))
    for colour, norm in zip(seen, (0.01, 0.1, 1.0), strict=True):
        place = (np.log10(norm) - -3) / (1 - -3)
        wanted = QColor(*(int(v) for v in table[round(place * 255)]))
        assert max(abs(a - b) for a, b in zip(colour.getRgb(), wanted.getRgb(), strict=True)) <= 6


def test_columns_after_the_last_step_are_empty(
    panel: ParameterGradientsPanel, make_run: MakeRun, make_history: MakeHistory
) -> None:
    panel.present(Snapshot(make_run(steps=1000), None, make_history(steps=100)))
    columns = panel.norms.map_columns(Axis(0.0, 1000.0), 100)
    assert np.isfinite(columns[:, 1:10]).all()
    assert np.isnan(columns[:, 11:]).all()


def test_a_column_between_two_steps_repeats_the_earlier_one(panel: ParameterGradientsPanel, make_run: MakeRun) -> None:
    history = History()
    for step, norm in ((1, 0.1), (2, 1.0), (3, 10.0)):
        history.apply(StepMetrics(step, step, 0.0, 1.0, 1.0, 1.0, 1e-3, np.full(3, norm)))
    panel.present(Snapshot(make_run(), None, history))
    columns = panel.norms.map_columns(Axis(1.0, 3.0), 8)[0]
    assert columns.tolist() == pytest.approx([-1.0, -1.0, -1.0, -1.0, 0.0, 0.0, 0.0, 0.0])


def test_the_clip_line_follows_live_changes() -> None:
    history = History()
    history.apply(KnobChanged(40, "training.clip_norm", 1.0, 0.25))
    assert clip_changes(1.0, history) == ((0.0, 1.0), (40.0, 0.25))


def test_without_clipping_there_is_no_line() -> None:
    assert clip_changes(0.0, History()) == ()


def test_the_reading_says_how_often_clipping_acts_and_where_the_gradient_lands(
    panel: ParameterGradientsPanel, make_run: MakeRun, make_history: MakeHistory
) -> None:
    panel.present(Snapshot(make_run(), None, make_history()))
    assert panel.reading() == "**10 %** of the steps were clipped, most of the gradient lands on **output**"


def test_the_colour_bar_moves_under_the_map_where_the_header_is_narrow(
    panel: ParameterGradientsPanel, make_run: MakeRun, make_history: MakeHistory
) -> None:
    panel.present(Snapshot(make_run(), None, make_history()))
    bar = panel.colour_bar()
    assert bar is not None
    assert (bar.low, bar.high, bar.colours) == ("10⁻³", "10", "viridis")
    panel.resize(300, 300)
    assert panel.colour_bar() is None
    bottom = panel.grab().toImage().copy(0, 280, 300, 20)
    colours = {bottom.pixelColor(x, 12).name() for x in range(300)}
    assert len(colours) > 50  # a ramp is there


def test_the_colour_range_changes_only_when_asked(
    panel: ParameterGradientsPanel, make_run: MakeRun, make_history: MakeHistory
) -> None:
    history, run = make_history(), make_run()
    panel.present(Snapshot(run, None, history))
    assert panel.norms.limits == (1e-3, 10.0)
    history.apply(StepMetrics(101, 101, 1.0, 1.0, 1.0, 1.0, 1e-3, np.full(3, 1e6)))
    panel.present(Snapshot(run, None, history))
    assert panel.norms.limits == (1e-3, 10.0)
    panel.choose("colours", "fit to this run")
    assert panel.norms.limits == (1e-2, 1.0)


def test_the_table_names_the_layer_under_the_mouse(
    qtbot: QtBot, panel: ParameterGradientsPanel, make_run: MakeRun, make_history: MakeHistory
) -> None:
    panel.present(Snapshot(make_run(), None, make_history()))
    area = panel.norms.map_area()
    panel.norms._mouse_y = area.top() + area.height() / 2
    rows = [text for text, _ in panel.norms.rows_at(50.0)]
    assert rows == ["global norm 2", "clipped to 1", "layers.0 0.1"]


def test_the_card_lists_every_layer(
    panel: ParameterGradientsPanel, make_run: MakeRun, make_history: MakeHistory
) -> None:
    panel.present(Snapshot(make_run(), None, make_history()))
    said = panel.explain(Cursor())
    assert [q.name for q in said.quantities] == [
        "global norm",
        "after clipping",
        "embedding",
        "layers.0",
        "output",
    ]
    assert said.key_number == "10 %"


def test_export_has_a_column_per_layer(
    panel: ParameterGradientsPanel, make_run: MakeRun, make_history: MakeHistory
) -> None:
    panel.present(Snapshot(make_run(), None, make_history()))
    assert set(panel.export()) >= {"step", "grad_norm", "grad_norm embedding", "grad_norm output"}


@pytest.mark.parametrize("norm", [0.0, float("nan"), float("inf"), 1e-300])
def test_any_norm_at_all_can_be_painted(panel: ParameterGradientsPanel, make_run: MakeRun, norm: float) -> None:
    history = History()
    for step in range(3):
        history.apply(StepMetrics(step, step, 0.0, 1.0, norm, 1.0, 1e-3, np.full(3, norm)))
    panel.present(Snapshot(make_run(), None, history))
    for option in ("linear", "logarithmic"):
        panel.choose("steps axis", option)
        assert not panel.grab().isNull()


def test_a_run_without_layer_norms_shows_the_global_norm_alone(
    panel: ParameterGradientsPanel, make_run: MakeRun
) -> None:
    history = History()
    history.apply(StepMetrics(1, 1, 0.0, 1.0, 0.5, 1.0, 1e-3))
    panel.present(Snapshot(make_run(), None, history))
    assert not panel.grab().isNull()
    assert "grad_norm" in panel.export()
