"""No exception is swallowed, wherever it comes from."""

from __future__ import annotations

import io
import logging
import sys
import threading

import pytest
from PySide6.QtCore import QTimer, qCritical
from PySide6.QtWidgets import QPushButton, QWidget

from seqviz.core.events import Notice
from seqviz.gui.errors import ErrorReporter, close_log, log, open_log


@pytest.fixture
def reported(tmp_path):
    """(notices, log file) with the hooks in place."""
    notices: list[Notice] = []
    path = tmp_path / "logs" / "seqviz.log"
    stream = open_log(path)
    reporter = ErrorReporter(notices.append)
    reporter.install()
    yield notices, path
    reporter.remove()
    close_log(stream)


class Broken(QWidget):
    def paintEvent(self, event):
        raise RuntimeError("broken paint")


def test_an_exception_in_a_slot_reaches_the_log_and_a_notice(reported, qtbot):
    notices, path = reported
    button = QPushButton()
    qtbot.addWidget(button)

    def fail():
        raise RuntimeError("broken slot")

    button.clicked.connect(fail)
    button.click()
    assert notices[0].text == "RuntimeError: broken slot"
    assert "in fail" in notices[0].details
    assert "broken slot" in path.read_text()


def test_an_exception_in_a_paint_event_reaches_the_log_and_a_notice(reported, qtbot):
    notices, path = reported
    widget = Broken()
    qtbot.addWidget(widget)
    widget.resize(20, 20)
    widget.show()
    qtbot.waitUntil(lambda: bool(notices))
    assert "broken paint" in notices[0].text
    assert "broken paint" in path.read_text()


def test_an_exception_in_a_timer_reaches_a_notice(reported, qtbot):
    notices, _ = reported

    def fail():
        raise KeyError("timer")

    QTimer.singleShot(0, fail)
    qtbot.waitUntil(lambda: bool(notices))
    assert notices[0].text.startswith("KeyError")


def test_an_exception_in_a_thread_names_the_thread(reported):
    notices, path = reported

    def fail():
        raise ValueError("broken thread")

    thread = threading.Thread(target=fail, name="some-thread")
    thread.start()
    thread.join()
    assert notices[0].text == "ValueError: broken thread"
    assert "uncaught in some-thread" in path.read_text()


def test_an_exception_in_a_destructor_reaches_a_notice(reported):
    notices, _ = reported

    class Dying:
        def __del__(self):
            raise OSError("broken end")

    Dying()
    assert notices[0].text == "OSError: broken end"


def test_a_second_exception_inside_the_reporter_is_survived(capsys):
    def post(notice):
        raise RuntimeError("the window is gone")

    reporter = ErrorReporter(post)
    reporter.report(ValueError, ValueError("first"), None)
    log.handlers.clear()


def test_an_exception_with_a_broken_str_is_still_reported(reported):
    notices, _ = reported

    class Mute(Exception):
        def __str__(self):
            raise TypeError("no words")

    sys.excepthook(Mute, Mute(), None)
    assert notices[0].text == "Mute"


def test_the_same_error_at_thirty_frames_a_second_is_shown_once_and_logged_each_time(reported):
    notices, path = reported
    for _ in range(30):
        try:
            raise RuntimeError("again")
        except RuntimeError as error:
            sys.excepthook(RuntimeError, error, error.__traceback__)
    assert len(notices) == 1
    assert path.read_text().count("RuntimeError: again") == 30


@pytest.mark.qt_no_exception_capture
def test_a_critical_message_of_qt_becomes_a_notice(reported):
    notices, _ = reported
    qCritical("something in Qt")
    assert notices[0].text == "Qt: something in Qt"


def test_the_former_hooks_come_back():
    before = sys.excepthook, threading.excepthook
    reporter = ErrorReporter(lambda notice: None)
    reporter.install()
    assert sys.excepthook is not before[0]
    reporter.remove()
    assert (sys.excepthook, threading.excepthook) == before


def test_a_log_folder_that_cannot_be_made_does_not_stop_the_program(tmp_path):
    (tmp_path / "file").write_text("")
    assert open_log(tmp_path / "file" / "seqviz.log") is None


def test_the_log_stays_off_the_terminal_even_when_a_library_sets_logging_up(reported):
    terminal = io.StringIO()
    handler = logging.StreamHandler(terminal)
    logging.getLogger().addHandler(handler)
    log.warning("the window stood still")
    logging.getLogger().removeHandler(handler)
    assert terminal.getvalue() == ""
    assert "stood still" in reported[1].read_text()
