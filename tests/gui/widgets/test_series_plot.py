"""Live curves."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent

from seqviz.gui import theme
from seqviz.gui.widgets.axes import step_axis
from seqviz.gui.widgets.series_plot import Axis, Baseline, Mark, SeriesPlot, SeriesStyle


@pytest.fixture
def plot(qtbot):
    theme.set_theme("light")
    widget = SeriesPlot()
    qtbot.addWidget(widget)
    widget.resize(400, 240)
    widget.set_x_axis(Axis(0, 100))
    widget.add_series("a", SeriesStyle("valid", "family:lstm"))
    widget.show()
    return widget


def wheel(plot, notches, x):
    position = QPointF(x, 100)
    event = QWheelEvent(
        position,
        plot.mapToGlobal(position),
        QPoint(),
        QPoint(0, 120 * notches),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    plot.wheelEvent(event)


def inked(plot, colour, tolerance=40):
    """(x, y) of pixels near a colour inside the plot's area."""
    image, area = plot.grab().toImage(), plot.area().toRect()
    found = []
    for x in range(area.left(), area.right() + 1):
        for y in range(area.top(), area.bottom() + 1):
            pixel = image.pixelColor(x, y)
            distance = sum(abs(a - b) for a, b in zip(pixel.getRgb()[:3], colour.getRgb()[:3], strict=True))
            if distance <= tolerance:
                found.append((x, y))
    return found


def test_a_curve_is_drawn_where_its_axes_say(plot):
    plot.set_y_axis(Axis(0, 10))
    plot.append("a", [0, 50], [5, 5])
    pixels = inked(plot, theme.family_colour("lstm"))
    area = plot.area()
    assert {round(np.mean([y for _, y in pixels]))} <= {round(area.center().y()) + d for d in (-1, 0, 1)}
    assert max(x for x, _ in pixels) <= area.right()
    assert min(x for x, _ in pixels) <= area.left() + 2


def test_a_single_step_spike_among_many_points_is_on_screen(plot):
    plot.set_x_axis(Axis(0, 100_000))
    plot.set_y_axis(Axis(0, 10))
    ys = np.ones(100_000)
    ys[70_000] = 9.5
    plot.append("a", np.arange(100_000), ys)
    highest = min(y for _, y in inked(plot, theme.family_colour("lstm"), 120))
    assert highest <= plot.area().top() + 0.1 * plot.area().height()


def test_dense_noise_is_drawn_over_its_whole_range_and_a_gap_stays_empty(plot):
    plot.set_x_axis(Axis(0, 100_000))
    plot.set_y_axis(Axis(0, 10))
    ys = np.where(np.arange(100_000) % 2, 2.0, 8.0)
    ys[40_000:60_000] = np.nan
    plot.append("a", np.arange(100_000), ys)
    pixels, area = inked(plot, theme.family_colour("lstm")), plot.area()
    rows = [y for _, y in pixels]
    assert min(rows) == pytest.approx(area.top() + 0.2 * area.height(), abs=3)
    assert max(rows) == pytest.approx(area.top() + 0.8 * area.height(), abs=3)
    gap = [x for x, _ in pixels if area.left() + 0.41 * area.width() < x < area.left() + 0.59 * area.width()]
    assert gap == []


def test_the_wheel_zooms_at_the_mouse_and_a_double_click_shows_everything(plot, qtbot):
    plot.append("a", np.arange(101), np.arange(101))
    x = plot.area().left() + 0.25 * plot.area().width()
    before = plot.x_axis().value(0.25)
    wheel(plot, 3, x)
    assert plot.zoomed
    assert plot.x_axis().high - plot.x_axis().low < 70
    assert plot.x_axis().value(0.25) == pytest.approx(before)
    qtbot.mouseDClick(plot, Qt.MouseButton.LeftButton, pos=QPoint(200, 100))
    assert (plot.x_axis().low, plot.x_axis().high) == (0, 100)


def test_zooming_out_past_the_start_comes_home(plot):
    wheel(plot, 1, 200)
    wheel(plot, -5, 200)
    assert not plot.zoomed


def test_dragging_pans_and_picks_nothing(plot, qtbot):
    wheel(plot, 3, 200)
    start = plot.x_axis()
    with qtbot.assertNotEmitted(plot.x_picked):
        qtbot.mousePress(plot, Qt.MouseButton.LeftButton, pos=QPoint(200, 100))
        qtbot.mouseMove(plot, QPoint(150, 100))
        qtbot.mouseRelease(plot, Qt.MouseButton.LeftButton, pos=QPoint(150, 100))
    assert plot.x_axis().low > start.low
    assert plot.x_axis().high - plot.x_axis().low == pytest.approx(start.high - start.low)


def test_a_click_picks_its_x(plot, qtbot):
    area = plot.area()
    with qtbot.waitSignal(plot.x_picked, timeout=1000) as picked:
        qtbot.mouseClick(plot, Qt.MouseButton.LeftButton, pos=QPoint(int(area.center().x()), 100))
    assert picked.args[0] == pytest.approx(50, abs=1)


def test_the_y_range_holds_the_data_and_the_baselines_and_moves_in_steps(plot):
    plot.set_baselines([Baseline("uniform 6.21", 6.21)])
    plot.append("a", [1, 2], [5.0, 4.0])
    first = plot.y_axis()
    assert first.low <= 4.0
    assert first.high >= 6.21
    plot.append("a", [3], [4.1])
    assert plot.y_axis() == first
    plot.append("a", [4], [1.0])
    assert plot.y_axis().low <= 1.0


def test_infinite_and_missing_values_do_not_wreck_the_range(plot):
    plot.append("a", [1, 2, 3, 4], [1.0, np.nan, np.inf, 2.0])
    plot.grab()
    assert plot.y_axis().high < 1e29


def test_new_data_leave_the_still_layer_alone(plot):
    plot.set_y_axis(Axis(0, 10))
    plot.append("a", [1, 2], [5, 5])
    plot.grab()
    still, curves = (plot._layers[name][1].cacheKey() for name in ("static", "curves"))
    plot.append("a", [3], [5])
    plot.set_cursor(2)
    plot.grab()
    assert plot._layers["static"][1].cacheKey() == still
    assert plot._layers["curves"][1].cacheKey() != curves


def test_logarithmic_steps_baselines_marks_and_cursor_are_painted_without_complaint(plot, qtbot):
    plot.set_x_axis(step_axis(5000))
    plot.append("a", np.arange(1, 2000), 6 / np.arange(1, 2000) ** 0.2)
    plain = plot.grab().toImage()
    for change in (
        lambda: plot.set_baselines([Baseline("uniform 6", 6.0), Baseline("unigram 5.9", 5.9)]),
        lambda: plot.set_marks([Mark(100, "learning rate\n1 → 2"), Mark(110, "clip"), Mark(1e9, "outside")]),
        lambda: plot.set_cursor(500),
        lambda: qtbot.mouseMove(plot, QPoint(150, 60)) or plot.mouseMoveEvent,
        lambda: plot.remove_series("a"),
    ):
        before = plot.grab().toImage()
        change()
        after = plot.grab().toImage()
        assert after.size() == plain.size()
        if change.__code__.co_names[0] != "qtbot":
            assert after != before


def test_keys_zoom_and_zero_comes_home(plot, qtbot):
    qtbot.keyClick(plot, Qt.Key.Key_Plus)
    assert plot.zoomed
    qtbot.keyClick(plot, Qt.Key.Key_0)
    assert not plot.zoomed


def test_clearing_removes_curves_and_marks(plot):
    plot.append("a", [1], [2])
    plot.set_marks([Mark(1, "x")])
    plot.clear()
    assert plot.keys() == []
    plot.grab()
