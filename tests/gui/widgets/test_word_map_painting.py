from __future__ import annotations

import numpy as np
from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainter

from seqviz.gui import theme
from seqviz.gui.widgets.word_map_painting import (
    TRIED,
    Arrow,
    MapPicture,
    paint_arrows,
    paint_trails,
    placed_names,
    words_left_of_an_arrow,
)

POINTS = np.random.default_rng(0).uniform(10, 290, size=(2000, 2))
NAMES = tuple(f"w{i}" for i in range(2000))


def inked(paint) -> int:
    """Pixels that `paint` touched."""
    image = QImage(300, 300, QImage.Format.Format_RGB32)
    image.fill(theme.theme().sheet)
    painter = QPainter(image)
    paint(painter)
    painter.end()
    ground = theme.theme().sheet.rgb()
    return sum(image.pixel(x, y) != ground for x in range(300) for y in range(300))


def test_words_asked_about_are_named_before_the_commonest(qapp):
    picture = MapPicture(POINTS, NAMES, chosen=1999, near=(1500,), asked=(1700, 1800))
    assert picture.order()[:5] == [1999, 1700, 1800, 1500, 0]
    assert len(picture.order()) == TRIED
    named = [one.word for one in placed_names(picture, POINTS, QRectF(0, 0, 300, 300))]
    assert {1999, 1700, 1800} <= set(named)


def test_only_words_in_sight_are_named(qapp):
    named = placed_names(MapPicture(POINTS, NAMES), POINTS, QRectF(0, 0, 100, 100))
    assert named
    assert all((POINTS[one.word] <= 100).all() for one in named)


def test_a_word_that_rests_has_no_trail(qapp):
    rest = np.repeat(POINTS[None, :10], 4, axis=0)
    moving = rest + np.arange(4)[:, None, None] * 5
    assert inked(lambda painter: paint_trails(painter, rest)) == 0
    assert inked(lambda painter: paint_trails(painter, moving)) > 50


def test_arrows_between_words_that_coincide_are_left_out(qapp):
    places = np.array([[50.0, 50.0], [52.0, 50.0], [200.0, 200.0]])
    near, far = (MapPicture(places, NAMES, arrows=(Arrow(0, end),)) for end in (1, 2))
    assert inked(lambda painter: paint_arrows(painter, near, places)) == 0
    assert inked(lambda painter: paint_arrows(painter, far, places)) > 200


def test_names_stand_off_the_arrow_between_them(qapp):
    places = np.array([[50.0, 50.0], [200.0, 50.0], [250.0, 150.0], [100.0, 150.0]])
    picture = MapPicture(places, NAMES, asked=(0, 1, 2, 3), arrows=(Arrow(0, 1), Arrow(2, 3)))
    assert words_left_of_an_arrow(picture, places) == {0, 3}
    left = {one.word for one in placed_names(picture, places, QRectF(0, 0, 300, 300)) if one.left < places[one.word][0]}
    assert left == {0, 3}
