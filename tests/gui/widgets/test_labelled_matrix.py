from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QImage, QPainter

from seqviz.gui.widgets.labelled_matrix import paint_caption, paint_cells, paint_columns, paint_turned

AREA = QRectF(20, 50, 80, 40)


@pytest.fixture
def draw(qapp):
    def picture(paint) -> np.ndarray:
        """(y, x) grey levels of a white picture after `paint(painter)`."""
        image = QImage(120, 120, QImage.Format.Format_Grayscale8)
        image.fill(QColor("#FFFFFF"))
        painter = QPainter(image)
        paint(painter)
        painter.end()
        return np.frombuffer(image.constBits(), np.uint8).reshape(120, image.bytesPerLine())[:, :120].copy()

    return picture


def test_cells_tell_their_numbers_where_there_is_room(draw):
    values = np.array([[0.5, 0.5], [0.5, 0.5]])
    wide = draw(lambda painter: paint_cells(painter, AREA, values))
    narrow = draw(lambda painter: paint_cells(painter, QRectF(20, 50, 40, 40), values))
    assert len(np.unique(narrow[50:90, 20:60])) == 1  # one colour, no writing
    assert len(np.unique(wide[50:90, 20:100])) > 3


def test_names_stand_in_cells_and_over_columns(draw):
    values, names = np.array([[0.5, 0.5]]), [["a", "b"]]
    cells = draw(lambda painter: paint_cells(painter, AREA, values, names))
    assert len(np.unique(cells[50:90, 20:60])) > 3
    over = draw(lambda painter: paint_columns(painter, AREA, ["0", "1"]))
    assert (over[:15] < 255).any()
    assert (over[15:] == 255).all()


def test_turned_names_end_above_the_matrix(draw):
    turned = draw(lambda painter: paint_turned(painter, AREA, ["NOUN", "VERB"]))
    written = np.argwhere(turned < 255)
    assert written[:, 0].min() > 0
    assert written[:, 0].max() < 50
    assert np.ptp(written[:, 0]) > 15  # upright


def test_a_caption_stands_below_and_is_cut_to_the_width(draw):
    below = draw(lambda painter: paint_caption(painter, AREA, "far too long for such a narrow matrix"))
    written = np.argwhere(below < 255)
    assert written[:, 0].min() > 89
    assert written[:, 1].max() <= 100
