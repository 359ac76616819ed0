"""What the window knows of the trainer's thread: a handle that takes commands. The events come by mailbox."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from seqviz.core.channel import Mailbox
from seqviz.core.commands import Command


class WorkerHandle(Protocol):
    """A running worker. Every method may be called from the window's thread and never waits, but `stop`."""

    def send(self, command: Command) -> None:
        """Queue a command; it is answered between optimiser steps."""

    def stop(self, timeout: float) -> bool:
        """Send Quit and wait up to `timeout` seconds; True when the thread has ended."""

    @property
    def now_paint_fd(self) -> int | None:
        """Read end of a socket pair that gets one byte just before each backward pass; None: no such signal."""


StartWorker = Callable[[Mailbox], WorkerHandle]
