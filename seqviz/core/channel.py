"""The mailbox between the trainer and the window: posting never waits, and never floods.

Each event class states its delivery: "keep" (all are kept), "count" (bounded; the oldest fall out and are
counted) or "latest" (only the newest of its class and key survives).
"""

from __future__ import annotations

import threading
from collections import deque
from typing import Any

from seqviz.core.events import Event


class Mailbox:
    """Many posters, one reader. All methods may be called from any thread."""

    def __init__(self, bound: int = 8) -> None:
        self._lock = threading.Lock()
        self._kept: list[Event] = []
        self._counted: deque[Event] = deque(maxlen=bound)
        self._latest: dict[Any, Event] = {}
        self.dropped = 0

    def post(self, event: Event) -> None:
        with self._lock:
            if event.delivery == "keep":
                self._kept.append(event)
            elif event.delivery == "latest":
                key = (type(event), event.coalescing_key)
                self._latest.pop(key, None)
                self._latest[key] = event
            else:
                if len(self._counted) == self._counted.maxlen:
                    self.dropped += 1
                self._counted.append(event)

    @property
    def waiting(self) -> bool:
        """Whether there is anything to drain."""
        with self._lock:
            return bool(self._kept or self._counted or self._latest)

    def drain(self) -> list[Event]:
        """Everything waiting: kept events in order, then bounded ones, then the latest of each kind."""
        with self._lock:
            events = [*self._kept, *self._counted, *self._latest.values()]
            self._kept, self._latest = [], {}
            self._counted.clear()
        return events
