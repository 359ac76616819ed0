"""Looking stays below its share of the time."""

from __future__ import annotations

import pytest

from seqviz.watching.pace import CREDIT, OFTEST, Pace


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def run(pace: Pace, clock: Clock, seconds: float, step: float, look: float) -> tuple[float, int]:
    """A loop of steps, each a little work; (seconds spent looking, looks)."""
    spent, looks, end = 0.0, 0, clock.now + seconds
    while clock.now < end:
        clock.now += step
        if pace.due():
            clock.now += look
            pace.spent(look)
            pace.looked(look)
            spent, looks = spent + look, looks + 1
    return spent, looks


@pytest.mark.parametrize("look", [0.001, 0.02, 0.3])
@pytest.mark.parametrize("step", [0.001, 0.05])
def test_the_share_is_kept_whatever_a_look_costs(look, step):
    clock = Clock()
    pace = Pace(0.02, clock)
    spent, looks = run(pace, clock, 120.0, step, look)
    assert looks > 3
    assert spent <= 0.02 * 120.0 * 1.05 + CREDIT + look
    assert looks <= 120.0 / OFTEST + 1


def test_time_in_which_the_loop_was_held_is_none_that_looking_may_have_a_share_of():
    clock = Clock()
    pace = Pace(0.02, clock)
    run(pace, clock, 10.0, 0.01, 0.1)
    clock.now += 1000.0
    pace.held(1000.0)
    spent, _ = run(pace, clock, 10.0, 0.01, 0.1)
    assert spent <= 0.02 * 10.0 + 0.1 + 0.2


def test_a_dear_beginning_is_forgotten():
    clock = Clock()
    pace = Pace(0.02, clock)
    pace.spent(1.0)
    run(pace, clock, 100.0, 0.01, 0.01)
    assert pace.looking_share() < 0.04


def test_looks_go_on_where_what_every_step_costs_takes_the_whole_share():
    clock = Clock()
    pace = Pace(0.02, clock)
    spent, looks, end = 0.0, 0, clock.now + 120.0
    while clock.now < end:
        clock.now += 0.02
        pace.spent(0.0006)  # 3 %, on a machine that is held up
        if pace.due():
            clock.now += 0.01
            pace.spent(0.01)
            pace.looked(0.01)
            spent, looks = spent + 0.01, looks + 1
    assert looks > 60
    assert spent <= 0.01 * 120.0 + CREDIT
