"""What is seen, in a run folder: for a machine without a display. The window opens it later like any other run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seqviz.core.events import Event, RunStarted
from seqviz.watching.outbox import Outbox

if TYPE_CHECKING:
    from seqviz.runs.watched import WatchedRun


class Recording(Outbox):
    """`told` is called once with the folder, as soon as there is one."""

    def __init__(self) -> None:
        super().__init__()
        self._folder: WatchedRun | None = None

    def deliver(self, events: list[Event]) -> None:
        for event in events:
            if isinstance(event, RunStarted):
                self._begin(event)
            elif self._folder is not None:
                self._folder.record(event)

    def shut(self) -> None:
        if self._folder is not None:
            self._folder.close()

    def _begin(self, started: RunStarted) -> None:
        if self._folder is None:
            from seqviz.runs.watched import WatchedRun  # in this thread, so that the script need not wait for it

            self._folder = WatchedRun.create(started)
            self.told(self._folder.folder)
        else:
            self._folder.begin(started)
