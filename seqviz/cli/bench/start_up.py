"""From starting the process to a painted window, and to a run that is ready to train; what memory that takes."""

from __future__ import annotations

import os
import time

from seqviz.cli.bench import Figures, Measurement, measurements

STARTS = 3
SPAWNED = "SEQVIZ_BENCH_SPAWNED"  # when the parent started the process, as time.time()


@measurements.register("start_up")
class StartUp(Measurement):
    gives = ("window_painted_s", "ready_s", "run_shown_s", "longest_gap_ms", "rss_mib")

    def measure(self) -> Figures:
        from statistics import median

        from seqviz.cli.bench.harness.child import read_figures, run_python

        found = []
        for _ in range(STARTS):
            done = run_python(["-m", __name__], 25.0, **{SPAWNED: repr(time.time())})
            if done.returncode:
                raise RuntimeError(done.stderr.strip().splitlines()[-1])
            found.append(read_figures(done.stdout))
        return {key: round(median(one[key] for one in found), 3) for key in self.gives}


def open_window() -> Figures:
    """What `main.py` does without arguments, timed: the default preset is shown, trains for a second, and ends."""
    spawned = float(os.environ[SPAWNED])
    from seqviz.cli import DEFAULT_PRESET
    from seqviz.cli.joining import list_runs, start_worker
    from seqviz.core.presets import find_preset, read_preset

    config = read_preset(find_preset(DEFAULT_PRESET))
    from seqviz.gui.app import build_window, make_application
    from seqviz.gui.garbage import GarbageCollector

    make_application()
    garbage = GarbageCollector()
    window = build_window(start_worker, config, DEFAULT_PRESET, list_runs=list_runs)
    stamps: dict[str, float] = {}
    window.painted_first.connect(lambda: stamps.setdefault("window_painted_s", time.time() - spawned))
    window.session.ready.connect(lambda event: stamps.setdefault("ready_s", time.time() - spawned))
    window.session.ready.connect(garbage.settle)
    window.session.run_started.connect(lambda run: stamps.setdefault("run_shown_s", time.time() - spawned))
    return {**wait_and_beat(window, stamps), **stamps}


def wait_and_beat(window: object, stamps: dict[str, float]) -> Figures:
    """Run the event loop until the run has been shown and has trained for a second."""
    import psutil
    from PySide6.QtWidgets import QApplication

    from seqviz.cli.bench.harness.live_window import BEAT_MS, Heartbeat
    from seqviz.gui.main_window import MainWindow

    assert isinstance(window, MainWindow)
    heart = Heartbeat()
    window.painted_first.connect(heart.start)
    window.show()
    end = time.monotonic() + 20
    while "run_shown_s" not in stamps and time.monotonic() < end:
        QApplication.processEvents()
        time.sleep(0.0005)
    gap = max(heart.late_ms) + BEAT_MS
    heart.stop()
    window.session.play()
    end = time.monotonic() + 2
    while time.monotonic() < end:
        QApplication.processEvents()
        time.sleep(0.002)
    memory = psutil.Process().memory_info().rss / 2**20
    window.close()
    return {"longest_gap_ms": gap, "rss_mib": memory}


if __name__ == "__main__":
    from seqviz.cli.bench.harness.child import tell

    tell(open_window())
