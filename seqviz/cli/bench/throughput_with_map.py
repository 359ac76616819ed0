"""The same with the itemised gradient map on top, as often as the watch budget allows, on one torch thread.

Stretches are longer here: after each switch the map is made at once, and then seldom.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from seqviz.cli.bench import Figures, Measurement, measurements

if TYPE_CHECKING:
    from seqviz.cli.bench.harness.live_window import LiveWindow

STRETCH, PAIRS = 3.0, 3
MODELS = ("lstm", "rnn", "transformer")


@measurements.register("throughput_with_map")
class ThroughputWithMap(Measurement):
    gives = ("throughput_with_map", "maps_per_second")
    limit = 150.0

    def measure(self) -> Figures:
        from seqviz.cli.bench.harness.live_window import LiveWindow
        from seqviz.cli.bench.harness.settings import bench_config

        shares: dict[str, float] = {}
        rates: dict[str, float] = {}
        with LiveWindow() as live:
            for model in MODELS:
                live.take(bench_config(model))
                shares[model], rates[model] = one(live)
        return {"throughput_with_map": shares, "maps_per_second": rates}


def one(live: LiveWindow) -> tuple[float, float]:
    """Share of bare, and how often the map came."""
    from seqviz.cli.bench.harness.timing import share

    watched, bare, maps = [], [], 0
    for _ in range(PAIRS):
        bare.append(live.bare(STRETCH / 2).steps_per_second)
        seen = len(live.mailbox.frames)
        watched.append(live.live(STRETCH, dear=True).steps_per_second)
        maps += sum(any(n.startswith("gradient.itemised.") for n in f.arrays) for f in live.mailbox.frames[seen:])
    return share(watched, bare), round(maps / (PAIRS * STRETCH), 2)
