"""Which axis of a frame is the ruler of the sheet, and what its cells say. Pure."""

from __future__ import annotations

import math

import numpy as np

from seqviz.core.events import RunStarted
from seqviz.gui.panels.base import Snapshot

AXES_BY_PREFERENCE = ("t", "source", "node", "target")


def main_axis(snapshot: Snapshot) -> str:
    """The position axis under the sheet: time, else the source, else the nodes of a tree."""
    rulers = {} if snapshot.frame is None else snapshot.frame.rulers
    return next((axis for axis in AXES_BY_PREFERENCE if axis in rulers), "t")


def same_view(one: Snapshot, other: Snapshot) -> bool:
    """Whether what stands on the probe's columns looks the same: steps alone change nothing there."""
    return (
        one.run is other.run
        and one.frame is other.frame
        and one.cursor == other.cursor
        and len(one.history.baselines) == len(other.history.baselines)
    )


def same_arrays(old: Snapshot, new: Snapshot, beginnings: tuple[str, ...]) -> bool:
    """Whether two snapshots of one run and cursor hold the very same arrays under names that begin like this."""
    if old.frame is None or new.frame is None or old.run is not new.run or old.cursor != new.cursor:
        return False
    if old.frame.rulers != new.frame.rulers:
        return False
    before, after = (
        [array for name, array in frame.arrays.items() if name.startswith(beginnings)]
        for frame in (old.frame, new.frame)
    )
    return len(before) == len(after) and all(one is other for one, other in zip(before, after, strict=True))


def tokens_of(snapshot: Snapshot, probe: str) -> tuple[str, ...]:
    """Labels of the probe's tokens; its characters until the first frame came."""
    return snapshot.labels(main_axis(snapshot)) or tuple(probe)


def highest_bits(run: RunStarted | None) -> float:
    """Top of the surprisal scale: one bit above that of blind guessing."""
    size = len(run.vocabulary) if run is not None and run.vocabulary else 64
    return math.ceil(math.log2(max(size, 2))) + 1.0


def strip_surprisal(snapshot: Snapshot, n: int) -> np.ndarray | None:
    """Bits per token of the strip, (n,); None where the frame has none for these tokens."""
    bits = snapshot.array("surprisal")
    return bits if bits is not None and bits.shape == (n,) else None
