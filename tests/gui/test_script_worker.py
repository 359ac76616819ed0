"""The window's end of a pipe to a script: events in, commands out, and what the window then offers."""

from __future__ import annotations

import os
import time

import pytest

from seqviz.core.channel import Mailbox
from seqviz.core.commands import Beat, Pause, Prepare, Quit
from seqviz.core.config import parse_config
from seqviz.core.events import Ready, Rejected, RunFailed, RunFinished, RunResumed, RunStarted, StepMetrics
from seqviz.core.units import Unit
from seqviz.core.wire import decode, encode, framed, messages
from seqviz.gui.layout_store import LayoutStore
from seqviz.gui.main_window import MainWindow
from seqviz.gui.script_worker import ScriptWorker
from seqviz.gui.session import RunSession

CONFIG = {"corpus": {"name": "your_script"}, "task": {"name": "your_script"}, "model": {"name": "Reader"}}
STARTED = RunStarted(
    "watched 1", "", CONFIG, "Reader", "lstm", Unit("loss", 1.0, "token"), (), (("lstm", 90),), ("lstm",), "", 4000,
    "what your script feeds it", ("parameters.*",), "cpu", 1, outside=True,
)  # fmt: skip


@pytest.fixture
def script():
    """(worker, write an event, read the commands so far, hang up)."""
    events, into = os.pipe()
    out, commands = os.pipe()
    os.set_blocking(out, False)
    worker = ScriptWorker(Mailbox(), events, commands)

    def told() -> list:
        found = b""
        try:
            while part := os.read(out, 65536):
                found += part
        except BlockingIOError:
            pass
        left = [found]

        def read(size: int) -> bytes:
            taken, left[0] = left[0][:size], left[0][size:]
            return taken

        return [decode(content) for content in messages(read)]

    ends = [into]

    def hang_up() -> None:
        while ends:
            os.close(ends.pop())

    yield worker, lambda event: os.write(into, framed(encode(event))), told, hang_up
    hang_up()
    worker.stop(5.0)
    wait_for(lambda: worker.gone)
    time.sleep(0.02)


def wait_for(condition) -> None:
    end = time.monotonic() + 5
    while not condition() and time.monotonic() < end:
        time.sleep(0.01)
    assert condition()


def test_events_come_by_mailbox_with_a_whole_config(script):
    worker, write, _, hang_up = script
    worker.start()
    heard = []
    write(STARTED)
    write(StepMetrics(3, 9, 0.1, 1.0, 1.0, 1.0, 0.1))
    write(RunFinished(3, "over", {}))
    hang_up()
    wait_for(lambda: heard.extend(worker.mailbox.drain()) or (worker.gone and len(heard) == 3))
    assert heard[0].config["training"]["batch_size"] == 32
    assert not any(isinstance(event, RunFailed) for event in heard)


def test_a_script_that_vanishes_is_told_as_failed(script):
    worker, write, _, hang_up = script
    worker.start()
    write(STARTED)
    hang_up()
    heard = []
    wait_for(lambda: heard.extend(worker.mailbox.drain()) or len(heard) == 2)
    assert "without a word" in heard[1].text


def test_commands_go_out_in_order_and_what_a_script_cannot_do_is_refused(script):
    worker, _, told, _ = script
    worker.start()
    worker.send(Pause())
    worker.send(Prepare(parse_config(CONFIG)))
    assert worker.stop(5.0)
    assert told() == [Beat(), Pause(), Quit()]
    assert isinstance(worker.mailbox.drain()[0], Rejected)


def test_the_window_offers_nothing_that_a_script_cannot_do(qtbot, script, tmp_path):
    worker, write, told, hang_up = script
    worker.start()
    window = MainWindow(RunSession(lambda mailbox: worker, worker.mailbox), LayoutStore(tmp_path))
    qtbot.addWidget(window)
    window.show()
    for event in (Ready((), (), (), {}), STARTED, RunResumed(0)):
        write(event)
    qtbot.waitUntil(lambda: window.session.state == "running", timeout=5000)
    assert window.top.play.isVisibleTo(window.top)
    for widget in (window.top.reset, window.top.speed, window.rail.architecture, window.rail.corpus, window.rail.form):
        assert not widget.isVisibleTo(window)
    window.commands.play_or_pause()
    write(RunFinished(7, "the script has ended", {}))
    hang_up()
    qtbot.waitUntil(lambda: window.session.state == "finished", timeout=5000)
    assert not window.top.play.isVisibleTo(window.top)
    window.commands.play_or_pause()
    assert "the script has ended" in window.status.text()
    window.close()
    assert Pause() in told()
