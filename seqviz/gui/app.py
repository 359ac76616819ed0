"""From nothing to a window: the application, its guards, and pictures of the whole window."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QSize
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QApplication, QWidget

from seqviz.core.channel import Mailbox
from seqviz.core.config import RunConfig
from seqviz.core.paths import log_file
from seqviz.core.presets import find_preset, read_preset
from seqviz.gui import theme
from seqviz.gui.errors import ErrorReporter, close_log, open_log
from seqviz.gui.garbage import GarbageCollector
from seqviz.gui.layout_store import LayoutStore
from seqviz.gui.main_window import MainWindow
from seqviz.gui.panel_export import picture
from seqviz.gui.panels.base import panels
from seqviz.gui.runs_list import ListRuns
from seqviz.gui.session import RunSession
from seqviz.gui.watchdog import Watchdog
from seqviz.gui.widgets.formula_label import load_typesetter
from seqviz.gui.worker_port import StartWorker

log = logging.getLogger("seqviz")


def make_application() -> QApplication:
    """The one QApplication, with the theme's palette and font."""
    app = QApplication.instance()
    if not isinstance(app, QApplication):
        app = QApplication(sys.argv[:1])
        app.setApplicationName("seqviz")
        app.setApplicationDisplayName("")
    theme.apply_palette(app)
    return app


def build_window(
    start_worker: StartWorker,
    config: RunConfig | None = None,
    preset_name: str = "",
    *,
    mailbox: Mailbox | None = None,
    store: LayoutStore | None = None,
    list_runs: ListRuns | None = None,
) -> MainWindow:
    """The window, not shown yet; the worker starts after its first paint. A QApplication must exist."""
    session = RunSession(start_worker, mailbox)
    window = MainWindow(session, store or LayoutStore(), list_runs)
    window.rail.show_presets(window.presets, preset_name)
    if config is not None:
        window.show_experiment(config, preset_name)
    return window


def run_window(start_worker: StartWorker, preset: str, *, list_runs: ListRuns | None = None) -> int:
    """Show the window with a preset (name or path) until the user closes it; the exit code.

    Raises
    ------
    ValueError
        one line: what is wrong with the preset. No window was opened.
    """
    config = read_preset(find_preset(preset))
    return run_application(
        lambda mailbox: build_window(start_worker, config, preset, mailbox=mailbox, list_runs=list_runs)
    )


def run_application(build: Callable[[Mailbox], MainWindow]) -> int:
    """Show the window that `build` makes until the user closes it; the exit code."""
    app = make_application()
    stream = open_log(log_file())
    mailbox = Mailbox()
    reporter = ErrorReporter(mailbox.post)
    reporter.install()
    garbage, watchdog = GarbageCollector(), Watchdog()
    theme.set_theme(str(LayoutStore().load_window().get("theme", "light")) if _has_theme() else "light")
    window = build(mailbox)
    window.session.ready.connect(garbage.settle)
    window.closed.connect(app.quit)
    window.show()
    code = app.exec()
    watchdog.stop()
    garbage.stop()
    reporter.remove()
    close_log(stream)
    return code


def _has_theme() -> bool:
    return LayoutStore().load_window().get("theme") in ("light", "dark", "system")


def settle(milliseconds: int) -> None:
    """Let the event loop run for so long."""
    end = time.perf_counter() + milliseconds / 1000
    while time.perf_counter() < end:
        QApplication.processEvents()
        time.sleep(0.005)


def screenshot(window: QWidget, path: Path, size: tuple[int, int] = (1600, 1000)) -> None:
    """A picture of the whole window at `size` as PNG; the window is shown if it was not.

    Raises
    ------
    OSError
        when the picture cannot be written.
    """
    load_typesetter()
    window.resize(QSize(*size))
    window.show()
    settle(150)
    _write(window.grab(), path)


def panel_screenshot(window: MainWindow, name: str, path: Path) -> None:
    """A picture of one panel as PNG; it is opened where it is not on screen.

    Raises
    ------
    ValueError
        when there is no such panel, or the run cannot serve it; the sentence says why.
    OSError
        when the picture cannot be written.
    """
    kind = panels.get(name)
    reason = None if window.session.run is None else kind.reason_unserved(window.session.run)
    if reason is not None:
        raise ValueError(f"{name}: {reason}")
    window.board.open(name)
    window.session.refresh()
    settle(400)
    _write(picture(window.board.frame(name)), path)


def _write(made: QPixmap, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if not made.save(str(path), "PNG"):
        raise OSError(f"{path}: the picture could not be written")
