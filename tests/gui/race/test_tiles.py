from __future__ import annotations

import pytest

from seqviz.gui.race.tiles import lay_tiles

TEXT = tuple("I grew up in France, so I speak fluent French.")


def test_tiles_fill_lines_in_reading_order(qapp):
    layout = lay_tiles(TEXT, 157, 220)
    assert layout.first == 0
    assert len(layout.areas) == len(TEXT)
    assert layout.areas[0].top() == 0
    tops = [area.top() for area in layout.areas]
    assert tops == sorted(tops)


@pytest.mark.parametrize(("width", "height"), [(157, 220), (100, 90), (300, 60)])
def test_no_tile_leaves_its_room(qapp, width, height):
    for area in lay_tiles(TEXT, width, height).areas:
        assert area.right() <= width + 0.5
        assert area.bottom() <= height + 0.5


def test_where_not_all_fit_the_cursors_line_is_among_those_shown(qapp):
    long = TEXT * 30
    for cursor in (0, 700, len(long) - 1):
        layout = lay_tiles(long, 150, 100, cursor)
        assert len(layout.areas) < len(long)
        assert layout.area_of(cursor) is not None


def test_a_point_on_a_tile_is_its_token(qapp):
    layout = lay_tiles(TEXT, 157, 220)
    area = layout.area_of(17)
    assert layout.token_at(area.center().x(), area.center().y()) == 17
    assert layout.token_at(-5, -5) is None


def test_words_get_tiles_as_wide_as_they_are(qapp):
    layout = lay_tiles(("a", "considerable", "cat"), 120, 100)
    widths = [area.width() for area in layout.areas]
    assert widths[1] > widths[2] > widths[0]


def test_without_tokens_or_room_there_are_no_tiles(qapp):
    assert lay_tiles((), 100, 100).areas == ()
    assert lay_tiles(TEXT, 2, 2).areas == ()


def test_few_words_stand_larger_than_many():
    few, many = ("they", "can", "fish"), ("they", "can", "fish") * 40
    large, small = lay_tiles(few, 300, 200), lay_tiles(many, 300, 200)
    assert large.letters > small.letters
    assert len(large.areas) == 3
    assert all(area.right() <= 300 for area in (*large.areas, *small.areas))
