"""The mailbox keeps what must be kept, counts what it drops, and coalesces the rest."""

from __future__ import annotations

import threading

from seqviz.core.channel import Mailbox
from seqviz.core.events import Frame, Notice, Progress, Pulse


def frame(step: int) -> Frame:
    return Frame(step, "run", {}, {}, {}, {})


def test_kept_events_all_arrive_in_order():
    box = Mailbox()
    for number in range(1000):
        box.post(Notice("info", str(number)))
    assert [e.text for e in box.drain()] == [str(n) for n in range(1000)]
    assert box.drain() == []


def test_frames_beyond_the_bound_drop_the_oldest_and_are_counted():
    box = Mailbox(bound=3)
    for number in range(10):
        box.post(frame(number))
    assert [e.step for e in box.drain()] == [7, 8, 9]
    assert box.dropped == 7


def test_only_the_latest_of_a_kind_survives_and_progress_is_kept_by_what_it_is_about():
    box = Mailbox()
    for number in range(5):
        box.post(Pulse(number, 0, 0))
        box.post(Progress("a", number / 10))
    box.post(Progress("b", 0.5))
    events = box.drain()
    assert [e.steps_per_second for e in events if isinstance(e, Pulse)] == [4]
    assert {e.what: e.share for e in events if isinstance(e, Progress)} == {"a": 0.4, "b": 0.5}


def test_posting_from_many_threads_loses_nothing():
    box = Mailbox()
    threads = [threading.Thread(target=lambda: [box.post(Notice("info", "")) for _ in range(500)]) for _ in range(8)]
    seen = 0
    for thread in threads:
        thread.start()
    while any(t.is_alive() for t in threads):
        seen += len(box.drain())
    assert seen + len(box.drain()) == 4000
