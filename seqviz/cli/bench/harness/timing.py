"""Clocks and medians."""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median


def median_ms(act: Callable[[], object], repeats: int, warm_up: int = 2) -> float:
    """Median milliseconds of one call."""
    for _ in range(warm_up):
        act()
    times = []
    for _ in range(repeats):
        began = time.perf_counter()
        act()
        times.append(time.perf_counter() - began)
    return round(1e3 * median(times), 3)


def share(ours: list[float], theirs: list[float]) -> float:
    """Median of ours over theirs, pair by pair: what slows the machine down slows both of a pair."""
    return round(median(a / b for a, b in zip(ours, theirs, strict=True)), 3)
