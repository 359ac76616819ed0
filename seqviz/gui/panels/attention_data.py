"""Attention patterns of a snapshot by block, and the names of heads; shared by the two attention panels."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from seqviz.gui.panels.base import Snapshot
from seqviz.gui.panels.head_roles import head_role
from seqviz.gui.panels.state_names import layer_of

RENAME_GROWTH = 1.1  # heads are looked at again when the step has grown by this factor: names must not flicker
_ALONE = -1  # attention outside blocks (sequence to sequence)


def patterns_of(snapshot: Snapshot) -> dict[int, NDArray[np.floating]]:
    """Block -> (head, query, key), the newest of the snapshot; a pattern without heads is one head."""
    found: dict[int, NDArray[np.floating]] = {}
    for name, array in snapshot.matching("*attention.pattern").items():
        block = layer_of(name)
        found[_ALONE if block is None else block] = array if array.ndim == 3 else array[None]
    return dict(sorted(found.items()))


def block_path(block: int) -> str:
    """`blocks.0.attention`, or `attention` where there are no blocks."""
    return "attention" if block == _ALONE else f"blocks.{block}.attention"


def head_title(block: int, head: int) -> str:
    """`head 6 of block 2`, counted from 1."""
    return f"head {head + 1}" if block == _ALONE else f"head {head + 1} of block {block + 1}"


class HeadNames:
    """Roles of all heads, found anew now and then."""

    def __init__(self) -> None:
        self._roles: dict[tuple[int, int], str] = {}
        self._step = -1
        self._tokens: tuple[str, ...] = ()

    def update(self, snapshot: Snapshot, patterns: Mapping[int, NDArray[np.floating]]) -> None:
        """Look at the heads again if the probe changed or training went on by a tenth."""
        assert snapshot.frame is not None
        step, tokens = snapshot.frame.step, snapshot.labels()
        heads = sum(len(p) for p in patterns.values())
        fresh = self._step <= step <= self._step * RENAME_GROWTH and tokens == self._tokens
        if fresh and len(self._roles) == heads:
            return
        self._step, self._tokens = step, tokens
        self._roles = {
            (block, head): head_role(p[head], tokens) if p.shape[1] == p.shape[2] else ""
            for block, p in patterns.items()
            for head in range(len(p))
        }

    def role(self, head: tuple[int, int]) -> str:
        return self._roles.get(head, "")

    def title(self, head: tuple[int, int], many_blocks: bool) -> str:
        """`6 induction-like`; with several blocks `2.6 induction-like`."""
        number = f"{head[0] + 1}.{head[1] + 1}" if many_blocks else f"{head[1] + 1}"
        return f"{number} {self.role(head)}".strip()
