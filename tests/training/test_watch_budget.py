from __future__ import annotations

import pytest

from seqviz.training.watch_budget import LIGHT_SHARE, WatchBudget


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def simulate(*costs: float, share: float = 0.05, light: bool = False, each_step: float = 0.0) -> dict[str, float]:
    """Share of 60 simulated seconds that each of several views took; a step takes 10 ms, an onlooker `each_step`."""
    clock, took = Clock(), dict.fromkeys(map(str, range(len(costs))), 0.0)
    budget = WatchBudget(share, clock)
    while clock.now < 60:
        clock.now += 0.01 + each_step
        if each_step:
            budget.charged("onlooker", each_step)
        for name, cost in zip(took, costs, strict=True):
            if budget.due(name, light):
                clock.now += cost
                took[name] += cost / 60
                budget.spent(name, cost, light)
                break
    return took


@pytest.mark.parametrize("cost", [0.006, 0.02, 0.2])
def test_dear_looks_stay_within_their_share_of_the_time(cost):
    assert 0.03 < simulate(cost)["0"] <= 0.0505


@pytest.mark.parametrize("costs", [(0.02, 0.02, 0.02), (0.2, 0.01, 0.05, 0.003), (0.1,) * 6])
def test_dear_looks_of_several_kinds_stay_within_that_share_together(costs):
    took = simulate(*costs)
    assert 0.025 < sum(took.values()) <= 0.0505
    assert min(took.values()) > 0


def test_equally_dear_looks_take_equal_parts():
    took = simulate(0.02, 0.02, 0.02)
    assert max(took.values()) < 1.3 * min(took.values())


def test_an_onlooker_that_cannot_wait_takes_from_the_same_purse():
    assert simulate(0.02, each_step=0.0003)["0"] < 0.03
    assert simulate(0.02, each_step=0.0)["0"] > 0.04


def test_whatever_cannot_wait_takes_the_others_are_shown_now_and_then():
    assert 60 * simulate(0.02, each_step=0.005)["0"] >= 5 * 0.02 - 1e-9


def test_what_it_costs_is_told_with_the_dearest_names_and_what_is_allowed():
    clock = Clock()
    budget = WatchBudget(0.05, clock)
    budget.spent("light frame", 0.004, light=True)
    budget.spent("map", 0.030)
    budget.charged("onlooker", 0.001)
    clock.now = 1.0
    costs = budget.costs()
    assert costs.share == pytest.approx(0.035)
    assert costs.allowed == pytest.approx(LIGHT_SHARE + 0.05)
    assert costs.dearest == (("map", pytest.approx(30.0)), ("light frame", pytest.approx(4.0)), ("onlooker", 1.0))


def test_what_looking_cost_long_ago_is_forgotten():
    clock = Clock()
    budget = WatchBudget(0.05, clock)
    budget.spent("map", 0.5)
    for second in range(1, 61):
        clock.now = float(second)
        share = budget.looking_share()
    assert share < 1e-4


def test_a_single_moment_does_not_make_the_told_share_jump():
    clock = Clock()
    budget = WatchBudget(0.05, clock)
    for beat in range(1, 100):
        clock.now = 0.4 * beat
        budget.looking_share()
    budget.spent("map", 0.2)  # of this beat one half
    clock.now += 0.4
    assert 0.01 < budget.looking_share() < 0.06


@pytest.mark.parametrize("light", [True, False])
def test_cheap_frames_come_ten_times_a_second_and_no_oftener(light):
    assert simulate(0.001, light=light)["0"] == pytest.approx(0.01, rel=0.15)


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
