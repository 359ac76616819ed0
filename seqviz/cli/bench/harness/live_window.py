"""The real window with a model learning in it, and stretches of it: live, or with nobody watching.

Import it in a measurement's own process only: it brings Qt, and the window belongs to the thread that makes it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QEventLoop, QObject, Qt, QTimer, Slot

from seqviz.cli.joining import start_worker_without_storage
from seqviz.core.channel import Mailbox
from seqviz.core.commands import Watch
from seqviz.core.config import RunConfig
from seqviz.core.events import Event, Frame, StepMetrics
from seqviz.gui.app import build_window, make_application
from seqviz.gui.garbage import GarbageCollector
from seqviz.gui.watchdog import Watchdog

BEAT_MS = 5
SIZE = (1600, 1000)  # the size the goals are stated for
PATIENCE = 40.0  # seconds
HELD_UP = 10.0  # seconds that a stretch is made longer at most
DEAR = frozenset({"gradient.itemised.*", "gradient.decay.*", "gradient.half_life.*"})


class CountingMailbox(Mailbox):
    """Notes when steps were done and which frames came, at the sender's side."""

    def __init__(self) -> None:
        super().__init__()
        self.step_times: list[float] = []
        self.frames: list[Frame] = []

    def post(self, event: Event) -> None:
        if isinstance(event, StepMetrics):
            self.step_times.append(time.perf_counter())
        elif isinstance(event, Frame):
            self.frames.append(event)
        super().post(event)

    def steps_per_second(self, begin: float, end: float) -> float:
        """Of the whole steps between two moments."""
        times = [t for t in self.step_times if begin <= t <= end]
        if len(times) < 2:
            raise RuntimeError("the model does not train: fewer than two steps in a stretch")
        return (len(times) - 1) / (times[-1] - times[0])


class Heartbeat(QObject):
    """A precise 5 ms timer in the window's thread; `late_ms`: by how much each of its beats was late."""

    def __init__(self) -> None:
        super().__init__()
        self.late_ms: list[float] = []
        self._last = 0.0
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._beat)

    def start(self) -> None:
        self._last = time.perf_counter()
        self._timer.start(BEAT_MS)

    def stop(self) -> None:
        self._timer.stop()

    @Slot()
    def _beat(self) -> None:
        now = time.perf_counter()
        self.late_ms.append(max(0.0, 1e3 * (now - self._last) - BEAT_MS))
        self._last = now


@dataclass(frozen=True)
class Stretch:
    """What one stretch of time gave."""

    steps_per_second: float
    frames_per_second: float = 0.0


class LiveWindow:
    """A window with its default panels on screen, and a training thread; a context that closes both."""

    def __init__(self) -> None:
        self.app = make_application()
        self.mailbox = CountingMailbox()
        self.garbage, self.watchdog = GarbageCollector(), Watchdog()
        self.window = build_window(start_worker_without_storage, mailbox=self.mailbox)
        self.session = self.window.session
        self.session.ready.connect(self.garbage.settle)
        self.session.rejected.connect(self._refuse)
        self.wants: frozenset[str] = frozenset()
        self._started = 0
        self._refused = ""
        self.session.run_started.connect(self._count_start)
        self.window.show()
        self.window.resize(*SIZE)  # after showing: a platform without a screen would make it small

    def __enter__(self) -> LiveWindow:
        return self

    def __exit__(self, *error: object) -> None:
        self.session.send(Watch())
        self.window.close()
        self.watchdog.stop()
        self.garbage.stop()

    def take(self, config: RunConfig) -> None:
        """Another model: let it learn until its panels have their first frames."""
        self._started = 0
        self.window.show_experiment(config)
        self.run_until(lambda: self._started > 0)
        self.run_for(0.1)
        self.wants = self._default_wants()
        self.mailbox.step_times.clear()
        self.mailbox.frames.clear()
        self.session.play()
        self.run_until(lambda: len(self.mailbox.step_times) > 10 and len(self.mailbox.frames) > 3)

    def _default_wants(self) -> frozenset[str]:
        wants: frozenset[str] = frozenset({"surprisal"})
        return wants.union(*(f.panel.current_wants() for f in self.window.board.frames()))

    # stretches

    def live(self, seconds: float, heart: Heartbeat | None = None, dear: bool = False) -> Stretch:
        """All panels live; `dear`: with the itemised map on top, within the watch budget."""
        self.session.watch(self.wants | DEAR if dear else self.wants - DEAR)
        self.run_for(0.25)
        if heart is not None:
            heart.start()
        stretch = self.as_it_is(seconds)
        if heart is not None:
            heart.stop()
        return stretch

    def as_it_is(self, seconds: float) -> Stretch:
        """With whatever panels are on screen now."""
        seen, begin = len(self.mailbox.frames), time.perf_counter()
        self._long_enough(begin, seconds, self.run_for)
        end = time.perf_counter()
        frames = (len(self.mailbox.frames) - seen) / (end - begin)
        return Stretch(self.mailbox.steps_per_second(begin, end), frames)

    def bare(self, seconds: float) -> Stretch:
        """Nothing is watched and the window's thread sleeps: the loop has the process to itself."""
        self.session.watch(frozenset())
        self.run_for(0.1)
        time.sleep(0.1)
        begin = time.perf_counter()
        self._long_enough(begin, seconds, time.sleep)
        return Stretch(self.mailbox.steps_per_second(begin, time.perf_counter()))

    def _long_enough(self, begin: float, seconds: float, wait: Callable[[float], None]) -> None:
        """Wait so long, and on a machine that is held up until a few steps are done."""
        wait(seconds)
        end = time.monotonic() + HELD_UP
        while sum(t >= begin for t in self.mailbox.step_times) < 5 and time.monotonic() < end:
            wait(0.2)

    # the event loop

    def run_for(self, seconds: float) -> None:
        loop = QEventLoop()
        QTimer.singleShot(round(1e3 * seconds), loop.quit)
        loop.exec()

    def run_until(self, condition: Callable[[], bool]) -> None:
        end = time.monotonic() + PATIENCE
        while not condition():
            self.run_for(0.02)
            if self._refused or time.monotonic() > end:
                raise RuntimeError(self._refused or f"the window was not ready after {PATIENCE:g} s")

    def _count_start(self, run: object) -> None:
        self._started += 1

    def _refuse(self, text: str) -> None:
        self._refused = text
