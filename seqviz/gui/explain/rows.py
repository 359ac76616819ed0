"""From an answer to the rows of its block: what stands in the gutter, over the columns, and beside them. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seqviz.core.events import Evidence, Explained
from seqviz.gui.explain.asking import Lane
from seqviz.gui.explain.words import NOT_COMPARED, RANKS, agreement_words, value_text

MOST_STRETCH = 3.0
BITS_LOW, SHARE_LOW = 0.01, 0.001  # what is smaller is not drawn: both scales are logarithmic
# px at scale 1
HEAD, TRUTH, WITNESS, STATES, FLAT, TABLE, GAP, FOOT, GHOST = 23, 36, 29, 29, 15, 30, 4, 3, 46
Floats = NDArray[np.floating]


@dataclass(frozen=True, eq=False)
class WeightRow:
    """`shares`: the truth's, for the line over a witness's bars; None over the truth itself."""

    item: Evidence
    truth: bool
    shares: Floats | None

    @property
    def weighs(self) -> bool:
        """Whether it has a number for any place."""
        return bool(np.isfinite(self.item.weights).any())

    @property
    def flat(self) -> bool:
        """Whether it weighs all places alike: there is only where it reaches to be seen."""
        return self.weighs and not self.truth and math.isnan(self.item.agreement)

    @property
    def height(self) -> int:
        if self.truth:
            return TRUTH
        return FLAT if self.flat else WITNESS if self.weighs else STATES

    @property
    def grows(self) -> bool:
        """Whether more height shows more."""
        return self.truth or (self.weighs and not self.flat)

    def bed_height(self, stretch: float) -> float:
        """Px at scale 1 where there is `stretch` times the room that is needed."""
        return self.height * (stretch if self.grows else 1.0)

    def total_height(self, stretch: float) -> float:
        """With its table."""
        return self.bed_height(stretch) + (TABLE if self.item.rows else 0) + GAP

    @property
    def verdict(self) -> str:
        """The second line in the gutter."""
        if self.truth:
            return "**the truth**"
        return agreement_words(self.item.agreement) if self.weighs else "gives no weights"

    @property
    def sentence(self) -> str:
        return self.item.sentence.replace("“ ”", "the space")

    @property
    def tip(self) -> str:
        """What a hover says in full."""
        if self.truth:
            return f"{self.item.title}. {self.sentence}"
        compared = RANKS if not math.isnan(self.item.agreement) else NOT_COMPARED
        return f"{self.item.title}. {self.sentence}\n{compared}"

    def places(self, top: float) -> Floats:
        """(t,) heights of the bars, 0 .. 1; nan where nothing is said. `top` bits fill the truth's."""
        low, high = (BITS_LOW, top) if self.item.unit == "bits" else (SHARE_LOW, 1.0)
        return log_places(self.item.weights, low, high)

    def value_at(self, column: int) -> str:
        """What is written beside the cursor."""
        if not 0 <= column < len(self.item.weights):
            return ""
        label = self.item.labels[column] if column < len(self.item.labels) else ""
        value = value_text(float(self.item.weights[column]), self.item.unit)
        return value or (f"state {label}" if label else "")


def rows_of(lane: Lane) -> list[WeightRow]:
    """The truth first, then the witnesses in their order."""
    if lane.explained is None:
        return []
    truth = lane.truth
    shares = None if truth is None else shares_of(truth.weights)
    return [
        WeightRow(item, truth=item is truth, shares=None if item is truth else shares)
        for item in lane.explained.evidence
    ]


def shares_of(weights: Floats) -> Floats | None:
    """Parts of 1; None where there is nothing to share."""
    total = float(np.nansum(np.where(np.isfinite(weights), weights, 0.0)))
    return weights / total if total > 0 else None


def log_places(values: Floats, low: float, high: float) -> Floats:
    """Places 0 .. 1 on a logarithmic scale; what is below it is 0, infinity 1, nan stays nan."""
    values = np.asarray(values, dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        places = np.log(np.maximum(values, low * 1e-9) / low) / math.log(high / low)
    return np.clip(places, 0.0, 1.0)


def scale_top(largest: float) -> float:
    """The next of 1, 2, 5, 10 ... bits."""
    if largest <= 1 or not math.isfinite(largest):
        return 1.0
    power = 10.0 ** math.floor(math.log10(largest))
    return next(step * power for step in (1, 2, 5, 10) if step * power >= largest * (1 - 1e-9))


def block_height(rows: Sequence[WeightRow], stretch: float) -> float:
    """Px at scale 1 of a whole block."""
    return HEAD + FOOT + (sum(row.total_height(stretch) for row in rows) if rows else GHOST)


def room_to_grow(blocks: Sequence[Sequence[WeightRow]], height: float) -> float:
    """By how much bars can grow so that all blocks fill `height` px at scale 1: 1 .. `MOST_STRETCH`."""
    fixed = sum(block_height(rows, 0.0) for rows in blocks)
    bars = sum(block_height(rows, 1.0) for rows in blocks) - fixed
    return min(max((height - fixed) / bars, 1.0), MOST_STRETCH) if bars > 0 else 1.0


def told(explained: Explained | None, rows: Sequence[WeightRow]) -> str:
    """The block for those who hear it."""
    if explained is None:
        return ""
    return "; ".join(f"{row.item.title}: {row.verdict.replace('**', '')}, {row.sentence}" for row in rows)
