"""What the open window costs: steps per second with all panels live, as a share of the same loop unwatched.

Both in one process and one training thread, in turn. Meanwhile a 5 ms timer of the window tells how late it is.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from seqviz.cli.bench import Figures, Measurement, measurements

if TYPE_CHECKING:
    from seqviz.cli.bench.harness.live_window import LiveWindow

STRETCH, PAIRS = 0.6, 6  # seconds, and how often each side has its turn: short, so that both meet the same moods
ENOUGH = 15.0  # seconds after which a slow machine's model has no further pairs
MODELS = ("lstm", "rnn", "transformer")


@measurements.register("throughput")
class Throughput(Measurement):
    gives = ("throughput", "lateness_ms", "lateness_ms_by_model", "live_steps_per_second", "frames_per_second")
    limit = 180.0  # it takes about 75 s when nothing else runs

    def measure(self) -> Figures:
        from seqviz.cli.bench.harness.live_window import LiveWindow
        from seqviz.cli.bench.harness.settings import bench_config

        found: Figures = {key: {} for key in self.gives}
        with LiveWindow() as live:
            for threads in (1, 2):
                for model in MODELS:
                    live.take(bench_config(model, threads))
                    self._one(live, model, str(threads), found)
        for count in ("1", "2"):
            each = [found["lateness_ms_by_model"][model][count] for model in MODELS]
            found["lateness_ms"][count] = {key: max(one[key] for one in each) for key in ("p99", "max")}
        return found

    def _one(self, live: LiveWindow, model: str, threads: str, found: Figures) -> None:
        import numpy as np

        from seqviz.cli.bench.harness.live_window import Heartbeat
        from seqviz.cli.bench.harness.timing import share

        heart = Heartbeat()
        watched, bare, frames = [], [], []
        end = time.monotonic() + ENOUGH
        for pair in range(PAIRS):
            if pair > 1 and time.monotonic() > end:
                break
            for side in ("live", "bare") if pair % 2 else ("bare", "live"):
                if side == "bare":
                    bare.append(live.bare(STRETCH).steps_per_second)
                    continue
                stretch = live.live(STRETCH, heart)
                watched.append(stretch.steps_per_second)
                frames.append(stretch.frames_per_second)
        late = {"p99": float(np.percentile(heart.late_ms, 99)), "max": max(heart.late_ms)}
        figures = {
            "throughput": share(watched, bare),
            "lateness_ms_by_model": {key: round(value, 2) for key, value in late.items()},
            "live_steps_per_second": round(float(np.median(watched)), 1),
            "frames_per_second": round(float(np.median(frames)), 1),
        }
        for key, value in figures.items():
            found[key].setdefault(model, {})[threads] = value
