"""One lane of the race as the window keeps it: its numbers so far, its newest frame, its newest sample."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from seqviz.core import events as ev
from seqviz.gui.frame_merging import merged
from seqviz.gui.history import History
from seqviz.gui.panels.state_names import site_order
from seqviz.gui.race.styles import RacerStyle

RacerState = Literal["ready", "racing", "finished", "diverged", "failed"]
_HALF_LIFE = "gradient.half_life."
_DECAY = "gradient.decay."


@dataclass
class Racer:
    """`learns_by` other than "gradient": it counts or estimates, so it is a line to beat, not a curve."""

    number: int
    label: str
    run: ev.RunStarted
    style: RacerStyle
    learns_by: str = "gradient"
    flops_per_token: float = 0.0
    history: History = field(default_factory=History)
    frame: ev.Frame | None = None
    sample: ev.Sample | None = None
    state: RacerState = "ready"
    ending: str = ""  # why it is over, in words
    tokens_per_second: float = 0.0  # of computing
    seconds: float = 0.0  # of computing
    step: int = 0
    _bits: NDArray[np.floating] | None = None
    _bits_of: ev.Frame | None = None  # the frame they were taken from
    counted: int = 0  # entries that a counting model holds, as its last words say

    def apply(self, event: ev.Event) -> None:
        """Take in what its run told."""
        self.history.apply(event)
        match event:
            case ev.StepMetrics(step, _, seconds):
                self.step, self.seconds = step, seconds
                if self.state == "ready":
                    self.state = "racing"
            case ev.Frame() if event.run_id == self.run.run_id:
                self.frame = merged(self.frame, event)
            case ev.Sample():
                self.sample = event
            case ev.RunFinished(step, reason, summary):
                self.step, self.state, self.ending = step, "finished", reason
                self.counted = int(summary.get("parameters") or 0)
            case ev.RunDiverged(step, tensor):
                self.state, self.ending = "diverged", f"at step {step}: not a number in {tensor}"
            case ev.RunFailed(step, text):
                self.state, self.ending = "failed", f"at step {step}: {text}"

    @property
    def counts(self) -> bool:
        return self.learns_by != "gradient"

    @property
    def out(self) -> bool:
        """Diverged or failed: it came to no end."""
        return self.state in ("diverged", "failed")

    @property
    def nats(self) -> float | None:
        """The newest validation loss per token; None before the first, nan where its scores are no distribution."""
        losses = self.history.valid_losses.values
        return float(losses[-1]) if len(losses) else None

    @property
    def parameters(self) -> int:
        """Numbers that training sets; of what counts, the entries it holds once it has read all."""
        return self.counted or sum(count for _, count in self.run.parameters)

    @property
    def site(self) -> str:
        """The state whose gradient is shown: the top layer's hidden state, the embedding where there is none."""
        arrays = {} if self.frame is None else self.frame.arrays
        sites = [name.removeprefix(_DECAY) for name in arrays if name.startswith(_DECAY)]
        return min(sites, key=site_order, default="")

    @property
    def looked_through(self) -> bool:
        """Whether the newest frame holds all that is watched, the dear mean over windows too, at its own step."""
        if self.frame is None:
            return False
        made = self.frame.made_at.get(_DECAY + self.site, -1)
        return self.out or not any(name.startswith(_DECAY) for name in self.run.provides) or made == self.step

    def decay(self) -> NDArray[np.floating] | None:
        """(distance,): the mean gradient by distance, 1 at distance 0; None where none was measured."""
        found = self.array(_DECAY + self.site)
        return found if found is not None and found.ndim == 1 and np.isfinite(found).any() else None

    def tail(self) -> tuple[float, float, float]:
        """Tail half-life in tokens, R2 of its fit, 1 % horizon; nan where not measured."""
        found = self.array(_HALF_LIFE + self.site)
        if found is None or len(found) < 3:
            return (math.nan, math.nan, math.nan)
        return (float(found[0]), float(found[1]), float(found[2]))

    def array(self, name: str) -> NDArray[np.floating] | None:
        return None if self.frame is None else self.frame.arrays.get(name)

    def labels(self, axis: str = "t") -> tuple[str, ...]:
        """The tokens of the probe as this racer reads them."""
        ruler = None if self.frame is None else self.frame.rulers.get(axis)
        return () if ruler is None else ruler.labels

    @property
    def foretells(self) -> bool:
        """Whether its bits are those of the token itself; else they are of what is asked at the token (its tag)."""
        return "surprisal" in self.run.provides

    @property
    def writes(self) -> bool:
        """Whether it can write samples."""
        return "samples" in self.run.provides

    def surprisal(self) -> NDArray[np.floating] | None:
        """(t,) bits of each token, or of what is asked there; None before the first frame, or where none fit."""
        if self._bits_of is not self.frame:
            self._bits_of, self._bits = self.frame, self._measure()
        return self._bits

    def _measure(self) -> NDArray[np.floating] | None:
        bits = self.array("surprisal")
        if bits is None and not self.foretells and self.run.unit.name.startswith("bits"):
            losses = self.array("losses")
            bits = None if losses is None else losses / np.float32(math.log(2))
        return bits if bits is not None and bits.shape == (len(self.labels()),) else None
