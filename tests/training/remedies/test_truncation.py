"""Truncation: offered where a state runs through a text, and honest about what it changes besides."""

from __future__ import annotations

from seqviz.training.builder import complete
from seqviz.training.remedies.truncation import Truncation


def test_it_is_offered_where_a_state_runs_through_windows_of_a_text(make_config):
    assert Truncation().offered(complete(make_config("gru"))).value == 16
    assert Truncation().offered(complete(make_config("rnn_variants"))).value == 16
    assert Truncation().offered(complete(make_config("transformer"))) is None


def test_a_slider_s_number_becomes_a_whole_one(make_config):
    assert Truncation().applied(complete(make_config("gru")), 7.6).training.context_length == 8


def test_it_says_what_the_comparison_cannot_keep(make_config):
    plain = Truncation().notes(complete(make_config("gru")), 8)
    assert "4 × 16 tokens here, 4 × 8 in the twin" in plain[0]
    carried = Truncation().notes(complete(make_config("gru", training__carry_state=True)), 8)
    assert any("carries no state" in note for note in carried)
    assert len(carried) == len(plain) + 1
