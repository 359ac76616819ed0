from __future__ import annotations

import pytest

from seqviz.gui.looking_words import cost_words, looking_words


def test_the_cost_stands_beside_what_it_may_be():
    assert cost_words(0.043, 0.15) == "4 % of 15 %"


def test_without_a_known_budget_the_cost_stands_alone():
    assert cost_words(0.013, 0.0) == "1 %"
    assert "may take" not in looking_words(0.013, 0.0, ())


@pytest.mark.parametrize(("milliseconds", "words"), [(57.2, "57 ms"), (3.14, "3.1 ms"), (0.021, "0.021 ms")])
def test_the_dearest_views_are_named_with_their_milliseconds(milliseconds, words):
    told = looking_words(0.04, 0.15, (("weight_gradients", milliseconds),))
    assert told.splitlines()[-1] == f"Dearest now, each time: weight gradients {words}."
    assert "15 %" in told
