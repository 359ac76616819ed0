"""What the gradient laboratory tells the window: measured parameters, halts, findings, remedies, twins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

import numpy as np

from seqviz.core.events import Delivery, Event
from seqviz.core.race_events import RaceEvent


@dataclass(frozen=True)
class ParametersMeasured(Event):
    """One optimiser step seen tensor by tensor.

    Attributes
    ----------
    step
        the step that was made with these gradients.
    names
        parameter tensors in the model's order.
    figures
        by figure, each (tensor,): gradient_norm, gradient_max, zero_share (0..1), weight_norm, update_norm,
        update_ratio, signal_to_noise, angle (degrees to the last measured gradient); nan where not known.
    histograms
        (tensor, bin): shares of the entries of the gradient by log10 of their size; they and zero_share add up to 1.
    edges
        (bin + 1,) log10 of the bins' edges.
    shapes
        of the tensors, in the same order.
    """

    step: int
    names: tuple[str, ...]
    figures: Mapping[str, np.ndarray]
    histograms: np.ndarray
    edges: np.ndarray
    shapes: tuple[tuple[int, ...], ...] = ()


@dataclass(frozen=True)
class BreakpointsMeasured(Event):
    """What the armed breakpoints measured last; dear ones look now and then, so each has its own step."""

    delivery: ClassVar[Delivery] = "latest"
    values: Mapping[str, float]  # by breakpoint
    steps: Mapping[str, int]  # the step at which it was measured


@dataclass(frozen=True)
class RunHalted(Event):
    """A breakpoint was met: the update was not applied, the run stands at the step before it.

    `step` is the step that was about to be made. `position` is one in the batch's sequence (-1: none); `excerpt` the
    text of that sequence as labels; `panel` the view that shows it best.
    """

    step: int
    breakpoint: str
    text: str  # one sentence with the number
    value: float
    limit: float
    tensor: str = ""
    layer: str = ""
    position: int = -1
    excerpt: tuple[str, ...] = ()
    panel: str = ""


@dataclass(frozen=True)
class Suggestion:
    """A fix worth trying on a twin: remedy by name and the value to set it to, and what must go with it to help."""

    remedy: str
    value: Any
    words: str  # "forget bias 3"
    also: tuple[tuple[str, Any], ...] = ()  # (remedy, value)

    @property
    def changes(self) -> dict[str, Any]:
        """All remedies of the twin, by name."""
        return {self.remedy: self.value, **dict(self.also)}


@dataclass(frozen=True)
class Finding:
    """What a rule of the diagnosis found in this run, and what it rests on.

    `confidence` 0..1; `evidence`: (what was measured, the number with its unit); `panel`: the view that shows it.
    """

    rule: str
    title: str
    sentence: str
    confidence: float
    evidence: tuple[tuple[str, str], ...]
    panel: str
    suggestions: tuple[Suggestion, ...] = ()


@dataclass(frozen=True)
class Diagnosed(Event):
    """All rules were asked at `step`. `silent`: (rule's title, why it could not judge) of those that lacked figures."""

    step: int
    findings: tuple[Finding, ...]
    passed: tuple[str, ...]  # titles of rules that looked and found nothing
    silent: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class RemedySwitch:
    """One remedy that the present run could be given, as plain data for the window.

    `kind` choice: one of `options`; number: from `low` to `high` (log: on a log scale); toggle: True or False.
    `from_start`: the weights must begin anew, so original and twin both train from step 0.
    """

    name: str
    title: str
    kind: Literal["choice", "number", "toggle"]
    value: Any  # as the run has it now
    help: str
    options: tuple[str, ...] = ()
    low: float = 0.0
    high: float = 1.0
    log: bool = False
    unit: str = ""
    from_start: bool = False
    order: int = 100


@dataclass(frozen=True)
class RemediesOffered(Event):
    """Which switches the run that stands here has; sent with each run and each knob change."""

    switches: tuple[RemedySwitch, ...]


@dataclass(frozen=True)
class TwinTold(Event):
    """What the pair of original and twin (a race of two: racer 0 the original, 1 the twin) told."""

    event: RaceEvent

    @property
    def delivery(self) -> Delivery:  # type: ignore[override]  # as its content is delivered, not as its class
        return self.event.delivery

    @property
    def coalescing_key(self) -> object:
        return (type(self.event), self.event.coalescing_key)


@dataclass(frozen=True)
class TwinMade(Event):
    """A pair stands paused. `changes` by remedy; `step` where both begin; `notes`: what the comparison cannot keep."""

    changes: Mapping[str, Any] = field(default_factory=dict)
    step: int = 0
    words: str = ""  # "forget bias 1 → 3"
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class PluginRead(Event):
    """A user's file was run: `parts` it registered ("architecture mine"), or why not, with the traceback."""

    path: str
    parts: tuple[str, ...] = ()
    error: str = ""
    details: str = ""
