"""The window's end of the pipe to a user's script: what stands in for the trainer's thread there."""

from __future__ import annotations

import os
import queue
import threading
from dataclasses import replace
from typing import Any

from seqviz.core.channel import Mailbox
from seqviz.core.commands import Beat, Command, Quit
from seqviz.core.config import parse_config
from seqviz.core.events import (
    Event,
    Rejected,
    RunDiverged,
    RunFailed,
    RunFinished,
    RunStarted,
    StepMetrics,
)
from seqviz.core.wire import decode, encode, framed, messages

REFUSAL = "the run belongs to your script: that cannot be asked of it from here"


class ScriptWorker:
    """Reads events from one descriptor into the mailbox, writes commands to another; a thread for each.

    `gone`: the script is at the other end no more.
    """

    now_paint_fd: int | None = None

    def __init__(self, mailbox: Mailbox, events: int, commands: int) -> None:
        self.mailbox = mailbox
        self._events, self._commands, self.gone = events, commands, False
        self._outbox: queue.SimpleQueue[Command | None] = queue.SimpleQueue()
        self._step, self._over = 0, False
        self._reader = threading.Thread(target=self._read, name="seqviz-events", daemon=True)
        self._writer = threading.Thread(target=self._write, name="seqviz-commands", daemon=True)

    def start(self) -> None:
        self._reader.start()
        self._writer.start()
        self.send(Beat())

    def send(self, command: Command) -> None:
        self._outbox.put(command)

    def beat(self) -> None:
        """The window's own thread is alive: a script that stands still at its wish may go on doing so."""
        self.send(Beat())

    def stop(self, timeout: float) -> bool:
        """Tell the script that nobody looks any more; it goes on by itself."""
        self.send(Quit())
        self._outbox.put(None)
        if self._writer.is_alive():
            self._writer.join(timeout)
        return not self._writer.is_alive()

    def _read(self) -> None:
        try:
            for content in messages(lambda size: os.read(self._events, min(size, 1 << 20))):
                self._take(decode(content))
        except (OSError, ValueError) as error:
            self.mailbox.post(RunFailed(self._step, f"the script can no longer be heard ({error})", ""))
            self._over = True
        if not self._over:
            self.mailbox.post(RunFailed(self._step, "the script has ended without a word", ""))
        self.gone = True

    def _take(self, event: Any) -> None:
        match event:
            case RunStarted():
                self._over = False
                event = replace(event, config=parse_config(dict(event.config)).model_dump())
            case StepMetrics(step):
                self._step = step
            case RunFinished() | RunDiverged() | RunFailed():
                self._over = True
        if isinstance(event, Event):
            self.mailbox.post(event)

    def _write(self) -> None:
        while (command := self._outbox.get()) is not None:
            try:
                content = memoryview(framed(encode(command)))
                while content:
                    content = content[os.write(self._commands, content) :]
            except TypeError:
                self.mailbox.post(Rejected(REFUSAL))
            except OSError:
                return  # the script has gone; the reader says so
