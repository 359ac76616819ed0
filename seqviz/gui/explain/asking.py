"""One question and its answers as they come, model by model. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from seqviz.core.events import Evidence, Explained
from seqviz.gui.race.styles import RacerStyle

NOT_OURS = "choose a token of the probe that others stand before"  # training/explaining.py says so of a place
NOTHING = "there is nothing to explain"  # and ends so, of a model


@dataclass(frozen=True)
class Who:
    """A model that is asked. `title`: its architecture; `ending`: why it fell out, "" while it goes on."""

    number: int
    label: str
    title: str
    style: RacerStyle
    ending: str = ""


@dataclass(frozen=True)
class Lane:
    """What one model answered so far: nothing, an explanation, or why there is none."""

    who: Who
    explained: Explained | None = None
    refusal: str = ""

    @property
    def waiting(self) -> bool:
        return self.explained is None and not self.refusal

    @property
    def truth(self) -> Evidence | None:
        """The change in loss by replacing, where it is a number anywhere."""
        found = self.explained.evidence[:1] if self.explained is not None else ()
        return next((item for item in found if item.unit == "bits"), None)


class Asking:
    """A token and who is asked about it. Models answer one after the other, in their order."""

    def __init__(self, position: int, whos: Sequence[Who], step: int) -> None:
        self.position, self.step = position, step
        self.lanes = [Lane(who, refusal=_fallen(who)) for who in whos]

    @property
    def waiting(self) -> bool:
        return any(lane.waiting for lane in self.lanes)

    def take(self, number: int, explained: Explained) -> bool:
        """An answer came; False where it is not to this question."""
        at = next((n for n, lane in enumerate(self.lanes) if lane.who.number == number), None)
        if at is None or explained.position != self.position or self.lanes[at].refusal:
            return False
        self.lanes[at] = replace(self.lanes[at], explained=explained)
        return True

    def refuse(self, text: str) -> bool:
        """A refusal came; False where it is not of this question."""
        at = self._refused(text)
        if at is None:
            return False
        self.lanes[at] = replace(self.lanes[at], refusal=text)
        return True

    def _refused(self, text: str) -> int | None:
        if not (text.endswith(NOTHING) or text == NOT_OURS):
            return None
        waiting = [n for n, lane in enumerate(self.lanes) if lane.waiting]
        named = (n for n in waiting if text.startswith(f"{self.lanes[n].who.title} "))
        return next(named, next(iter(waiting), None))


def _fallen(who: Who) -> str:
    return f"{who.label} fell out {who.ending}: what it says is no number" if who.ending else ""


def largest_change(lanes: Sequence[Lane]) -> float:
    """The largest change in loss that replacing brought anywhere, in bits; 0 where nothing is known."""
    found = [float(w) for lane in lanes if lane.truth is not None for w in lane.truth.weights if math.isfinite(w)]
    return max(found, default=0.0)
