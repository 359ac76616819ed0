"""The window started from a terminal: Ctrl+C closes it as a click would."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest

from .conftest import ROOT


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_closes_the_window_and_ends_the_program(number, preset, home):
    env = {**os.environ, "SEQVIZ_HOME": str(home), "QT_QPA_PLATFORM": "offscreen", "OMP_NUM_THREADS": "1"}
    line = [sys.executable, str(ROOT / "main.py"), "--preset", str(preset)]
    with subprocess.Popen(line, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            end = time.monotonic() + 60
            while not (home / "seqviz.log").exists() and time.monotonic() < end:
                time.sleep(0.05)
            time.sleep(2)  # the window is up, the trainer loads torch or is ready
            process.send_signal(number)
            _, errors = process.communicate(timeout=30)
        finally:
            process.kill()
    assert process.returncode == 0
    assert errors == ""
