"""One more point on a loss curve of ten million: handed to the panel and painted. Needs about 1 GB of memory."""

from __future__ import annotations

import time
from statistics import median

from seqviz.cli.bench import Figures, Measurement, measurements

UPDATES = 40


@measurements.register("curve_update_ms")
class CurveUpdate(Measurement):
    gives = ("curve_update_ms",)

    def measure(self) -> Figures:
        return {"curve_update_ms": {str(points): update_ms(points) for points in (10**4, 10**6, 10**7)}}


def update_ms(points: int) -> float:
    """Median milliseconds from a new step to a painted curve, at the size the panel has in a window."""
    import numpy as np
    from PySide6.QtWidgets import QApplication

    from seqviz.core.events import RunStarted, StepMetrics
    from seqviz.core.units import bits_per
    from seqviz.gui.app import make_application
    from seqviz.gui.history import History
    from seqviz.gui.panels.base import Snapshot, panels

    make_application()
    run = RunStarted("", "", {}, "LSTM", "lstm", bits_per("character"), (), (), (), "", 0, "", (), "cpu", 1)
    panel = panels.get("loss")()
    panel.resize(430, 320)
    panel.show()
    history = History()
    steps = np.arange(1, points + 1, dtype=np.float64)
    noise = np.random.default_rng(0).normal(size=points)
    history.steps.extend(steps)
    values = {
        "loss": 1.5 + 2 / np.sqrt(steps) + 0.05 * noise,
        "grad_norm": 1 + 0.1 * noise,
        "clip_scale": noise * 0 + 1,
    }
    for name, series in history.series.items():
        series.extend(values.get(name, steps))
    times = []
    for number in range(UPDATES):
        step = points + 1 + number
        began = time.perf_counter()
        history.apply(StepMetrics(step, step, step * 0.01, 1.5 + 0.01 * (number % 7), 1.0, 1.0, 1e-3))
        panel.present(Snapshot(run, history=history))
        panel.repaint()
        times.append(time.perf_counter() - began)
        QApplication.processEvents()
    panel.close()
    return round(1e3 * median(times[5:]), 2)
