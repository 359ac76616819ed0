"""The sub-steps of one optimiser step, as a debugger walks them. Pure.

Forward from the first position to the last, the losses, backward from the last position to the first, the clip, the
update: 2 n + 3 sub-steps for n positions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["forward", "loss", "backward", "clip", "update"]
KINDS: tuple[Kind, ...] = ("forward", "loss", "backward", "clip", "update")


@dataclass(frozen=True)
class SubStep:
    """`t` is a position of the probe, -1 where a sub-step concerns all of them."""

    kind: Kind
    t: int = -1


class SubSteps:
    """Where the debugger stands. It begins at the end: the whole step is seen."""

    def __init__(self, n: int) -> None:
        assert n >= 0
        self.n = n
        self.at = self.count - 1

    @property
    def count(self) -> int:
        return 2 * self.n + 3

    @property
    def now(self) -> SubStep:
        return self.of(self.at)

    def of(self, index: int) -> SubStep:
        """The sub-step number `index`, counted from 0."""
        n = self.n
        if index < n:
            return SubStep("forward", index)
        if index == n:
            return SubStep("loss")
        if index <= 2 * n:
            return SubStep("backward", 2 * n - index)
        return SubStep("clip") if index == 2 * n + 1 else SubStep("update")

    def span(self, kind: Kind) -> range:
        """Numbers of the sub-steps of one kind."""
        n = self.n
        starts = (0, n, n + 1, 2 * n + 1, 2 * n + 2, 2 * n + 3)
        place = KINDS.index(kind)
        return range(starts[place], starts[place + 1])

    def go(self, index: int) -> bool:
        """Stand at a sub-step, kept within the step; whether anything moved."""
        index = min(max(index, 0), self.count - 1)
        moved = index != self.at
        self.at = index
        return moved

    def next_at(self, t: int) -> int:
        """The number of the next sub-step at position t; the last sub-step where none is ahead."""
        ahead = (index for index in range(self.at + 1, self.count) if self.of(index).t == t)
        return next(ahead, self.count - 1)

    # what is done by now

    @property
    def at_end(self) -> bool:
        return self.at == self.count - 1

    @property
    def read(self) -> int:
        """How many positions the forward pass has read."""
        return min(self.at + 1, self.n)

    @property
    def came_back(self) -> int:
        """The first position that the gradient has reached; n while it has reached none."""
        return min(max(2 * self.n - self.at, 0), self.n)

    def done(self, kind: Kind) -> bool:
        """Whether a sub-step of this kind stands or lies behind."""
        return self.at >= self.span(kind).start
