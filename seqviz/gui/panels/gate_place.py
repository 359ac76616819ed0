"""Which of a net's gates a panel shows: the layer, the way it reads, and the depth inside one step."""

from __future__ import annotations

import re
from collections.abc import Iterable

from seqviz.gui.panels.state_names import DIRECTIONS, direction_of, layer_of

LINEAR = "gate"  # of a gated linear unit: the one gate there is
WHOLE_STEP = "whole step"
_DEPTH = re.compile(r"\.depth\.(\d+)\.")
Choice = tuple[str, tuple[str, ...], str]  # key, options, the one chosen


class GatePlace:
    """What there is to choose from is read off the traced names; what was chosen is kept where it exists."""

    def __init__(self) -> None:
        self._layer = -1  # -1: the top one
        self._direction = ""  # of a net that reads both ways; "": forward
        self._depth = -1  # of a step that is several layers deep; -1: the whole step
        self.layers: tuple[int, ...] = ()
        self.directions: tuple[str, ...] = ()
        self.depths: tuple[int, ...] = ()

    def see(self, names: Iterable[str]) -> None:
        """Learn from the traced names of gates what there is."""
        known = list(names)
        self.layers = tuple(sorted({layer for name in known if (layer := layer_of(name)) is not None}))
        self.directions = tuple(way for way in DIRECTIONS if any(direction_of(name) == way for name in known))
        self.depths = tuple(sorted({int(m.group(1)) for name in known if (m := _DEPTH.search(name))}))

    @property
    def layer(self) -> int:
        """The layer shown, counted from 0."""
        if self._layer in self.layers:
            return self._layer
        return self.layers[-1] if self.layers else 0

    @property
    def direction(self) -> str:
        """Which way the net shown reads; "" where it reads one way only."""
        if self._direction in self.directions:
            return self._direction
        return self.directions[0] if self.directions else ""

    @property
    def depth(self) -> int:
        """The depth shown, counted from 0; -1: the whole step."""
        return self._depth if self._depth in self.depths else -1

    def site(self, gate: str) -> str:
        """Trace name of a gate of the layer, direction and depth shown."""
        if gate == LINEAR:
            return f"conv.{self.layer}.{gate}"
        way = f"{self.direction}." if self.direction else ""
        inner = f"depth.{self.depth}." if self.depth >= 0 else ""
        return f"layers.{self.layer}.{way}{inner}{gate}"

    def words(self) -> str:
        """`layer 2, depth 1 of 3`; "" where there is nothing to choose."""
        said = [f"layer {self.layer + 1}"] if len(self.layers) > 1 else []
        if self.direction:
            said.append(f"reading {self.direction}")
        if self.depths:
            said.append(f"{self._depth_option()} of {len(self.depths)}" if self.depth >= 0 else WHOLE_STEP)
        return ", ".join(said)

    def choices(self) -> list[Choice]:
        """For a menu."""
        found: list[Choice] = []
        if len(self.layers) > 1:
            found.append(("layer", tuple(f"layer {n + 1}" for n in self.layers), f"layer {self.layer + 1}"))
        if len(self.directions) > 1:
            found.append(("direction", self.directions, self.direction))
        if self.depths:
            options = (WHOLE_STEP, *(f"depth {k + 1}" for k in self.depths))
            found.append(("depth", options, self._depth_option()))
        return found

    def choose(self, key: str, option: str) -> bool:
        """Whether it was a choice of place."""
        if key == "layer":
            self._layer = int(option.removeprefix("layer ")) - 1
        elif key == "direction":
            self._direction = option
        elif key == "depth":
            self._depth = -1 if option == WHOLE_STEP else int(option.removeprefix("depth ")) - 1
        else:
            return False
        return True

    def _depth_option(self) -> str:
        return WHOLE_STEP if self.depth < 0 else f"depth {self.depth + 1}"
