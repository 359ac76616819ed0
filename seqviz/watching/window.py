"""The window in a process of its own, at the other end of two pipes: events go in, commands come out."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

from seqviz.core.events import Event
from seqviz.watching.outbox import Outbox

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = "from seqviz.cli.watched import main; raise SystemExit(main())"


class WindowLink(Outbox):
    """Starts the process at once and talks to it once `start` was called."""

    def __init__(self) -> None:
        super().__init__()
        self._greeted = False
        self._process = subprocess.Popen(  # seqviz's own program
            [sys.executable, "-c", PROGRAM],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # else `script | tee log` would wait for the window; it has a log of its own
            bufsize=0,
            env=_environment(),
            start_new_session=True,  # Ctrl+C in the terminal is for the script
        )
        self._reader = threading.Thread(target=self._read, name="seqviz-commands", daemon=True)

    @property
    def pid(self) -> int:
        return self._process.pid

    def start(self) -> None:
        super().start()
        if not self._reader.is_alive():
            self._reader.start()

    def deliver(self, events: list[Event]) -> None:
        from seqviz.core.wire import encode, framed  # in this thread: the script need not wait for it

        assert self._process.stdin is not None
        content = memoryview(b"".join(framed(encode(event)) for event in events))
        while content:
            written = os.write(self._process.stdin.fileno(), content)
            content = content[written:]

    def shut(self) -> None:
        """The end of the pipe tells the window that the script is over."""
        assert self._process.stdin is not None
        self._process.stdin.close()

    def close(self, timeout: float = 0.5) -> None:
        super().close(timeout)
        if self._process.poll() is None:
            self._process.returncode = 0  # the window stays open: nobody waits for it, and Python need not warn

    def forget(self) -> None:
        """In a forked child: the pipes belong to the parent."""
        super().forget()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        self._process.returncode = 0  # nobody here waits for it

    def _read(self) -> None:
        from seqviz.core.commands import Command
        from seqviz.core.wire import decode, messages

        pipe = self._process.stdout
        assert pipe is not None
        try:
            for content in messages(pipe.read):
                command = decode(content)
                self._greeted = True
                if isinstance(command, Command):
                    self.hear(command)
        except (OSError, ValueError) as error:
            self.failed = self.failed or str(error)
        self.alive = False
        self._process.poll()
        self.lost(self._greeted)


def _environment() -> dict[str, str]:
    """The script's own, with a path to this seqviz."""
    known = os.environ.get("PYTHONPATH", "")
    return {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{known}" if known else str(ROOT)}
