"""The probe strip, driven as a person would."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QLineEdit

from seqviz.gui import theme
from seqviz.gui.widgets.column_grid import ColumnGrid
from seqviz.gui.widgets.matrix_view import index_image
from seqviz.gui.widgets.strip_painting import runs, shown_token, smallest_cell
from seqviz.gui.widgets.text_strip import TextStrip

TEXT = "Once upon a time."


@pytest.fixture
def strip(qtbot):
    theme.set_theme("light")
    widget = TextStrip()
    qtbot.addWidget(widget)
    widget.resize(600, widget.sizeHint().height())
    widget.set_tokens(list(TEXT))
    widget.set_grid(ColumnGrid.fit(len(TEXT), 600, 76))
    widget.show()
    return widget


def point(strip, column):
    return QPoint(int(strip._grid.centre_of(column)), 30)


def ground(strip, column):
    """Colour of a cell, beside its letter."""
    image = strip.grab().toImage()
    return image.pixelColor(strip._grid.x_of(column) + 2, strip._strip_top() + 2)


def test_moving_the_mouse_names_each_column_once_and_leaving_says_minus_one(strip, qtbot):
    seen = []
    strip.column_hovered.connect(seen.append)
    for column in (3, 3, 4):
        qtbot.mouseMove(strip, point(strip, column))
        strip._hover(strip._grid.column_at(point(strip, column).x()))
    strip.leaveEvent(None)
    assert seen == [3, 4, -1]


def test_a_click_names_its_token_and_beside_the_columns_nothing(strip, qtbot):
    seen = []
    strip.column_clicked.connect(seen.append)
    qtbot.mouseClick(strip, Qt.MouseButton.LeftButton, pos=point(strip, 5))
    qtbot.mouseClick(strip, Qt.MouseButton.LeftButton, pos=QPoint(5, 30))
    assert seen == [5]


@pytest.mark.parametrize(
    ("key", "control", "start", "reached"),
    [
        (Qt.Key.Key_Right, False, 3, 4),
        (Qt.Key.Key_Left, False, 3, 2),
        (Qt.Key.Key_Left, False, 0, 0),
        (Qt.Key.Key_Right, False, 16, 16),
        (Qt.Key.Key_Home, False, 9, 0),
        (Qt.Key.Key_End, False, 9, 16),
        (Qt.Key.Key_Right, True, 1, 5),
        (Qt.Key.Key_Left, True, 7, 5),
        (Qt.Key.Key_Right, False, None, 0),
    ],
)
def test_arrow_keys_move_the_cursor_by_tokens_and_with_ctrl_by_words(strip, qtbot, key, control, start, reached):
    strip.set_cursor(start)
    modifier = Qt.KeyboardModifier.ControlModifier if control else Qt.KeyboardModifier.NoModifier
    with qtbot.waitSignal(strip.column_clicked, timeout=1000) as moved:
        qtbot.keyClick(strip, key, modifier)
    assert moved.args == [reached]


def test_double_click_edits_the_probe_in_place_and_enter_hands_it_out(strip, qtbot):
    qtbot.mouseDClick(strip, Qt.MouseButton.LeftButton, pos=point(strip, 5))
    field = strip.findChild(QLineEdit)
    assert field.text() == TEXT
    qtbot.keyClicks(field, "A new probe")
    with qtbot.waitSignal(strip.probe_edited, timeout=1000) as edited:
        qtbot.keyClick(field, Qt.Key.Key_Return)
    assert edited.args == ["A new probe"]
    assert not field.isVisible()


def test_escape_leaves_the_probe_alone(strip, qtbot):
    strip.edit()
    field = strip.findChild(QLineEdit)
    qtbot.keyClicks(field, "xyz")
    with qtbot.assertNotEmitted(strip.probe_edited):
        qtbot.keyClick(field, Qt.Key.Key_Escape)
    assert strip.probe_text() == TEXT


def test_an_emptied_or_unchanged_probe_is_not_handed_out(strip, qtbot):
    with qtbot.assertNotEmitted(strip.probe_edited):
        strip.edit()
        qtbot.keyClick(strip.findChild(QLineEdit), Qt.Key.Key_Return)
        strip.edit()
        field = strip._field
        field.clear()
        qtbot.keyClick(field, Qt.Key.Key_Return)


def test_a_newline_survives_the_edit(strip, qtbot):
    strip.set_tokens(list("a\nb"))
    strip.set_grid(ColumnGrid.fit(3, 600, 76))
    strip.edit()
    field = strip._field
    assert field.text() == "a↵b"
    qtbot.keyClick(field, Qt.Key.Key_End)
    qtbot.keyClicks(field, "c")
    with qtbot.waitSignal(strip.probe_edited, timeout=1000) as edited:
        qtbot.keyClick(field, Qt.Key.Key_Return)
    assert edited.args == ["a\nbc"]


def test_a_strip_that_may_not_be_edited_opens_no_field(strip, qtbot):
    strip.set_editable(False)
    qtbot.mouseDClick(strip, Qt.MouseButton.LeftButton, pos=point(strip, 5))
    assert strip.findChild(QLineEdit) is None


def test_cells_take_the_colour_of_their_surprisal_and_the_first_is_grey(strip):
    bits = np.linspace(0, 7, len(TEXT))
    bits[0] = np.nan
    strip.set_surprisal(bits, 7.0)
    assert ground(strip, 0) == theme.theme().track
    assert ground(strip, 16) == QColor(theme.colour_table("cividis")[253])
    expected = int(index_image(bits, 0, 7)[8])
    assert ground(strip, 8) == QColor(theme.colour_table("cividis")[expected])


def test_before_the_first_frame_cells_are_empty(strip):
    assert ground(strip, 4) == theme.theme().well


def test_new_tokens_forget_the_old_colours_and_a_wrong_number_of_values_is_refused(strip):
    strip.set_surprisal(np.full(len(TEXT), 7.0), 7.0)
    strip.set_tokens(list("Another probe."))
    strip.set_grid(ColumnGrid.fit(14, 600, 76))
    assert ground(strip, 4) == theme.theme().well
    with pytest.raises(ValueError, match="14 tokens"):
        strip.set_surprisal(np.zeros(3), 7.0)


def test_moving_the_cursor_redraws_no_letters(strip):
    strip.grab()
    before = strip._layers["static"][1].cacheKey()
    strip.set_cursor(4)
    strip.grab()
    assert strip._layers["static"][1].cacheKey() == before
    theme.set_theme("dark")
    strip.grab()
    assert strip._layers["static"][1].cacheKey() != before
    theme.set_theme("light")


def test_the_cursor_frame_and_chip_stand_on_the_cursor_column(strip):
    plain = strip.grab().toImage()
    strip.set_cursor(8)
    marked = strip.grab().toImage()
    changed = [
        x for x in range(marked.width()) if any(plain.pixel(x, y) != marked.pixel(x, y) for y in range(marked.height()))
    ]
    middle = strip._grid.centre_of(8)
    assert changed
    assert abs((min(changed) + max(changed)) / 2 - middle) <= 2


def test_white_space_and_controls_are_shown_as_symbols():
    assert [shown_token(t) for t in (" ", "\n", "\t", "\x00", "", "a b")] == [
        "·",
        "↵",
        "⇥",
        "\u2400",
        "∅",
        "a·b",
    ]


def test_words_need_columns_as_wide_as_the_longest_but_not_wider_than_72(qapp):
    assert smallest_cell(list("abc")) == 9
    assert 20 < smallest_cell(["the", "dog"]) < 50
    assert smallest_cell(["incomprehensibilities" * 3]) == 72


def test_letters_are_white_on_dark_cells_and_black_on_bright_ones(strip):
    strip.set_tokens(list("MMMM"))
    strip.set_grid(ColumnGrid.fit(4, 600, 76))
    strip.set_surprisal([0.0, 0.0, 7.0, 7.0], 7.0)
    image = strip.grab().toImage()

    def letter(column):
        left = strip._grid.x_of(column)
        cell = [image.pixelColor(x, y) for x in range(left, left + 64) for y in range(16, 44)]
        return {c.name() for c in cell}

    assert "#ffffff" in letter(1)
    assert "#000000" not in letter(1)
    assert "#000000" in letter(2)
    assert "#ffffff" not in letter(2)


def test_a_bar_stands_over_hidden_tokens_and_what_was_typed_is_edited(strip):
    def over(column):
        return strip.grab().toImage().pixelColor(int(strip._grid.centre_of(column)), strip._strip_top() - 2)

    bare = over(5)
    strip.set_tokens(list(TEXT), "Once {upon} a time.", hidden=(5, 6, 7, 8))
    assert over(5) == over(8) == theme.theme().ink
    assert over(4) == over(9) == bare
    assert strip.probe_text() == "Once {upon} a time."


def test_neighbouring_hidden_tokens_share_one_bar():
    assert runs((1, 2, 3, 7)) == [(1, 4), (7, 8)]
    assert runs(()) == []
