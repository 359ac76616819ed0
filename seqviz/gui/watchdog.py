"""Notices when the window stands still for more than 100 ms and logs what Python was doing meanwhile."""

from __future__ import annotations

import logging
import sys
import threading
import time
import traceback
from collections import deque

from PySide6.QtCore import QObject, Qt, QTimer, Slot

log = logging.getLogger("seqviz")
BEAT_MS = 25
STALL_SECONDS = 0.1


class Watchdog(QObject):
    """A heartbeat in the window's thread and a thread that listens to it. `stalls`: (seconds, stack)."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.stalls: deque[tuple[float, str]] = deque(maxlen=50)
        self._watched = threading.get_ident()
        self._last = time.perf_counter()
        self._ended = threading.Event()
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self.beat)
        self._timer.start(BEAT_MS)
        self._thread = threading.Thread(target=self._listen, name="watchdog", daemon=True)
        self._thread.start()

    @Slot()
    def beat(self) -> None:
        self._last = time.perf_counter()

    def stop(self) -> None:
        """End the thread; returns when it has ended."""
        self._timer.stop()
        self._ended.set()
        self._thread.join(1.0)

    def _listen(self) -> None:
        while not self._ended.wait(STALL_SECONDS / 2):
            beat = self._last
            if time.perf_counter() - beat > STALL_SECONDS:
                self._record(beat)

    def _record(self, beat: float) -> None:
        frame = sys._current_frames().get(self._watched)
        stack = "".join(traceback.format_stack(frame)) if frame is not None else ""
        del frame  # a frame kept alive keeps its widgets alive
        while self._last == beat and not self._ended.wait(0.02):
            pass
        seconds = time.perf_counter() - beat
        self.stalls.append((seconds, stack))
        log.warning("the window stood still for %.0f ms\n%s", 1000 * seconds, stack)
