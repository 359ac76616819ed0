from __future__ import annotations

import subprocess
import sys

import pytest
from PySide6.QtGui import QImage

from seqviz.gui.app import run_window, screenshot


def test_a_picture_of_the_window_has_the_size_asked_for(opened, tmp_path):
    opened.learn(5)
    screenshot(opened.window, tmp_path / "new" / "window.png", (1280, 800))
    image = QImage(str(tmp_path / "new" / "window.png"))
    assert (image.width(), image.height()) == (1280, 800)


def test_a_picture_that_cannot_be_written_is_an_error(opened, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(FileExistsError):
        screenshot(opened.window, tmp_path / "file" / "window.png", (800, 600))


def test_an_unknown_preset_is_refused_before_any_window_opens():
    with pytest.raises(ValueError, match='no preset is called "nothing"'):
        run_window(lambda mailbox: None, "nothing")


def test_the_window_imports_neither_torch_nor_anything_heavy():
    heavy = "torch pyqtgraph ziamath matplotlib pandas scipy"
    code = f"import sys, seqviz.gui.app; print([m for m in '{heavy}'.split() if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout.strip() == "[]"
