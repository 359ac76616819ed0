"""The window beside somebody's own script: the same window, fed from a pipe, in the laboratory's room of weights."""

from __future__ import annotations

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from seqviz.core.channel import Mailbox
from seqviz.core.paths import layouts_root
from seqviz.gui.app import run_application
from seqviz.gui.layout_store import LayoutStore
from seqviz.gui.main_window import MainWindow
from seqviz.gui.script_worker import ScriptWorker
from seqviz.gui.session import RunSession

BEAT_MS = 1000
ROOM = "weights"
AWAITED = "waiting for your script's first step ..."
UNSEEN = ("offscreen", "minimal")  # platforms whose windows nobody can close


def run_watched(events: int, commands: int) -> int:
    """Show what comes from descriptor `events` until the user closes the window; the exit code."""
    held: list[ScriptWorker] = []

    def start(mailbox: Mailbox) -> ScriptWorker:
        held.append(ScriptWorker(mailbox, events, commands))
        held[0].start()
        return held[0]

    def build(mailbox: Mailbox) -> MainWindow:
        store = LayoutStore(layouts_root() / "watched")
        session = RunSession(start, mailbox)
        session.awaited = AWAITED
        window = MainWindow(session, store)
        window.rail.show_presets([], "")
        window.show_room(ROOM)
        beat = QTimer(window)
        beat.timeout.connect(lambda: _beat(window, held))
        beat.start(BEAT_MS)
        return window

    return run_application(build)


def _beat(window: MainWindow, held: list[ScriptWorker]) -> None:
    """Tell the script that the window is alive; one that nobody can see goes with the script, others stay open."""
    if not held:
        return
    if held[0].gone and QApplication.platformName() in UNSEEN:
        window.close()
    else:
        held[0].beat()
