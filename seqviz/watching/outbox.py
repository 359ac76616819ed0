"""What goes out of the user's process: a mailbox that never waits, and the one thread that empties it."""

from __future__ import annotations

import threading
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from seqviz.core.channel import Mailbox
from seqviz.core.events import Event, StepMetrics

if TYPE_CHECKING:
    from seqviz.core.commands import Command

EVERY = 0.2  # seconds between two deliveries
STUCK = 60.0  # seconds of a delivery after which nobody is there any more
MOST_STEPS = 200_000  # that wait; older ones are let go


class Outbox(ABC):
    """`post` and `step` may be called from the user's loop: they only put things down."""

    def __init__(self) -> None:
        self.alive = True
        self.failed = ""  # why it ended by itself
        self.hear: Callable[[Command], None] = lambda command: None  # called in a thread of ours
        self.lost: Callable[[bool], None] = lambda greeted: None  # the other side is gone; whether it ever spoke
        self.told: Callable[[Path], None] = lambda folder: None  # where it is recorded
        self._busy, self._busy_taken = 0.0, 0.0  # seconds of this thread's computing
        self._mailbox = Mailbox(bound=3)
        self._steps: deque[StepMetrics] = deque(maxlen=MOST_STEPS)
        self._wake = threading.Event()
        self._emptied = threading.Condition()
        self._delivering_since = 0.0
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="seqviz-outbox", daemon=True)

    def start(self) -> None:
        if not self._thread.is_alive():
            self._thread.start()

    def step(self, metrics: StepMetrics) -> None:
        """One step's numbers."""
        self._steps.append(metrics)

    def post(self, event: Event) -> None:
        self._mailbox.post(event)

    def flush(self, timeout: float) -> None:
        """Wait at most so long until all that was posted before has gone out."""
        end = time.monotonic() + timeout
        self._wake.set()
        with self._emptied:
            while self.alive and not self._idle() and (left := end - time.monotonic()) > 0:
                self._emptied.wait(min(left, 0.02))

    def close(self, timeout: float = 0.5) -> None:
        """Let the last things go out, then end; never longer than `timeout`."""
        self.flush(timeout * 0.8)
        self._closing = True
        self._wake.set()
        if self._thread.is_alive() and threading.current_thread() is not self._thread:
            self._thread.join(timeout * 0.2)
        self.alive = False

    def take_busy(self) -> float:
        """Seconds that this thread has computed since it was asked last: it needs the lock of the user's loop too."""
        busy, self._busy_taken = self._busy - self._busy_taken, self._busy
        return busy

    def forget(self) -> None:
        """In a forked child: nothing of this is the child's."""
        self.alive = False

    @property
    def stuck(self) -> bool:
        """Whether the other side has taken nothing for very long."""
        return bool(self._delivering_since) and time.monotonic() - self._delivering_since > STUCK

    @abstractmethod
    def deliver(self, events: list[Event]) -> None:
        """Give these away, in this thread. OSError: nobody is there."""

    def open(self) -> None:
        """Called once in the thread, before anything is delivered."""

    def shut(self) -> None:
        """Called once in the thread, after everything."""

    def _idle(self) -> bool:
        return not self._steps and not self._delivering_since and not self._has_mail()

    def _has_mail(self) -> bool:
        return self._mailbox.waiting

    def _run(self) -> None:
        try:
            self.open()
            while not self._closing:
                self._wake.wait(EVERY)
                self._wake.clear()
                self._turn()
                self._busy = time.thread_time()
            self._turn()
            self.shut()
        except Exception as error:  # a full disk, a window that is gone: the script goes on
            self.failed = f"{type(error).__name__}: {error}"
        finally:
            self.alive = False

    def _turn(self) -> None:
        self._delivering_since = time.monotonic()
        events, steps = self._mailbox.drain(), []
        while self._steps:
            steps.append(_read(self._steps.popleft()))
        if events or steps:
            kept = [event for event in events if event.delivery == "keep"]
            self.deliver([*kept, *steps, *(event for event in events if event.delivery != "keep")])
        self._delivering_since = 0.0
        with self._emptied:
            self._emptied.notify_all()


def _read(metrics: StepMetrics) -> StepMetrics:
    """The loss as a number: one that is on an accelerator is waited for here, not in the user's loop."""
    return metrics if isinstance(metrics.loss, float) else replace(metrics, loss=float(metrics.loss))
