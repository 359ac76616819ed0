"""The one background thread: started after the window is painted, alive as long as the program.

It imports torch, builds and drives runs, looks at them, samples, and answers commands between slices of work.
Commands in by a queue, events out through the mailbox. No Qt here.
"""

from __future__ import annotations

import contextlib
import queue
import socket
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from seqviz.core.channel import Mailbox
from seqviz.core.commands import Command, InjectFault, Quit
from seqviz.core.events import Event, Notice, Progress, RunFailed, WorkerStopped

if TYPE_CHECKING:
    from seqviz.training.control import Control
    from seqviz.training.ports import RunStores

RING_INTERVAL = 0.03  # seconds
IDLE_WAIT = 0.5  # seconds to wait for a command when there is nothing to do


@dataclass
class Doorbell:
    """The sign "now paint": one byte on a socket pair, written just before a backward pass; it never blocks."""

    reader: socket.socket
    writer: socket.socket
    rung_at: float = 0.0

    @classmethod
    def make(cls) -> Doorbell:
        reader, writer = socket.socketpair()
        reader.setblocking(False)
        writer.setblocking(False)
        return cls(reader, writer)

    def ring(self) -> None:
        """Ring, but not more often than a window would paint: every ring costs the trainer a turn of the GIL."""
        now = time.perf_counter()
        if now - self.rung_at < RING_INTERVAL:
            return
        self.rung_at = now
        with contextlib.suppress(BlockingIOError, OSError):  # full or closed: the window has been told already
            self.writer.send(b"\0")

    def close(self) -> None:
        self.reader.close()
        self.writer.close()


class TrainingWorker(threading.Thread):
    """`send` commands from any thread; events arrive in `mailbox`. `stop` ends the thread."""

    def __init__(
        self, mailbox: Mailbox, make_stores: Callable[[], RunStores] | None = None, plugins: tuple[Path, ...] = ()
    ) -> None:
        super().__init__(name="seqviz-trainer", daemon=False)
        self.mailbox = mailbox
        self.doorbell = Doorbell.make()
        self._make_stores, self._plugins = make_stores, plugins
        self._inbox: queue.SimpleQueue[Command] = queue.SimpleQueue()
        self._quitting = False

    # the window's side -----------------------------------------------------------------------------------------

    def send(self, command: Command) -> None:
        self._inbox.put(command)

    def stop(self, timeout: float = 5.0) -> bool:
        """Ask the thread to end and wait for it; True when it has ended."""
        self.send(Quit())
        if self.is_alive():
            self.join(timeout)
        if not self.is_alive():
            self.doorbell.close()
        return not self.is_alive()

    @property
    def now_paint_fd(self) -> int | None:
        return self.doorbell.reader.fileno()

    # the thread ------------------------------------------------------------------------------------------------

    def run(self) -> None:
        try:
            self.post(Progress("loading torch", -1.0))
            control = self._make_control()
            self.post(Progress("loading torch", 1.0))
            self._loop(control)
            control.close()
        except BaseException as error:  # the last line of defence: the window must hear of it
            self.post(RunFailed(0, f"the training thread ended: {error}", traceback.format_exc()))
            raise
        finally:
            self.post(WorkerStopped())

    def _make_control(self) -> Control:
        from seqviz.training.control import Control  # imports torch: only now, in this thread
        from seqviz.training.ports import NoStores

        self._load_plugins()
        control = Control(self.post, self.doorbell.ring, self._make_stores() if self._make_stores else NoStores())
        self.post(control.describe())
        return control

    def _load_plugins(self) -> None:
        from seqviz.training.plugins import PluginError, load_plugin

        for path in self._plugins:
            try:
                load_plugin(path)
            except PluginError as error:
                self.post(Notice("error", str(error), error.details))

    def _loop(self, control: Control) -> None:
        while not self._quitting:
            for command in self._commands(wait=not control.busy):
                self._obey(control, command)
                if self._quitting:
                    return
            if control.busy:
                self._guard(control, control.work)

    def _commands(self, wait: bool) -> Iterator[Command]:
        """All commands waiting now; when idle, wait for the first one."""
        try:
            yield self._inbox.get(timeout=IDLE_WAIT) if wait else self._inbox.get_nowait()
            while True:
                yield self._inbox.get_nowait()
        except queue.Empty:
            return

    def _obey(self, control: Control, command: Command) -> None:
        if isinstance(command, Quit):
            self._quitting = True
        elif isinstance(command, InjectFault):
            control.inject(command.place)
        else:
            self._guard(control, lambda: control.obey(command))

    def _guard(self, control: Control, work: Callable[[], None]) -> None:
        """An error ends the run, not the thread; the window gets the traceback."""
        try:
            work()
        except MemoryError:
            control.fail("out of memory: try a smaller batch or fewer units", traceback.format_exc())
        except Exception as error:
            text = str(error).splitlines()[0] if str(error) else type(error).__name__
            if "can't allocate memory" in text or "out of memory" in text.lower():
                text = "out of memory: try a smaller batch or fewer units"
            control.fail(f"{type(error).__name__}: {text}", traceback.format_exc())

    def post(self, event: Event) -> None:
        self.mailbox.post(event)


def wait_until(condition: Callable[[], bool], seconds: float) -> bool:
    """Poll without a busy loop; True once the condition holds."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.005)
    return condition()
