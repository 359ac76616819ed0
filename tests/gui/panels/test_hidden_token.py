from __future__ import annotations

from seqviz.gui.panels.hidden_token import HiddenTokenPanel
from seqviz.gui.panels.next_token import NextTokenPanel
from tests.gui.panels.sheet_frames import run_of


def test_a_run_that_fills_in_has_a_hidden_token_and_no_next_one():
    run = run_of(provides=("own_place.probabilities",))
    assert HiddenTokenPanel.reason_unserved(run) is None
    assert NextTokenPanel.reason_unserved(run) == "LSTM has no next token"


def test_a_run_that_foretells_has_a_next_token_and_no_hidden_one():
    run = run_of(provides=("next_token.probabilities",))
    assert HiddenTokenPanel.reason_unserved(run) == "LSTM has no hidden token"
    assert NextTokenPanel.reason_unserved(run) is None
