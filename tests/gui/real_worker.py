"""The window with the real trainer on a tiny text: for tests of both together."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from PySide6.QtWidgets import QApplication

from seqviz.core.channel import Mailbox
from seqviz.core.config import RunConfig, parse_config
from seqviz.gui.app import build_window
from seqviz.gui.layout_store import LayoutStore
from seqviz.gui.main_window import MainWindow
from seqviz.gui.session import RunSession
from seqviz.training.worker import TrainingWorker

TEXT = "The cat saw a dog. The dog ran home, and the cat slept. A bird sang; nobody heard it.\n" * 60
SETTLED = ("ready", "paused", "running", "finished", "diverged", "failed")


def tiny_config(**changes: Any) -> RunConfig:
    """An LSTM of 8 units; keyword arguments are dotted keys with __ for the dot."""
    config = parse_config(
        {
            "title": "Tiny",
            "corpus": {"name": "text", "text": TEXT},
            "task": {"name": "next_token"},
            "model": {"name": "lstm", "d_hidden": 8, "d_embedding": 4},
            "training": {"steps": 0, "batch_size": 4, "context_length": 16, "threads": 1, "valid_batches": 2},
            "sampling": {"prompt": "The", "length": 8, "every": 1000},
            "probe": "The cat saw a dog.",
        }
    )
    return config.replaced({key.replace("__", "."): value for key, value in changes.items()})


class RealWindow:
    """A window with its trainer's thread; `wait` lets both run until something holds."""

    def __init__(self, folder: Path, config: RunConfig, storage: bool = False) -> None:
        self.workers: list[TrainingWorker] = []
        self.storage = storage
        self.window: MainWindow = build_window(self._start, config, store=LayoutStore(folder / "layouts"))
        self.session: RunSession = self.window.session

    def _start(self, mailbox: Mailbox) -> TrainingWorker:
        def stores() -> Any:
            from seqviz.core.paths import runs_root
            from seqviz.runs.folders import RunFolders

            return RunFolders(runs_root(), mailbox.post)

        worker = TrainingWorker(mailbox, stores if self.storage else None)
        worker.start()
        self.workers.append(worker)
        return worker

    def run_on(self, seconds: float) -> None:
        """Let the window live for so long."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            QApplication.processEvents()
            time.sleep(0.002)

    def wait(self, condition: Callable[[], bool], seconds: float = 20.0) -> None:
        """Until it holds.

        Raises
        ------
        AssertionError
            when it does not in time.
        """
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, f"not in {seconds} s; the session is {self.session.state}"
            QApplication.processEvents()
            time.sleep(0.002)

    def wait_for_run(self) -> None:
        self.wait(lambda: self.session.state == "paused")


@contextmanager
def opened_real(qtbot: Any, folder: Path, **changes: Any) -> Iterator[RealWindow]:
    """A real window on screen whose run stands at step 0; `changes` as of `tiny_config`."""
    made = RealWindow(folder, tiny_config(**changes))
    qtbot.addWidget(made.window)
    made.window.resize(1500, 950)
    made.window.show()
    made.wait_for_run()
    yield made
    made.window.leave_presentation()
    made.window.close()
