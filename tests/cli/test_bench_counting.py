"""The counting bench on a small text: what it says it counted is the training split. No speed is asserted."""

from __future__ import annotations

from seqviz.cli.bench.counting import counted


def test_it_counts_nine_tenths_of_the_text() -> None:
    counting, whole, tokens = counted(characters=20_000, order=3)
    assert 0 <= counting <= 60
    assert 0 <= whole <= 60
    assert 17_000 < tokens < 18_600
