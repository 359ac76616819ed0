"""The figures as lines to read, with what the project aims at beside them."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator
from typing import Any

# The first pattern that fits a dotted key counts: at least, or at most, so much.
GOALS: tuple[tuple[str, str, float], ...] = (
    ("throughput.*.1", ">=", 0.95),
    ("throughput.*.2", ">=", 0.90),
    ("headless_vs_plain_loop.*", ">=", 0.98),
    ("lateness_ms.1.p99", "<=", 5.0),
    ("lateness_ms.2.p99", "<=", 8.0),
    ("lateness_ms.*.max", "<=", 100.0),
    ("panel_frame_ms", "<=", 4.0),
    ("window_painted_s", "<=", 0.5),
    ("ready_s", "<=", 1.6),
    ("longest_gap_ms", "<=", 200.0),
    ("itemised_map_ms.rnn.ours", "<=", 5.0),
    ("itemised_map_ms.gru.ours", "<=", 15.0),
    ("itemised_map_ms.lstm.ours", "<=", 20.0),
    ("itemised_map_ms.transformer.ours", "<=", 130.0),
    ("race_overhead", "<=", 0.05),
    ("lab_rooms.*", ">=", 0.90),
    ("lab_looking.*", "<=", 0.15),
    ("lab_frame_ms.*", "<=", 6.0),
    ("onlookers.*", ">=", 0.95),
    ("watching_cost.*", "<=", 0.05),
    ("watch_returns_ms.*", "<=", 50.0),
    ("curve_update_ms.10000000", "<=", 3.0),
)


def report(figures: dict[str, Any]) -> str:
    """One line a figure: key, value, and the goal where there is one."""
    rows = list(flat(figures))
    width = max((len(key) for key, _ in rows), default=0)
    return "\n".join(f"{key:<{width}}  {value:>9.4g}{verdict(key, value)}" for key, value in rows)


def flat(tree: dict[str, Any], above: str = "") -> Iterator[tuple[str, float]]:
    """Dotted keys and numbers of nested figures."""
    for name, value in tree.items():
        key = f"{above}{name}"
        if isinstance(value, dict):
            yield from flat(value, f"{key}.")
        else:
            yield key, float(value)


def verdict(key: str, value: float) -> str:
    """The goal of a figure and whether it is met; nothing where there is none."""
    for pattern, sense, goal in GOALS:
        if fnmatch.fnmatchcase(key, pattern):
            met = value >= goal if sense == ">=" else value <= goal
            return f"   goal {sense} {goal:g}{'' if met else '   MISSED'}"
    return ""
