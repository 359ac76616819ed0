from __future__ import annotations

import pytest

from seqviz.gui.lab.sub_steps import SubStep, SubSteps


def test_a_step_goes_forward_over_the_text_then_back_then_clips_and_updates():
    steps = SubSteps(3)
    found = [steps.of(index) for index in range(steps.count)]
    assert found == [
        *(SubStep("forward", t) for t in (0, 1, 2)),
        SubStep("loss"),
        *(SubStep("backward", t) for t in (2, 1, 0)),
        SubStep("clip"),
        SubStep("update"),
    ]
    for kind in ("forward", "loss", "backward", "clip", "update"):
        assert all(steps.of(index).kind == kind for index in steps.span(kind))


def test_it_begins_at_the_end_and_never_leaves_the_step():
    steps = SubSteps(3)
    assert steps.at_end
    assert not steps.go(100)
    assert steps.go(-5)
    assert steps.at == 0


@pytest.mark.parametrize(
    ("at", "cursor", "found"),
    [(0, 2, SubStep("forward", 2)), (2, 1, SubStep("backward", 1)), (5, 0, SubStep("backward", 0)),
     (6, 2, SubStep("update")), (2, 2, SubStep("backward", 2))],
)  # fmt: skip
def test_running_to_the_cursor_stops_at_its_next_turn(at, cursor, found):
    steps = SubSteps(3)
    steps.go(at)
    steps.go(steps.next_at(cursor))
    assert steps.now == found


@pytest.mark.parametrize(
    ("at", "read", "came_back"), [(0, 1, 3), (2, 3, 3), (3, 3, 3), (4, 3, 2), (6, 3, 0), (8, 3, 0)]
)
def test_what_is_done_grows_with_the_sub_steps(at, read, came_back):
    steps = SubSteps(3)
    steps.go(at)
    assert (steps.read, steps.came_back) == (read, came_back)
    assert steps.done("loss") == (at >= 3)
    assert steps.done("clip") == (at >= 7)


def test_an_empty_text_has_the_three_sub_steps_of_the_whole():
    assert [SubSteps(0).of(index).kind for index in range(3)] == ["loss", "clip", "update"]
