from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPointF

from seqviz.gui import theme
from seqviz.gui.panels.base import Cursor
from seqviz.gui.panels.track import VIEWS, TrackPanel
from seqviz.gui.panels.track_data import ellipse, track_of
from tests.gui.panels.estimate_frames import shot, told, track
from tests.gui.panels.sheet_frames import picture

STEPS = tuple(map(str, range(1, 9)))


@pytest.fixture
def panel(qtbot) -> TrackPanel:
    made = TrackPanel()
    qtbot.addWidget(made)
    made.resize(320, 360)
    made.show()
    return made


def test_an_ellipse_has_the_deviations_and_the_direction_of_its_covariance():
    turn = np.array([[np.cos(0.5), -np.sin(0.5)], [np.sin(0.5), np.cos(0.5)]])
    long, short, degrees = ellipse(turn @ np.diag([9.0, 1.0]) @ turn.T, sigmas=2.0)
    assert (long, short) == pytest.approx((6.0, 2.0))
    assert degrees % 180 == pytest.approx(np.degrees(0.5))
    assert ellipse(np.array([[1.0, 2.0], [2.0, 1.0]])) is None
    assert ellipse(np.full((2, 2), np.nan)) is None


def test_both_coordinates_have_one_scale(panel):
    for view in VIEWS:
        panel.choose("view", view)
        panel.present(shot(track(), column=4, labels=STEPS))
        x, y = panel.axes()
        area = panel.plot()
        assert (x.high - x.low) / area.width() == pytest.approx((y.high - y.low) / area.height())


def test_around_the_cursor_the_picture_holds_the_step_and_its_size_stays_the_same(panel):
    widths = []
    for column in range(8):
        panel.present(shot(track(), column=column, labels=STEPS))
        for name in ("estimate.mean", "estimate.observed", "belief.predicted"):
            assert panel.plot().contains(panel.pixel(track()[name][column][:2])), name
        widths.append(panel.axes()[0].high - panel.axes()[0].low)
    assert widths == pytest.approx([widths[0]] * 8)


def test_the_whole_track_holds_every_point(panel):
    panel.choose("view", "whole track")
    panel.present(shot(track(), column=0, labels=STEPS))
    for name in ("estimate.mean", "estimate.observed", "estimate.truth"):
        assert all(panel.plot().contains(panel.pixel(point)) for point in track()[name])


def test_the_reading_compares_the_estimate_with_the_measurements(panel):
    panel.present(shot(track(), labels=STEPS))
    assert panel.reading().endswith("misses by **0.25**, measurements by 1.00")


def test_without_a_known_truth_the_reading_says_what_the_belief_expects(panel):
    arrays = track() | {"estimate.truth": np.full((8, 2), np.nan, np.float32)}
    panel.present(shot(arrays, labels=STEPS))
    assert panel.reading() == f"believed within **{np.sqrt(0.36 + 0.16):.2f}** of the estimate (one deviation)"
    picture(panel)


def test_the_card_has_the_numbers_of_the_correction(panel):
    panel.present(shot(track(), labels=STEPS))
    said = panel.explain(Cursor(3))
    numbers = {q.name: q.value for q in said.quantities}
    assert numbers["predicted"] == "3.00, 0.00"
    assert numbers["surprise"] == "0.00, 1.00"
    assert numbers["estimate"] == "3.00, 0.25"
    assert numbers["gain for the velocity"] == "0.05"
    assert said.key_number == "0.25"


def test_a_net_has_an_ellipse_along_the_axes_and_no_gain(panel):
    arrays = told(track())
    panel.present(shot(arrays, labels=STEPS))
    assert track_of(shot(arrays)).covariance(0) == pytest.approx(np.diag([0.36, 0.16]))
    said = panel.explain(Cursor(3))
    assert said.key_number == ""
    assert "predicted" not in {q.name for q in said.quantities}
    picture(panel)


def test_a_line_is_no_plane(panel):
    panel.present(shot({"estimate.mean": np.zeros((8, 1), np.float32)}, labels=STEPS))
    assert not panel.ready()
    picture(panel)


@pytest.mark.parametrize("name", ["light", "dark"])
@pytest.mark.parametrize("size", [(320, 360), (240, 180), (900, 600)])
def test_it_paints_at_every_size_in_both_themes(panel, name, size):
    theme.set_theme(name)
    panel.resize(*size)
    panel.present(shot(track(), labels=STEPS))
    shown = picture(panel)
    centre = panel.pixel(track()["estimate.mean"][2])
    assert panel.plot().contains(QPointF(centre))
    panel.clear()
    assert picture(panel) != shown
    assert panel.export() == {}
