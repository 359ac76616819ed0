"""Downloads, in a thread of their own that never touches torch, so that training goes on meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from seqviz.core.events import Event, Notice, Progress, Rejected
from seqviz.core.paths import catalogue_root
from seqviz.data.catalogue import entries, fetch, import_local

TIMEOUT = 20.0  # seconds without a byte


class Fetching:
    """At most one download at a time."""

    def __init__(self, emit: Callable[[Event], None]) -> None:
        self.emit = emit
        self._thread: threading.Thread | None = None
        self._cancelled = threading.Event()

    def start(self, name: str, local: Path | None) -> None:
        """Fetch a catalogue entry, or check and keep a local file of it.

        Raises
        ------
        ValueError
            when there is no such entry or a download is going on.
        """
        entry = next((e for e in entries() if e.name == name), None)
        if entry is None:
            raise ValueError(f'the catalogue has no "{name}"')
        if self._thread is not None and self._thread.is_alive():
            raise ValueError("a download is going on already")
        self._cancelled.clear()
        what = f"fetching {entry.title}"

        def work() -> None:
            try:
                if local is not None:
                    import_local(entry, local, catalogue_root())
                else:
                    fetch(entry, catalogue_root(), self._progress(what), self._cancelled.is_set, TIMEOUT)
            except (ValueError, OSError) as error:
                self.emit(Rejected(" ".join(str(error).split())))
            else:
                self.emit(Notice("info", f"{entry.title} is here now"))
            finally:
                self.emit(Progress(what, 1.0))

        self._thread = threading.Thread(target=work, name="seqviz-download", daemon=True)
        self._thread.start()

    def _progress(self, what: str) -> Callable[[int, int], None]:
        def tell(done: int, total: int) -> None:
            self.emit(Progress(what, min(done / total, 0.999) if total else -1.0))

        return tell

    def cancel(self) -> None:
        self._cancelled.set()
        if self._thread is not None:
            self._thread.join(2.0)
