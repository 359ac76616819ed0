from __future__ import annotations

import pytest

from seqviz.gui.race.columns import duration
from seqviz.gui.race.surprise_bar import SurpriseBar


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.0063, "6.3 ms"), (0.052, "52 ms"), (0.42, "0.42 s"), (2.38, "2.4 s"), (41.0, "41 s"), (210.0, "3.5 min")],
)
def test_a_duration_is_told_in_a_unit_of_its_size(seconds, words):
    assert duration(seconds) == words


def test_the_bar_of_surprise_names_its_range(qtbot):
    bar = SurpriseBar()
    qtbot.addWidget(bar)
    bar.show_range(7.0)
    assert bar.words == "surprise 0 to 7 bits"
