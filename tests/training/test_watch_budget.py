from __future__ import annotations

import pytest

from seqviz.training.watch_budget import WatchBudget


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def simulate(cost: float, share: float, light: bool = False, claimants: int = 1) -> float:
    """Share of 60 simulated seconds that went into looking; a step takes 10 ms."""
    clock = Clock()
    budget = WatchBudget(share, clock)
    while clock.now < 60:
        clock.now += 0.01
        if budget.due("x"):
            clock.now += cost
            budget.spent("x", cost, light, claimants)
    return budget.looking_share()


@pytest.mark.parametrize("cost", [0.006, 0.02, 0.2])
def test_dear_looks_stay_within_their_share_of_the_time(cost):
    assert 0.03 < simulate(cost, 0.05) <= 0.0505


def test_claimants_share_the_budget():
    assert simulate(0.02, 0.06, claimants=3) <= 0.0205


@pytest.mark.parametrize("light", [True, False])
def test_cheap_frames_come_ten_times_a_second_and_no_oftener(light):
    assert simulate(0.001, 0.05, light=light) == pytest.approx(0.01, rel=0.15)


def test_a_piece_that_shows_nothing_yet_is_followed_by_the_next_one_sooner():
    clock = Clock()
    budget = WatchBudget(0.5, clock)
    budget.spent("x", 0.001, shown=False)
    clock.now += 0.002
    assert budget.due("x")


def test_what_is_renewed_is_due_at_once():
    budget = WatchBudget(0.05, Clock())
    budget.spent("x", 1.0)
    assert not budget.due("x")
    budget.renew_all()
    assert budget.due("x")
