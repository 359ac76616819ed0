from __future__ import annotations

import math

from fake_race import lane

from seqviz.gui.race.clocks import clock_named
from seqviz.gui.race.reading import Lead, beaten_at, decay_reading, leads, race_reading

STEPS, SECONDS = clock_named("steps"), clock_named("seconds")
WIDE = 2000.0


def quick_and_deep():
    """The RNN is twice as fast and behind from step 20 on."""
    quick = lane(0, "RNN", {10: 2.0, 20: 1.8, 40: 1.7}, speed=0.5, model="rnn")
    deep = lane(1, "LSTM", {10: 2.5, 20: 1.7, 40: 1.5}, speed=1.0)
    return [quick, deep]


def test_the_lead_changes_where_the_curves_cross():
    assert leads(quick_and_deep(), STEPS) == [Lead(10.0, 0), Lead(20.0, 1)]


def test_by_seconds_leads_are_compared_as_far_as_all_have_come():
    found = leads(quick_and_deep(), SECONDS)
    assert found[0].number == 0
    assert all(lead.x <= 20.0 for lead in found)


def test_the_reading_names_the_leader_since_when_and_the_other_clock():
    words = race_reading(quick_and_deep(), STEPS, WIDE)
    assert words.startswith("**LSTM leads** since step 20")
    assert "per second" in words


def test_a_leader_by_this_clock_may_not_be_the_lowest():
    quick = lane(0, "RNN", {10: 1.6, 20: 1.5}, speed=0.1, model="rnn")
    deep = lane(1, "LSTM", {1: 2.6, 2: 2.5, 20: 1.4}, speed=1.0)
    words = race_reading([quick, deep], SECONDS, WIDE)
    assert words.startswith("**RNN leads**")
    assert "**LSTM** has 2.02" in words


def test_the_line_to_beat_is_named_until_it_is_beaten():
    counted = lane(2, "5-gram", {4: 1.6}, counts=True, model="ngram")
    assert "it beats the 5-gram" in race_reading([*quick_and_deep(), counted], STEPS, WIDE)
    counted = lane(2, "5-gram", {4: 0.3}, counts=True, model="ngram")
    assert "nobody beats the 5-gram" in race_reading([*quick_and_deep(), counted], STEPS, WIDE)


def test_infinity_is_no_line_to_beat():
    counted = lane(2, "counts", {4: math.inf}, counts=True, model="ngram")
    assert "counts" not in race_reading([*quick_and_deep(), counted], STEPS, WIDE)


def test_a_narrow_head_says_less():
    narrow = race_reading(quick_and_deep(), STEPS, 190.0)
    assert narrow == "**LSTM leads** since step 20"


def test_a_racer_beats_a_line_where_it_first_comes_below():
    assert beaten_at(quick_and_deep()[1], 1.8, STEPS) == 20.0
    assert beaten_at(quick_and_deep()[1], 1.0, STEPS) is None


def test_before_anything_was_measured_there_is_nothing_to_say():
    assert race_reading([lane(0, "RNN", {}), lane(1, "LSTM", {})], STEPS, WIDE) == ""
    assert decay_reading([lane(0, "RNN", {})], WIDE) == ""


def test_only_lines_are_lines_to_beat():
    counted = lane(0, "5-gram", {4: math.log(2)}, counts=True, model="ngram")
    assert race_reading([counted, lane(1, "LSTM", {})], STEPS, WIDE) == "the line to beat: **5-gram, 1.00**"


def lanes_of_tails(*half_lives):
    racers = [lane(n, f"net {n}", {}) for n in range(len(half_lives))]
    for racer, half_life in zip(racers, half_lives, strict=True):
        racer.tail = lambda half_life=half_life: (half_life, 1.0, 5.0)
    return racers


def test_tails_shorter_than_a_token_are_told_in_words():
    assert decay_reading(lanes_of_tails(0.2, 0.3), WIDE).endswith("halves **within a character** in all")
    assert decay_reading(lanes_of_tails(0.2), WIDE).endswith("**within a character** (net 0)")
    assert "**0.2** (net 0) to **4.0 characters** (net 1)" in decay_reading(lanes_of_tails(0.2, 4.0), WIDE)


def test_the_tail_of_a_racer_that_is_out_is_not_told():
    racers = lanes_of_tails(3.0, 9.0)
    racers[1].state = "diverged"
    assert "9.0" not in decay_reading(racers, WIDE)
