from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from canned import attending, net, states, who

from seqviz.core.events import Explained
from seqviz.gui.explain.asking import NOT_OURS, Asking, largest_change

RACERS = [who(0, "RNN"), who(1, "Tracker", "Kalman filter"), who(2, "Small", "Transformer")]
NO_TEXT = "Kalman filter foretells no next token of a text: there is nothing to explain"


def test_it_waits_until_all_have_answered():
    asking = Asking(39, RACERS[:2], 100)
    assert asking.waiting
    assert asking.take(0, net())
    assert asking.waiting
    assert asking.take(1, attending())
    assert not asking.waiting


def test_an_answer_to_another_question_is_not_taken():
    asking = Asking(20, RACERS, 0)
    assert not asking.take(0, net(39))
    assert not asking.take(7, net(20))
    assert all(lane.waiting for lane in asking.lanes)


def test_a_refusal_belongs_to_the_architecture_it_names():
    asking = Asking(39, RACERS, 0)
    assert asking.refuse(NO_TEXT)
    assert [lane.refusal for lane in asking.lanes] == ["", NO_TEXT, ""]


def test_a_refusal_without_a_name_belongs_to_the_next_in_turn():
    asking = Asking(39, RACERS, 0)
    asking.take(0, net())
    assert asking.refuse(NOT_OURS)
    assert asking.lanes[1].refusal == NOT_OURS


def test_refusals_of_other_commands_are_left_to_others():
    asking = Asking(39, RACERS, 0)
    assert not asking.refuse("the race is over; reset it to race again")
    assert asking.waiting


def test_nothing_is_refused_once_all_have_answered():
    asking = Asking(39, RACERS[:1], 0)
    asking.take(0, net())
    assert not asking.refuse(NO_TEXT)


def test_who_fell_out_is_not_waited_for():
    asking = Asking(39, [who(0, "RNN", ending="diverged at step 7: not a number in h")], 0)
    assert not asking.waiting
    assert "RNN fell out diverged at step 7" in asking.lanes[0].refusal
    assert not asking.take(0, net())


def test_the_largest_change_is_that_of_all_models_and_knows_no_nan():
    asking = Asking(39, RACERS, 0)
    assert largest_change(asking.lanes) == 0.0
    asking.take(0, net())
    asking.take(2, attending())
    assert largest_change(asking.lanes) == 8.0
    blank = Explained(0, 39, math.nan, (replace(states().evidence[0], weights=np.full(39, np.nan)),))
    asking.take(1, blank)
    assert largest_change(asking.lanes) == 8.0
