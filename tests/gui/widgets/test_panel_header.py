"""Heads of panels, colour bars, ghosts and cursors: what is painted where."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainter

from seqviz.gui import theme
from seqviz.gui.widgets.colour_bar import ColourBar, colour_bar_width, paint_colour_bar
from seqviz.gui.widgets.cursor import paint_cursor_column, paint_map_cursor
from seqviz.gui.widgets.ghost import paint_ghost
from seqviz.gui.widgets.panel_header import Header, paint_header, paint_reading


@pytest.fixture
def canvas(qapp):
    theme.set_theme("light")
    image = QImage(600, 60, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(theme.theme().sheet)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    yield image, painter
    painter.end()


def columns_inked(image):
    """x of columns that are not plain sheet."""
    plain = theme.theme().sheet.rgba()
    return [x for x in range(image.width()) if any(image.pixel(x, y) != plain for y in range(image.height()))]


def test_the_bar_ends_at_the_given_right_edge_and_is_as_wide_as_announced(canvas):
    image, painter = canvas
    bar = ColourBar("weight, square-root scale", "0", "1")
    left = paint_colour_bar(painter, 590, 20, bar)
    inked = columns_inked(image)
    assert max(inked) <= 590
    assert min(inked) >= left - 1
    assert 590 - left == pytest.approx(colour_bar_width(bar), abs=2)


def test_the_bar_runs_from_the_lowest_to_the_highest_colour(canvas):
    image, painter = canvas
    paint_colour_bar(painter, 590, 20, ColourBar("", "", ""))
    row = [image.pixelColor(x, 20) for x in columns_inked(image)]
    table = theme.colour_table("viridis")
    assert row[0].rgb() in table[:4]
    assert row[-1].rgb() in table[250:254]


def test_a_long_subtitle_gives_way_to_the_colour_bar(canvas):
    image, painter = canvas
    header = Header("Gradient map", "loss at t (row) against state at s (column) " * 5, bar=ColourBar("q", "0", "1"))
    paint_header(painter, QRectF(10, 0, 580, 52), header)
    assert max(columns_inked(image)) <= 590
    bar_left = 590 - colour_bar_width(header.bar)
    assert not [x for x in columns_inked(image) if bar_left - 11 < x < bar_left - 1]


def test_what_stands_between_stars_is_bold(canvas):
    _, painter = canvas
    plain = paint_reading(painter, 0, 20, "gone after 10 characters", 500)
    bold = paint_reading(painter, 0, 20, "gone after **10 characters**", 500)
    assert bold > plain
    assert paint_reading(painter, 0, 20, "gone after 10 characters " * 20, 300) <= 301


def test_a_ghost_fills_its_rectangle_and_writes_its_sentence_in_the_middle(canvas):
    image, painter = canvas
    paint_ghost(painter, QRectF(100, 0, 400, 60), "how surprised the model is")
    assert image.pixelColor(110, 30) == theme.theme().ghost
    written = [x for x in range(110, 490) if image.pixelColor(x, 30) != theme.theme().ghost]
    assert (min(written) + max(written)) / 2 == pytest.approx(300, abs=15)


def test_the_cursor_column_tints_its_cell_and_touches_nothing_beyond_its_halo(canvas):
    image, painter = canvas
    paint_cursor_column(painter, 200, 15, 0, 60)
    assert image.pixelColor(207, 30) != theme.theme().sheet
    assert set(columns_inked(image)) <= set(range(198, 218))


def test_a_map_cursor_is_black_inside_white_so_that_it_shows_on_every_colour(canvas):
    image, painter = canvas
    for index in (0, 120, 253):
        painter.fillRect(QRectF(0, 0, 600, 60), theme.QColor(theme.colour_table("viridis")[index]))
        paint_map_cursor(painter, QRectF(100.5, 10.5, 200, 40))
        column = [image.pixelColor(200, y).lightness() for y in range(6, 16)]
        assert min(column) < 60
        assert max(column) > 200


def test_a_narrow_head_shortens_its_colours_before_they_run_into_the_title(qapp):
    bar = ColourBar("weight", "−1", "+1", "diverging")
    widths = []
    for width in (600, 260):
        picture = QImage(width, 60, QImage.Format.Format_ARGB32)
        picture.fill(0xFFFFFFFF)
        painter = QPainter(picture)
        paint_header(painter, QRectF(0, 0, width, 60), Header("One-hot and matrix", "", "", bar))
        painter.end()
        row = [picture.pixelColor(x, theme.px(19)) for x in range(width)]
        widths.append(sum(colour.hsvSaturationF() > 0.3 for colour in row))
    assert 12 < widths[1] < widths[0]
