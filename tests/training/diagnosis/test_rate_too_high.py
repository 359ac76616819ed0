from __future__ import annotations

import numpy as np

from seqviz.training.diagnosis.rate_too_high import RateTooHigh
from tests.training.diagnosis.cases import made, silent
from tests.training.diagnosis.patients import faulty

FAST = {"ratios": np.full(60, 0.05)}
LATE = {"ratio_steps": np.arange(101.0, 401.0, 5.0)}
RISING = {"losses": np.concatenate([np.full(200, 1.0), np.linspace(1.0, 2.0, 100)])}


def test_large_updates_and_a_loss_that_rises_again_are_the_rate():
    found = RateTooHigh().judge(made(record=FAST | RISING))
    assert found is not None
    assert "rises again" in found.sentence
    assert found.suggestions[0].value < 1e-3 / 9


def test_large_updates_alone_and_a_rising_loss_alone_are_not():
    assert RateTooHigh().judge(made(record=FAST)) is None
    assert RateTooHigh().judge(made(record=RISING)) is None


def test_a_loss_that_stands_above_the_common_line_is_one_that_does_not_come_down():
    found = RateTooHigh().judge(made(record=FAST | {"losses": np.full(300, 2.8)}))
    assert found is not None
    assert "does not come down" in found.sentence


def test_standing_at_the_common_line_is_no_sign_because_healthy_nets_pause_there():
    assert RateTooHigh().judge(made(record=FAST | {"losses": np.full(300, 2.5)})) is None
    assert RateTooHigh().judge(made(record=FAST | {"losses": np.full(300, 2.5)}, distance=30)) is None


def test_standing_at_the_common_line_is_one_where_updates_threw_the_loss_far_above_its_beginning():
    losses = np.concatenate([[3.0], np.full(9, 6.0), np.full(290, 2.5)])
    found = RateTooHigh().judge(made(record=FAST | {"losses": losses}))
    assert found is not None
    assert "does not come down" in found.sentence
    assert found.evidence[-1][0] == "the highest loss so far; before the first update it was"


def test_a_goal_that_only_who_looks_around_can_reach_is_no_common_line():
    lines = {"uniform": 3.0, "unigram": 2.5, "neighbours": 0.7, "bayes filter": 0.5}
    assert RateTooHigh().judge(made(record=FAST | {"losses": np.full(300, 2.4)}, baselines=lines)) is None


def test_a_loss_far_above_that_before_the_first_update_is_the_rate_though_it_falls():
    found = RateTooHigh().judge(made(record=FAST | {"losses": np.concatenate([[3.0], np.geomspace(30.0, 7.5, 299)])}))
    assert found is not None
    assert found.confidence > 0.9
    assert any(words == "loss; before the first update it was" for words, _ in found.evidence)
    assert "the loss is 2.6 times what it was before the first" in found.sentence


def test_what_was_recorded_from_its_middle_on_is_not_compared_with_its_beginning():
    losses = np.concatenate([[1.0], np.linspace(2.4, 2.0, 299)])
    assert RateTooHigh().judge(made(record=FAST | {"losses": losses, "steps": np.arange(101.0, 401.0)} | LATE)) is None


def test_it_says_what_it_lacks():
    silent(RateTooHigh(), made(record={"losses": np.ones(50), "steps": np.arange(1.0, 51.0)}), "80 steps")
    silent(
        RateTooHigh(),
        made(record={"ratios": np.empty(0), "ratio_steps": np.empty(0)}),
        "no update of late was measured",
    )
    silent(RateTooHigh(), made(record={"rate_changed": 260.0}), "80 steps at this rate")


def test_a_hundred_times_the_rate_is_told_by_its_own_ratio():
    patient = faulty("a hundred times the learning rate")
    found = patient.finding("rate_too_high")
    assert found is not None
    assert found.evidence[0][1].startswith(f"{patient.case.record.ratio():.2g}")
    assert found.suggestions[0].value < 0.3


def test_weights_that_were_blown_up_hide_no_rate_that_ruined_the_run():
    ratios = np.concatenate([[0.2], np.full(59, 1e-4)])
    ruined = {"losses": np.concatenate([[3.0], np.full(299, 200.0)]), "ratios": ratios}
    found = RateTooHigh().judge(made(record=ruined))
    assert found is not None
    assert found.sentence == (
        "Single steps changed the weights by 20 % of their size, and the loss is 67 times what it was before the first."
    )
    assert RateTooHigh().judge(made(record=ruined | {"losses": np.full(300, 3.0)})) is None


def test_few_measured_updates_of_the_last_half_are_enough():
    few = {"ratio_steps": np.array([5.0, 160.0]), "ratios": np.array([0.05, 0.06])}
    assert made(record=few).record.ratio() == 0.06
    silent(
        RateTooHigh(), made(record={"ratio_steps": np.array([5.0]), "ratios": np.array([0.05])}), "no update of late"
    )
