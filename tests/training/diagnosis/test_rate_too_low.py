from __future__ import annotations

import numpy as np

from seqviz.training.diagnosis.rate_too_low import RateTooLow
from tests.training.diagnosis.cases import made, silent
from tests.training.diagnosis.patients import faulty

SLOW = {"ratios": np.full(60, 5e-6)}
STRAIGHT = {"losses": np.linspace(2.0, 1.5, 300)}


def test_tiny_updates_and_a_straight_fall_are_the_rate():
    found = RateTooLow().judge(made(record=SLOW | STRAIGHT))
    assert found is not None
    assert "straight line" in found.sentence
    assert found.suggestions[0].value == 0.2


def test_tiny_updates_and_a_loss_that_has_not_moved_are_too():
    found = RateTooLow().judge(made(record=SLOW | {"losses": np.full(300, 2.9)}))
    assert found is not None
    assert "hardly moved" in found.sentence


def test_a_straight_fall_with_updates_of_the_usual_size_is_not():
    assert RateTooLow().judge(made(record=STRAIGHT)) is None


def test_a_schedule_may_end_with_tiny_updates():
    low = {"rates": np.geomspace(1e-3, 1e-6, 300)}
    assert RateTooLow().judge(made(record=SLOW | STRAIGHT | low)) is None


def test_tiny_updates_of_a_net_that_has_learned_are_the_end_of_training():
    flat = {"losses": 0.9 + 0.001 * np.sin(np.arange(300.0))}
    assert RateTooLow().judge(made(record=SLOW | flat)) is None


def test_it_says_what_it_lacks():
    silent(RateTooLow(), made(record={"losses": np.ones(50), "steps": np.arange(1.0, 51.0)}), "80 steps")
    silent(
        RateTooLow(), made(record={"ratios": np.empty(0), "ratio_steps": np.empty(0)}), "no update of late was measured"
    )


def test_a_thousandth_of_the_rate_is_found_and_a_higher_one_offered():
    found = faulty("a thousandth of the learning rate").finding("rate_too_low")
    assert found is not None
    assert found.suggestions[0].value > 1e-5


def test_a_loss_that_fell_to_next_to_nothing_in_these_steps_is_no_sign_though_its_rest_falls_straight():
    losses = np.concatenate([np.geomspace(2.0, 1e-5, 100), np.linspace(1e-5, 5e-6, 200)])
    assert RateTooLow().judge(made(record=SLOW | {"losses": losses})) is None
