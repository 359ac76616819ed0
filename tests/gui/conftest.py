"""What every test of the window gets: a home of its own, the light theme, and a check that nothing is left behind."""

from __future__ import annotations

import gc
import os
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).parent))

import pytest
from fake_worker import FakeWorker, example_config
from PySide6.QtCore import QCoreApplication, QEvent, QTimer
from PySide6.QtWidgets import QApplication

from seqviz.core.channel import Mailbox
from seqviz.gui import theme
from seqviz.gui.app import build_window
from seqviz.gui.layout_store import LayoutStore
from seqviz.gui.main_window import MainWindow
from seqviz.gui.session import RunSession
from seqviz.gui.widgets.formula_label import load_typesetter


@pytest.fixture(autouse=True, scope="session")
def typesetter() -> None:
    """Loaded here, so that no test waits for its thread."""
    load_typesetter()


@pytest.fixture(autouse=True)
def own_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The program's folder lies below tmp_path, so that no test reads or writes the user's."""
    home = tmp_path / "seqviz-home"
    monkeypatch.setenv("SEQVIZ_HOME", str(home))
    return home


def flush_deletions() -> None:
    """Let everything that was told to go, go."""
    for _ in range(3):
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        QApplication.processEvents()


@pytest.fixture(autouse=True)
def nothing_is_left(qapp: QApplication) -> Iterator[None]:
    """Fails a test that leaves a top-level widget or a thread behind."""
    widgets, threads = set(map(id, qapp.topLevelWidgets())), set(threading.enumerate())
    yield
    flush_deletions()
    if any(id(widget) not in widgets for widget in qapp.topLevelWidgets()):
        gc.collect()
        flush_deletions()
    left = [widget for widget in qapp.topLevelWidgets() if id(widget) not in widgets]
    assert not left, f"left behind: {left}"
    alive = [thread.name for thread in threading.enumerate() if thread not in threads]
    assert not alive, f"threads left behind: {alive}"
    if theme.presentation() or theme.theme().dark:
        theme.set_presentation(False)
        theme.set_theme("light")


class Opened:
    """A window with its fake worker."""

    def __init__(self, window: MainWindow, workers: list[FakeWorker]) -> None:
        self.window = window
        self.session: RunSession = window.session
        self._workers = workers

    @property
    def worker(self) -> FakeWorker:
        return self._workers[0]

    def pump(self) -> None:
        """Drain what the worker posted and let the window react."""
        for _ in range(3):
            self.session._presented = 0.0  # as if a thirtieth of a second had passed
            self.session.tick()
            QApplication.processEvents()

    def learn(self, steps: int) -> None:
        """Train on, as the worker would between two ticks."""
        self.worker.advance(steps)
        self.pump()


OpenWindow = Callable[..., Opened]


@pytest.fixture
def open_window(qtbot, tmp_path: Path) -> Iterator[OpenWindow]:
    """`open_window(model="lstm", size=(1500, 950))`: shown, ready, with an untrained run."""
    opened: list[Opened] = []

    def make(model: str = "lstm", size: tuple[int, int] = (1500, 950), ready: bool = True, **changes) -> Opened:
        workers: list[FakeWorker] = []

        def start(mailbox: Mailbox) -> FakeWorker:
            workers.append(FakeWorker(mailbox, ready_at_once=ready))
            return workers[0]

        store = LayoutStore(tmp_path / "layouts")
        window = build_window(start, example_config(model, **changes), "lstm-stories", store=store)
        qtbot.addWidget(window)
        window.resize(*size)
        window.show()
        qtbot.waitUntil(lambda: bool(workers))
        result = Opened(window, workers)
        result.pump()
        opened.append(result)
        return result

    yield make
    for item in opened:
        item.window.close()
    flush_deletions()
    running = [t for t in gc.get_objects() if issubclass(type(t), QTimer) and _is_active(t)]
    assert not running, f"timers left running: {running}"


def _is_active(timer: QTimer) -> bool:
    try:
        return timer.isActive()
    except RuntimeError:  # its C++ half is gone
        return False


@pytest.fixture
def opened(open_window: OpenWindow) -> Opened:
    """An LSTM in a wide window."""
    return open_window()
