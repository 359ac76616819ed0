from __future__ import annotations

import math

import pytest
from fake_race import lane

from seqviz.core import events as ev
from seqviz.gui.race.standings import csv_of, leader, number_text, ranked, standings, unit_of


def four():
    return [
        lane(0, "counts", {3: math.inf}, counts=True, model="ngram"),
        lane(1, "scores", {3: math.nan}, counts=True, model="ngram"),
        lane(2, "RNN", {10: 2.0}, model="rnn"),
        lane(3, "LSTM", {10: 1.5}),
    ]


def test_the_lowest_loss_comes_first_infinity_last_and_scores_have_no_rank():
    assert ranked(four()) == {3: 1, 2: 2, 0: 3}


def test_who_diverged_has_no_rank():
    racers = four()
    racers[3].apply(ev.RunDiverged(11, "h", "not a number"))
    assert 3 not in ranked(racers)
    assert leader(racers) is racers[2]


def test_the_leader_of_those_that_learn_is_never_a_counter():
    counted = lane(0, "5-gram", {3: 0.1}, counts=True, model="ngram")
    learner = lane(1, "LSTM", {3: 2.0})
    assert leader([counted, learner]) is counted
    assert leader([counted, learner], learning=True) is learner


def test_numbers_that_are_none_are_said_in_words():
    unit = unit_of(four()[0].run.unit)
    assert [number_text(unit, value) for value in (None, math.inf, math.nan)] == ["–", "∞", "no bits"]


def test_a_standing_has_bits_and_perplexity_of_the_same_loss():
    row = standings(four())[3]
    assert row.value == pytest.approx(1.5 / math.log(2))
    assert row.perplexity == pytest.approx(math.exp(1.5))


def test_the_csv_has_a_row_for_every_racer_and_leaves_what_is_unknown_empty():
    lines = csv_of(standings(four()), unit_of(four()[0].run.unit)).splitlines()
    assert lines[0].startswith("rank,racer,parameters,bits_per_character,perplexity")
    assert len(lines) == 5
    assert lines[1].startswith("3,counts,1000,inf,inf")
    assert lines[2].startswith(",scores,2000,,")


def test_entries_counted_are_known_once_all_is_read():
    racer = lane(0, "5-gram", {3: 0.1}, counts=True, model="ngram")
    racer.apply(ev.RunFinished(3, "the corpus is read", {"parameters": 77}))
    assert standings([racer])[0].parameters == 77
