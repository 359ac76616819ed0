"""What a rule of the diagnosis may look at: the run's record, what it was asked to do, and arrays measured just now."""

from __future__ import annotations

import fnmatch
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqviz.core.units import Unit

Floats = NDArray[np.float64]

EMPTY: Floats = np.empty(0)
_COUNTED = re.compile(r"^(\d+)-gram$")  # training/counted_baseline.py names its line so
BLIND = frozenset({"uniform", "unigram", "memoryless"})  # lines of who looks at nothing but how common each answer is
TAIL = 100  # steps: enough to see past single batches, few enough to be about now
PARTS = 4  # a trend is told from the medians of four stretches of steps
FEWEST_OF_A_PART = 20  # steps in each of them


@dataclass(frozen=True)
class Record:
    """One number a step, (step,) each; norms are of the gradient before clipping, losses in nats per token."""

    steps: Floats = field(default_factory=lambda: EMPTY)
    losses: Floats = field(default_factory=lambda: EMPTY)
    grad_norms: Floats = field(default_factory=lambda: EMPTY)
    clip_scales: Floats = field(default_factory=lambda: EMPTY)
    rates: Floats = field(default_factory=lambda: EMPTY)
    valid_steps: Floats = field(default_factory=lambda: EMPTY)  # of the sampled validation losses
    valid_losses: Floats = field(default_factory=lambda: EMPTY)
    ratio_steps: Floats = field(default_factory=lambda: EMPTY)  # of the measured update-to-weight ratios
    ratios: Floats = field(default_factory=lambda: EMPTY)
    rate_changed: float = 0.0  # step of the last live change of the learning rate
    diverged: str = ""  # the tensor that was no number

    def trend(self) -> Floats | None:
        """Median loss of four equal stretches of the last steps at this learning rate; None where there are too few.

        The last half of the run, and never less than 80 steps: (4,).
        """
        known = self.losses[self.steps > self.rate_changed]
        known = known[np.isfinite(known)]
        span = max(len(known) // 2, PARTS * FEWEST_OF_A_PART)
        if len(known) < span:
            return None
        return np.array([np.median(part) for part in np.array_split(known[-span:], PARTS)])

    def noise(self) -> float:
        """Standard error of one of the medians of `trend`, from how single steps scatter about their neighbours."""
        known = self.losses[np.isfinite(self.losses)]
        if len(known) < 3:
            return math.nan
        known = known[-max(len(known) // 2, PARTS * FEWEST_OF_A_PART) :]
        scatter = 1.4826 * float(np.median(np.abs(np.diff(known)))) / math.sqrt(2)  # of a normal, from its median
        return 1.2533 * scatter / math.sqrt(len(known) / PARTS)

    def began(self) -> float:
        """The loss of the first step, before any update; nan where that step was not recorded."""
        return float(self.losses[0]) if len(self.steps) and self.steps[0] <= 1 else math.nan

    def peak(self) -> float:
        """The highest loss that three steps in a row had, so that no odd batch tells it; nan before the third."""
        known = self.losses[np.isfinite(self.losses)]
        return float(np.minimum.reduce([known[:-2], known[1:-1], known[2:]]).max()) if len(known) > 2 else math.nan

    def loss_now(self) -> float:
        """Median loss of the last steps, nan before the first."""
        known = self.losses[-FEWEST_OF_A_PART:]
        return float(np.median(known)) if len(known) else math.nan

    def valid_now(self) -> float:
        """The last sampled validation loss, nan before the first."""
        return float(self.valid_losses[-1]) if len(self.valid_losses) else math.nan

    def ratio(self) -> float:
        """Median update-to-weight ratio of the last steps at which it was measured; nan where it was not.

        Of the last half of the run at this rate, as `trend` reads, and never less than the last hundred steps: where
        looking is rationed, few updates are measured.
        """
        since = max(self.rate_changed, min(self.last_step - TAIL, self.last_step / 2))
        known = self.ratios[self.ratio_steps > since][-TAIL:]
        return float(np.median(known)) if len(known) else math.nan

    def largest_ratio(self) -> float:
        """The largest update-to-weight ratio measured at this rate; nan where none was."""
        known = self.ratios[self.ratio_steps > self.rate_changed]
        return float(known.max()) if len(known) else math.nan

    @property
    def last_step(self) -> float:
        return float(self.steps[-1]) if len(self.steps) else 0.0


@dataclass(frozen=True)
class Case:
    """Everything that a rule may look at. Baselines in nats per token, by name.

    `arrays`: what was measured at `step`, by trace name, over a few validation windows: of traces (window, position,
    unit), of analyses as they give it. `missing`: why an array that was wanted could not be had, by wildcard.
    """

    step: int
    title: str  # of the architecture
    config: Mapping[str, Any]
    unit: Unit
    vocabulary: int
    record: Record
    baselines: Mapping[str, float] = field(default_factory=dict)
    arrays: Mapping[str, np.ndarray] = field(default_factory=dict)
    missing: Mapping[str, str] = field(default_factory=dict)
    distance: int = 0  # positions that the task surely asks to look back; 0: nobody knows
    causal: bool = True  # the task must be answered without what comes later
    tokens_per_epoch: int = 0
    tokens: int = 0  # read so far

    def matching(self, *wildcards: str) -> dict[str, np.ndarray]:
        """Arrays whose name matches one of the wildcards, in name order."""
        return {n: self.arrays[n] for n in sorted(self.arrays) if any(fnmatch.fnmatchcase(n, w) for w in wildcards)}

    def why_missing(self, wildcard: str, otherwise: str) -> str:
        """Why arrays that were wanted by this wildcard are not there."""
        return self.missing.get(wildcard, otherwise)

    @property
    def counted(self) -> tuple[int, float] | None:
        """Order and loss of the n-gram that was counted on the same training text."""
        for name, nats in self.baselines.items():
            found = _COUNTED.match(name)
            if found:
                return int(found[1]), nats
        return None

    @property
    def plain_line(self) -> float:
        """The lowest line that needs no look at anything (unigram, memoryless, uniform); nan without one.

        Lines of who looks (neighbours, the Bayes filter) are goals, and no sign of what has not been learned.
        """
        lines = [nats for name, nats in self.baselines.items() if name in BLIND]
        return min(lines) if lines and self.unit.has_perplexity else math.nan

    def shown(self, nats: float) -> str:
        """A loss as the window shows it."""
        return f"{self.unit.convert(nats):.3g} {self.unit.name}"

    def knob(self, section: str, name: str, default: Any = None) -> Any:
        return self.config.get(section, {}).get(name, default)
