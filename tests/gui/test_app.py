from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QWidget

from seqviz.gui.app import panel_screenshot, run_window, screenshot
from seqviz.gui.errors import ErrorReporter


def test_a_picture_of_the_window_has_the_size_asked_for(opened, tmp_path):
    opened.learn(5)
    screenshot(opened.window, tmp_path / "new" / "window.png", (1280, 800))
    image = QImage(str(tmp_path / "new" / "window.png"))
    assert (image.width(), image.height()) == (1280, 800)


def test_a_picture_that_cannot_be_written_is_an_error(opened, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(FileExistsError):
        screenshot(opened.window, tmp_path / "file" / "window.png", (800, 600))


def test_one_panel_can_be_pictured_by_its_name(opened, tmp_path):
    opened.learn(5)
    opened.window.board.close("gates")
    panel_screenshot(opened.window, "gates", tmp_path / "gates.png")
    assert QImage(str(tmp_path / "gates.png")).width() > 400


def test_a_panel_that_the_run_cannot_serve_is_refused_with_the_reason(opened, tmp_path):
    with pytest.raises(ValueError, match="attention: LSTM has no attention"):
        panel_screenshot(opened.window, "attention", tmp_path / "attention.png")


WHOLE_PROGRAM = """
import gc, sys
sys.path.insert(0, {here!r})
from fake_worker import FakeWorker
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from seqviz.gui.app import make_application, run_window
hook, workers = sys.excepthook, []
def start(mailbox):
    workers.append(FakeWorker(mailbox))
    QTimer.singleShot(300, lambda: [w.close() for w in QApplication.topLevelWidgets() if hasattr(w, "session")])
    return workers[0]
make_application()
code = run_window(start, "lstm-stories")
print(code, workers[0].stopped, sys.excepthook is hook, gc.isenabled())
"""


def test_the_program_runs_until_its_window_is_closed_and_puts_every_hook_back(own_home):
    code = WHOLE_PROGRAM.format(here=str(Path(__file__).parent))  # a quit application cannot wait for events again
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout.split() == ["0", "True", "True", "True"]
    assert (own_home / "seqviz.log").is_file()


class Broken(QWidget):
    def paintEvent(self, event):
        raise RuntimeError("broken paint")


def test_an_exception_in_a_paint_event_becomes_a_notice_in_the_window(opened, qtbot):
    opened.learn(5)
    reporter = ErrorReporter(opened.session.mailbox.post)
    reporter.install()
    try:
        broken = Broken(opened.window)
        broken.resize(30, 30)
        broken.show()
        qtbot.waitUntil(lambda: bool(opened.window.notices.lines))
        broken.hide()
    finally:
        reporter.remove()
    line = opened.window.notices.lines[0]
    assert "broken paint" in line.notice.text
    assert "Traceback" in line.notice.details
    assert line.copy.isVisible()


def test_an_unknown_preset_is_refused_before_any_window_opens():
    with pytest.raises(ValueError, match='no preset is called "nothing"'):
        run_window(lambda mailbox: None, "nothing")


def test_the_window_imports_neither_torch_nor_anything_heavy():
    heavy = "torch pyqtgraph ziamath matplotlib pandas scipy"
    code = f"import sys, seqviz.gui.app; print([m for m in '{heavy}'.split() if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout.strip() == "[]"
