"""The same with the itemised gradient map on top, as often as the watch budget allows, on one torch thread.

Stretches are longer here: after each switch the map is made at once, and then seldom.
"""

from __future__ import annotations

from seqviz.cli.bench import Figures, Measurement, measurements

STRETCH, PAIRS = 3.0, 3
MODELS = ("lstm", "rnn", "transformer")


@measurements.register("throughput_with_map")
class ThroughputWithMap(Measurement):
    gives = ("throughput_with_map", "maps_per_second")
    limit = 150.0

    def measure(self) -> Figures:
        from seqviz.cli.bench.harness.live_window import LiveWindow
        from seqviz.cli.bench.harness.settings import bench_config

        live: LiveWindow | None = None
        shares: dict[str, float] = {}
        rates: dict[str, float] = {}
        for model in MODELS:
            config = bench_config(model)
            if live is None:
                live = LiveWindow(config)
            else:
                live.take(config)
            shares[model], rates[model] = one(live)
        assert live is not None
        live.close()
        return {"throughput_with_map": shares, "maps_per_second": rates}


def one(live: object) -> tuple[float, float]:
    """Share of bare, and how often the map came."""
    from seqviz.cli.bench.harness.live_window import LiveWindow
    from seqviz.cli.bench.harness.timing import share

    assert isinstance(live, LiveWindow)
    watched, bare, maps = [], [], 0
    for _ in range(PAIRS):
        bare.append(live.bare(STRETCH / 2).steps_per_second)
        seen = len(live.mailbox.frames)
        watched.append(live.live(STRETCH, dear=True).steps_per_second)
        maps += sum(any(n.startswith("gradient.itemised.") for n in f.arrays) for f in live.mailbox.frames[seen:])
    return share(watched, bare), round(maps / (PAIRS * STRETCH), 2)
