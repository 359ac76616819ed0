from __future__ import annotations

import threading
import time

from seqviz.gui.watchdog import Watchdog


def sleep_in_the_window_thread() -> None:
    time.sleep(0.3)


def test_a_stall_is_recorded_with_the_stack_that_caused_it(qapp, qtbot):
    dog = Watchdog()
    try:
        qtbot.wait(60)
        sleep_in_the_window_thread()
        qtbot.waitUntil(lambda: bool(dog.stalls), timeout=3000)
        seconds, stack = dog.stalls[0]
        assert seconds >= 0.2
        assert any("sleep_in_the_window_thread" in stack for _, stack in dog.stalls)
    finally:
        dog.stop()


def test_the_thread_ends_with_the_watchdog(qapp):
    dog = Watchdog()
    dog.stop()
    assert "watchdog" not in [thread.name for thread in threading.enumerate()]
