from __future__ import annotations

import pytest
from PySide6.QtCore import Qt

from seqviz.gui.command_palette import fuzzy_score, matching
from seqviz.gui.panels.base import panels


def entries(*texts: str):
    return [(text, "", lambda: None) for text in texts]


def test_letters_must_occur_in_order():
    assert fuzzy_score("mapg", "Gradient map") is None
    assert fuzzy_score("gdm", "Gradient map") is not None


@pytest.mark.parametrize(
    ("query", "first"), [("map", "Open panel: Gradient map"), ("op", "Open panel: Gradient map"), ("one", "One step")]
)
def test_runs_of_letters_and_starts_of_words_come_first(query, first):
    found = matching(query, entries("Compare my apples", "One step", "Open panel: Gradient map"))
    assert found[0][0] == first


def test_an_empty_query_lists_everything_in_order():
    assert [e[0] for e in matching("  ", entries("b", "a"))] == ["b", "a"]


@pytest.fixture
def palette(opened, qtbot):
    opened.learn(2)
    qtbot.keyClick(opened.window, Qt.Key.Key_P, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    assert opened.window.palette_list.isVisible()
    return opened.window.palette_list


def test_it_lists_every_enabled_command_every_panel_and_every_preset(opened, palette):
    texts = palette.texts()
    assert "Save the experiment as a preset" in texts
    assert "Experiment: LSTM on stories" in texts
    for _, kind in panels.items():
        assert any(text.endswith(f"panel: {kind.title}") for text in texts)


def test_typed_letters_and_enter_run_a_command(opened, palette, qtbot):
    qtbot.keyClicks(palette.field, "close panel gates")
    qtbot.keyClick(palette.field, Qt.Key.Key_Return)
    assert not palette.isVisible()
    assert "gates" not in opened.window.board.names_open()


def test_escape_leaves_without_doing_anything(opened, palette, qtbot):
    before = opened.window.board.layout
    qtbot.keyClick(palette.field, Qt.Key.Key_Escape)
    assert not palette.isVisible()
    assert opened.window.board.layout == before


def test_arrow_keys_choose_another_line(palette, qtbot):
    qtbot.keyClick(palette.field, Qt.Key.Key_Down)
    assert palette.list.currentRow() == 1
