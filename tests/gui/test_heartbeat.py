"""The window stays quick while the real trainer works beside it: no beat of its clock comes late."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
from PySide6.QtCore import QTimer
from real_worker import RealWindow, tiny_config

BEAT_MS, SECONDS = 5, 4.0
LATE_P99, LATE_MOST = 120.0, 250.0  # ms; generous, for machines that do other things too


def test_no_beat_of_the_window_comes_late_while_it_trains(qtbot, tmp_path: Path):
    real = RealWindow(tmp_path, tiny_config(model__d_hidden=64))
    qtbot.addWidget(real.window)
    real.window.resize(1500, 950)
    real.window.show()
    beats: list[float] = []
    timer = QTimer()
    timer.timeout.connect(lambda: beats.append(time.perf_counter()))
    try:
        real.wait_for_run()
        real.session.play()
        real.wait(lambda: real.session.history.last_step > 20)
        timer.start(BEAT_MS)
        qtbot.wait(int(1000 * SECONDS))
    finally:
        timer.stop()
        real.window.close()
    late = 1000 * np.diff(beats) - BEAT_MS
    assert real.session.history.last_step > 50
    assert np.percentile(late, 99) <= LATE_P99
    assert late.max() <= LATE_MOST
