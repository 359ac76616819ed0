from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt

from seqviz.gui.widgets.word_map import WordMap
from seqviz.gui.widgets.word_map_painting import MapPicture

POINTS = np.random.default_rng(0).normal(size=(30, 2))
NAMES = tuple(f"word{i}" for i in range(30))


@pytest.fixture
def words(qtbot) -> WordMap:
    made = WordMap()
    qtbot.addWidget(made)
    made.resize(400, 300)
    made.set_picture(MapPicture(POINTS, NAMES))
    made.show()
    return made


def alone(words: WordMap) -> int:
    """The word farthest from all others: no doubt which one the mouse means."""
    places = words.pixels(POINTS)
    gaps = np.hypot(*(places[:, None] - places).transpose(2, 0, 1)) + 1e9 * np.eye(len(places))
    return int(gaps.min(axis=1).argmax())


def test_all_points_lie_inside_at_one_scale(words):
    places = words.pixels(POINTS)
    assert (places > 0).all()
    assert (places < [400, 300]).all()
    x, y = words.pixels(np.array([1.0, 0.0])) - words.pixels(np.zeros(2))
    assert y == 0
    assert words.pixels(np.array([0.0, 1.0]))[1] == pytest.approx(words.pixels(np.zeros(2))[1] - x)


def test_a_small_change_keeps_the_scale_and_a_large_one_fits_anew(words):
    before = words.pixels(POINTS)
    words.set_picture(MapPicture(POINTS * 0.9, NAMES))
    np.testing.assert_allclose(words.pixels(POINTS), before)
    words.set_picture(MapPicture(POINTS * 3, NAMES))
    assert (words.pixels(POINTS * 3) < [400, 300]).all()
    words.set_picture(MapPicture(POINTS * 0.1, NAMES))
    assert np.ptp(words.pixels(POINTS * 0.1), axis=0).max() > 150


def test_hover_names_a_word_and_a_click_tells_it(words, qtbot):
    word = alone(words)
    at = words.place_of(word).toPoint()
    plain = words.grab().toImage()
    qtbot.mouseMove(words, at)
    qtbot.waitUntil(lambda: words.hovered == word)
    assert words.grab().toImage() != plain
    with qtbot.waitSignal(words.word_clicked) as told:
        qtbot.mouseClick(words, Qt.MouseButton.LeftButton, pos=at)
    assert told.args == [word]


def test_the_wheel_zooms_about_the_mouse(words):
    at = words.place_of(5)
    far = words.place_of(6) - at
    words.zoom_about(at, 2.0)
    assert (words.place_of(5) - at).manhattanLength() < 1e-6
    assert (words.place_of(6) - at - 2 * far).manhattanLength() < 1e-6
    words.zoom_about(at, 1e9)
    assert words.zoom == 40
    words.show_all()
    assert words.zoom == 1


def test_dragging_moves_the_map_and_picks_no_word(words, qtbot):
    words.zoom_about(QPointF(200, 140), 4.0)
    told: list[int] = []
    words.word_clicked.connect(told.append)
    before = words.place_of(3)
    start = QPointF(200, 140).toPoint()
    qtbot.mousePress(words, Qt.MouseButton.LeftButton, pos=start)
    qtbot.mouseMove(words, start + QPointF(30, 10).toPoint())
    qtbot.mouseRelease(words, Qt.MouseButton.LeftButton, pos=start + QPointF(30, 10).toPoint())
    assert (words.place_of(3) - before - QPointF(30, 10)).manhattanLength() < 1.5
    assert told == []
    qtbot.mouseDClick(words, Qt.MouseButton.LeftButton, pos=start)
    assert words.zoom == 1


def test_a_smaller_picture_forgets_a_hovered_word_that_is_gone(words, qtbot):
    qtbot.mouseMove(words, words.place_of(29).toPoint())
    words._hovered = 29
    words.set_picture(MapPicture(POINTS[:4], NAMES[:4]))
    assert words.hovered is None
    words.grab()


@pytest.mark.parametrize("points", [np.zeros((1, 2)), np.zeros((5, 2)), np.array([[0.0, 1.0], [0.0, 2.0]])])
def test_points_that_coincide_are_painted(words, points):
    words.set_picture(MapPicture(points, NAMES))
    words.grab()
    assert np.isfinite(words.pixels(points)).all()
