from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from seqviz.core.events import Baseline, BaselinesCounted
from seqviz.gui import theme
from seqviz.gui.panels.base import Cursor
from seqviz.gui.panels.surprisal import SurprisalPanel
from tests.gui.panels.sheet_frames import N, colour_at, hover, lay_out, picture, snapshot_of


def bits() -> np.ndarray:
    values = np.full(N, 1.0, dtype=np.float32)
    values[0], values[4], values[9] = np.nan, 3.9, 3.0
    return values


@pytest.fixture
def panel(qtbot) -> SurprisalPanel:
    made = SurprisalPanel()
    qtbot.addWidget(made)
    lay_out(made, height=67)
    return made


def test_the_range_is_one_bit_over_blind_guessing_and_never_moves(panel):
    panel.present(snapshot_of({"surprisal": bits()}))
    assert panel.highest == 4.0  # 8 symbols: 3 bits, and one more
    panel.present(snapshot_of({"surprisal": bits() * 10}))
    assert panel.highest == 4.0


def test_a_bar_is_as_high_as_its_bits(panel):
    panel.present(snapshot_of({"surprisal": bits()}, Cursor(12)))
    heights = panel._heights(panel._area())
    assert heights[0] == 0
    assert heights[4] == pytest.approx(3.9 / 4 * panel._area().height(), abs=1)
    image = picture(panel)
    sheet = colour_at(image, 76 + 4 * 24 + 2, 2)
    assert colour_at(image, 76 + 4 * 24 + 4, panel._area().bottom() - 3) != sheet


def test_numbers_stand_over_peaks_only(panel):
    panel.present(snapshot_of({"surprisal": bits()}))
    assert panel._peaks() == [4, 9]


def test_the_unigram_baseline_is_shown_in_bits(panel):
    snapshot = snapshot_of({"surprisal": bits()})
    snapshot.history.apply(BaselinesCounted((Baseline("unigram", "by frequency", 2 * np.log(2)),)))
    panel.present(snapshot)
    assert panel.baseline_bits() == pytest.approx(2.0)
    y = panel._area().bottom() - 0.5 * panel._area().height()
    row = {colour_at(picture(panel), x, y) for x in range(300, 420)}
    assert len(row) > 1  # the dotted line


def test_the_card_gives_the_probability_behind_the_bits(panel):
    values = bits()
    values[5] = 2.0
    panel.present(snapshot_of({"surprisal": values}))
    said = panel.explain(Cursor(5))
    assert said.key_number == "2.0"
    assert said.quantities[1].value == "0.25"


def test_the_first_token_is_said_to_be_given(panel):
    panel.present(snapshot_of({"surprisal": bits()}))
    assert "given, not predicted" in panel.explain(Cursor(0)).sentence


def test_it_has_no_header_and_a_fixed_height(panel):
    assert not SurprisalPanel.has_header
    assert SurprisalPanel.fixed_height == 67


def test_hovering_a_bar_moves_the_token_cursor(panel, qtbot):
    panel.present(snapshot_of({"surprisal": bits()}))
    with qtbot.waitSignal(panel.cursor_moved) as caught:
        hover(panel, 76 + 7 * 24 + 3, 30)
    assert caught.args == [Cursor(7, None, None)]


def test_the_dark_theme_repaints_the_bars(panel):
    panel.present(snapshot_of({"surprisal": bits()}))
    light = colour_at(picture(panel), 76 + 4, 60)
    theme.set_theme("dark")
    try:
        assert panel._bars(panel._area()) is not None
        panel.present(replace(panel.snapshot, cursor=Cursor(2)))
        dark = colour_at(picture(panel), 76 + 24 + 4, panel._area().bottom() - 3)
    finally:
        theme.set_theme("light")
    assert light != dark


def test_infinite_surprisal_and_none_at_all_are_said_in_words(qtbot):
    bits = np.full(N, 2.0, dtype=np.float32)
    bits[0], bits[4] = np.nan, np.inf
    panel = SurprisalPanel()
    qtbot.addWidget(panel)
    lay_out(panel)
    panel.show()
    panel.present(snapshot_of({"surprisal": bits}, Cursor(4)))
    assert panel.reading().startswith("**infinite**: 1 character of the probe")
    assert panel.explain(Cursor(4)).key_number == "∞"
    assert not panel.grab().isNull()
    panel.present(snapshot_of({"surprisal": np.full(N, np.nan, dtype=np.float32)}))
    assert panel.reading() == "**no bits** of this probe"
    assert not panel.grab().isNull()


def test_only_hidden_tokens_have_a_bar_and_the_card_says_that_others_are_shown(panel):
    values = np.full(N, np.nan, dtype=np.float32)
    values[4] = 2.0
    snapshot = snapshot_of({"surprisal": values})
    ruler = replace(snapshot.frame.rulers["t"], hidden=(4,))
    panel.present(replace(snapshot, frame=replace(snapshot.frame, rulers={"t": ruler})))
    assert np.flatnonzero(panel._heights(panel._area())).tolist() == [4]
    assert "It is shown, not asked for." in panel.explain(Cursor(5)).sentence
    assert "shown" in panel.explain(Cursor(4)).formula
