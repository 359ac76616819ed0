"""Ctrl+C in a headless run: it stops between two pieces of work, so that what it leaves behind is whole."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def stopping_softly() -> Iterator[Callable[[], bool]]:
    """Gives a function that tells whether Ctrl+C was pressed. A second Ctrl+C breaks off at once."""
    if threading.current_thread() is not threading.main_thread():  # signals reach the main thread only
        yield lambda: False
        return
    pressed = threading.Event()

    def press(number: int, frame: Any) -> None:
        pressed.set()
        signal.signal(signal.SIGINT, before)

    before = signal.signal(signal.SIGINT, press)
    try:
        yield pressed.is_set
    finally:
        signal.signal(signal.SIGINT, before)
