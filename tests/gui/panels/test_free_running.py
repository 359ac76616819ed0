from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from seqviz.gui import theme
from seqviz.gui.panels.base import Cursor
from seqviz.gui.panels.free_running import FreeRunningPanel
from tests.gui.panels.sheet_frames import TEXT, N, colour_at, hover, lay_out, picture, run_of, snapshot_of

LETTERS = tuple(sorted(set(TEXT)))
IDS = np.array([LETTERS.index(c) for c in TEXT])
START = N // 4


def arrays(own_output: bool = False, words: bool = True) -> dict[str, np.ndarray]:
    """Told the truth it is right everywhere at 1 bit; alone it writes the first letter always, at 3 bits."""
    bits = np.full(N, 1.0, dtype=np.float32)
    bits[0] = np.nan
    guess = IDS.copy()
    guess[0] = -1
    found = {"passes.truth.surprisal": bits, "passes.truth.guess": guess}
    for name, start, wanted in (("own_output", 1, own_output), ("own_words", START, words)):
        alone, wrote = bits.copy(), guess.copy()
        alone[start:], wrote[start:] = 3.0, 0
        if wanted:
            found |= {f"passes.{name}.surprisal": alone, f"passes.{name}.guess": wrote}
    return found


def snapshot(cursor: Cursor | None = None, **which: bool):
    made = arrays(**which)
    return snapshot_of(made, cursor, replace(run_of("recurrent", tuple(made)), vocabulary=LETTERS))


@pytest.fixture
def panel(qtbot) -> FreeRunningPanel:
    made = FreeRunningPanel()
    qtbot.addWidget(made)
    lay_out(made, height=180)
    return made


def test_the_reading_compares_both_over_what_it_does_alone(panel):
    panel.present(snapshot())
    assert "1.00 bits, left to itself **3.00**" in panel.reading()
    assert panel.means() == (1.0, 3.0)


def test_words_part_where_they_are_not_the_text(panel):
    panel.present(snapshot())
    parted = panel.parted()
    assert not parted[:START].any()
    assert list(parted[START:]) == [c != LETTERS[0] for c in TEXT[START:]]


def test_outputs_part_where_the_guesses_differ(panel):
    panel.present(snapshot(own_output=True))
    assert panel.own == "passes.own_output"
    assert list(panel.parted()[1:]) == [c != LETTERS[0] for c in TEXT[1:]]


def test_the_menu_changes_between_the_two_ways_of_being_alone(panel):
    panel.present(snapshot(own_output=True))
    (key, options, current) = panel.menu_choices()[0]
    assert options == ("its own output", "its own words")
    assert current == "its own output"
    panel.choose(key, "its own words")
    assert panel.own == "passes.own_words"
    assert panel.menu_choices()[0][2] == "its own words"


def test_bars_hang_from_the_letters_as_long_as_their_bits(panel):
    panel.present(snapshot(Cursor(0)))
    above, _, below = panel._areas()
    image, sheet = picture(panel), theme.theme().sheet.name()
    x = 76 + (N - 1) * 24 + 5
    share = 3.0 / panel.highest
    assert colour_at(image, x, below.top() + share * below.height() - 2) != sheet
    assert colour_at(image, x, below.top() + share * below.height() + 3) == sheet
    assert colour_at(image, x, above.bottom() - 2) != sheet
    assert colour_at(image, x, above.bottom() - 2 / panel.highest * above.height()) == sheet


def test_the_card_says_what_being_alone_costs_under_the_cursor(panel):
    panel.present(snapshot())
    said = panel.explain(Cursor(N - 1))
    assert said.key_number == "+2.0"
    assert "3.0 bits" in said.quantities[2].value
    assert "given" in panel.explain(Cursor(0)).sentence


def test_the_cursor_follows_the_mouse(panel):
    panel.present(snapshot(Cursor(0)))
    heard = []
    panel.cursor_moved.connect(heard.append)
    hover(panel, 76 + 4 * 24 + 3, 20)
    assert heard[0].column == 4


def test_it_stands_by_itself_only_where_the_recurrence_reads_the_output():
    assert FreeRunningPanel.shown_at_first(run_of(provides=("passes.truth.*", "passes.own_output.*")))
    assert not FreeRunningPanel.shown_at_first(run_of(provides=("passes.truth.*", "passes.own_words.*")))
    assert FreeRunningPanel.reason_unserved(run_of(provides=("losses",))) is not None
    assert FreeRunningPanel.reason_unserved(run_of(provides=("passes.truth.*",))) is None


def test_half_a_frame_shows_the_ghost(panel):
    panel.present(snapshot(words=False))
    assert not panel.ready()
    assert panel.reading() == ""
    picture(panel)
