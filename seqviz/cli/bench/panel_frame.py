"""One frame of the six default panels: handing them a new snapshot and painting everything that changed."""

from __future__ import annotations

import time
from statistics import median
from typing import TYPE_CHECKING

from seqviz.cli.bench import Figures, Measurement, measurements

if TYPE_CHECKING:
    from seqviz.cli.bench.harness.live_window import LiveWindow
    from seqviz.gui.panels.base import Snapshot

FRAMES = 60


@measurements.register("panel_frame_ms")
class PanelFrameTime(Measurement):
    gives = ("panel_frame_ms", "panel_frame_ms_by_model", "panel_ms")

    def measure(self) -> Figures:
        from seqviz.cli.bench.harness.live_window import LiveWindow
        from seqviz.cli.bench.harness.settings import bench_config

        whole: dict[str, float] = {}
        each: dict[str, dict[str, float]] = {}
        with LiveWindow() as live:
            for model in ("lstm", "transformer"):
                live.take(bench_config(model))
                live.live(2.0, dear=True)
                live.session.pause()
                live.run_for(0.5)
                whole[model], each[model] = frame_ms(live), panel_ms(live)
        return {"panel_frame_ms": max(whole.values()), "panel_frame_ms_by_model": whole, "panel_ms": each}


def frame_ms(live: LiveWindow) -> float:
    """Median milliseconds of a snapshot with new numbers, handed out and painted."""
    from PySide6.QtWidgets import QApplication

    times = []
    for number in range(FRAMES):
        snapshot = changed(live, number)
        began = time.perf_counter()
        live.window.board.present(snapshot, live.session.probe)
        QApplication.sendPostedEvents()
        QApplication.processEvents()
        times.append(time.perf_counter() - began)
        time.sleep(0.005)
    return round(1e3 * median(times), 2)


def panel_ms(live: LiveWindow) -> dict[str, float]:
    """Median milliseconds of each panel by itself: handed a snapshot and painted at once."""
    found: dict[str, list[float]] = {}
    for number in range(FRAMES):
        snapshot = changed(live, number)
        for frame in live.window.board.frames():
            began = time.perf_counter()
            frame.present(snapshot)
            frame.panel.repaint()
            found.setdefault(frame.name, []).append(time.perf_counter() - began)
    return {name: round(1e3 * median(times), 2) for name, times in found.items()}


def changed(live: LiveWindow, number: int) -> Snapshot:
    """The window's snapshot one step on: another loss, and every array a little different."""
    from dataclasses import replace

    import numpy as np

    from seqviz.core.events import StepMetrics

    now = live.session.snapshot()
    history, frame = now.history, now.frame
    assert frame is not None
    layers = history.layer_norms
    norms = None if layers is None else layers.values[-1] * (1 + 0.1 * (number % 3))
    step = history.last_step + 1
    history.apply(StepMetrics(step, step * 100, step * 0.01, 2.0 + 0.1 * (number % 5), 1.0, 0.5, 1e-3, norms))
    factor = np.float32(1 + 0.05 * (number % 4))
    arrays = {
        name: values * factor if values.dtype.kind == "f" and "half_life" not in name else values
        for name, values in frame.arrays.items()
    }
    made_at = dict.fromkeys(frame.made_at, step)
    return replace(now, frame=replace(frame, step=step, arrays=arrays, made_at=made_at))
