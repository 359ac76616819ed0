"""What the bench reads off a live window: steps by the clock, and beats that come late."""

from __future__ import annotations

import time

import pytest

from seqviz.cli.bench.harness.live_window import BEAT_MS, CountingMailbox, Heartbeat
from seqviz.core.events import RunPaused, StepMetrics


def test_speed_counts_whole_steps_between_two_moments():
    box = CountingMailbox()
    box.step_times = [0.0, 0.9, 1.1, 1.3, 1.5, 2.5]
    assert box.steps_per_second(1.0, 2.0) == pytest.approx(5.0)


def test_a_stretch_without_steps_is_an_error_and_not_a_speed_of_zero():
    box = CountingMailbox()
    with pytest.raises(RuntimeError, match="does not train"):
        box.steps_per_second(0.0, 1.0)


def test_the_mailbox_passes_everything_on():
    box = CountingMailbox()
    sent = [StepMetrics(1, 1, 0.1, 2.0, 1.0, 1.0, 1e-3), RunPaused(1)]
    for event in sent:
        box.post(event)
    assert box.drain() == sent
    assert len(box.step_times) == 1


def test_a_blocked_window_makes_a_beat_late_by_as_much(qtbot):
    heart = Heartbeat()
    heart.start()
    qtbot.wait(40)
    time.sleep(0.08)
    qtbot.waitUntil(lambda: max(heart.late_ms, default=0) > 50, timeout=2000)
    heart.stop()
    assert max(heart.late_ms) >= 80 - BEAT_MS - 2
    assert min(heart.late_ms) < 80 - BEAT_MS  # a beat in time is not late
