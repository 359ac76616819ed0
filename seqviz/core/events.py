"""Everything that crosses from the trainer's thread to the window. Facts, frozen; arrays are read-only numpy copies.

`delivery` says what the mailbox does when the window is slow: "keep" all, "count" the dropped, "latest" only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from seqviz.core.batch import Ruler
from seqviz.core.breakpoints import BreakpointDescription
from seqviz.core.units import Unit

if TYPE_CHECKING:  # a script that is watched (seqviz/watching) must not wait for pydantic
    from seqviz.core.knobs import KnobDescription

Delivery = Literal["keep", "count", "latest"]


@dataclass(frozen=True)
class Event:
    """Base of all events; `coalescing_key` separates what "latest" may replace."""

    delivery: ClassVar[Delivery] = "keep"

    @property
    def coalescing_key(self) -> object:
        return None


@dataclass(frozen=True)
class PartDescription:
    """An architecture, corpus or task as plain data: enough to fill a combo box and draw a form."""

    kind: Literal["model", "corpus", "task"]
    name: str
    title: str
    summary: str
    knobs: tuple[KnobDescription, ...]
    family: str = ""  # models: sets the hue
    serves: tuple[str, ...] = ()  # models: tasks; corpora: tasks that can read them
    provides: tuple[str, ...] = ()  # models: wildcards of trace names
    document: str = ""  # the module's docstring
    learns_by: str = "gradient"  # models: gradient | observe | none


@dataclass(frozen=True)
class Ready(Event):
    """The worker has imported torch and walked the packages."""

    parts: tuple[PartDescription, ...]
    sections: tuple[KnobDescription, ...]  # optimizer.*, training.*, sampling.*
    devices: tuple[str, ...]
    versions: Mapping[str, str]
    breakpoints: tuple[BreakpointDescription, ...] = ()  # conditions that a run may be stopped by


@dataclass(frozen=True)
class Baseline:
    """A line to beat on the loss axis. `nats` per token; `plain` is its name in plain words."""

    name: str
    plain: str
    nats: float


@dataclass(frozen=True)
class RunStarted(Event):
    """A run stands at step 0 (or at the step it was opened at), built and paused."""

    run_id: str
    folder: str
    config: Mapping[str, Any]  # RunConfig.model_dump(), with every knob of every part spelled out
    title: str
    family: str
    unit: Unit
    vocabulary: tuple[str, ...]  # label of each output symbol; () when outputs are numbers
    parameters: tuple[tuple[str, int], ...]  # by group, in reading order
    layer_names: tuple[str, ...]  # rows of StepMetrics.layer_norms
    receptive_field: str  # "unbounded", "64 characters" ...
    memory_bytes: int  # weights + gradients + optimiser state
    corpus_summary: str  # "1.1 M characters, 65 symbols"
    provides: tuple[str, ...]  # names of all arrays the trace and the analyses can give, wildcards allowed
    device: str
    threads: int
    step: int = 0
    notices: tuple[str, ...] = ()
    learns_by: str = "gradient"  # gradient | observe | none: what observes goes by the tokens it has read
    outside: bool = False  # the loop is somebody's own script: nothing can be set, reset or written from here


@dataclass(frozen=True)
class BaselinesCounted(Event):
    baselines: tuple[Baseline, ...]


@dataclass(frozen=True)
class StepMetrics(Event):
    """One optimiser step. Norms are of the gradient before clipping; nan where there is no gradient."""

    step: int
    tokens: int  # read so far
    seconds: float  # of computing so far
    loss: float  # nats per token of this batch
    grad_norm: float
    clip_scale: float  # 1 where nothing was clipped away
    learning_rate: float
    layer_norms: np.ndarray | None = None  # (layer,)


@dataclass(frozen=True)
class Evaluated(Event):
    """A validation loss in nats per token: sampled (a few batches) or full (the whole split, each token once)."""

    step: int
    loss: float
    full: bool
    metrics: Mapping[str, float] = field(default_factory=dict)
    rule: str = ""  # how much context each token saw


@dataclass(frozen=True)
class CountsGrown(Event):
    """What an observing model has gathered after so many tokens: distinct n-grams, bytes, shares still unseen."""

    step: int
    tokens: int
    figures: Mapping[str, float]


@dataclass(frozen=True)
class Frame(Event):
    """The probe seen through the model at one step: every array somebody watches, by trace name.

    `arrays[name]` has the axes `axes[name]` (batch axis removed). `rulers` label the position axes.
    `made_at[name]` is the step at which that array was computed (dear ones lag behind).
    """

    delivery: ClassVar[Delivery] = "count"
    step: int
    run_id: str
    arrays: Mapping[str, np.ndarray]
    axes: Mapping[str, tuple[str, ...]]
    rulers: Mapping[str, Ruler]
    made_at: Mapping[str, int]
    source: str = "probe"  # probe | batch | windows
    milliseconds: float = 0.0


@dataclass(frozen=True)
class Sample(Event):
    """Text the model wrote. `surprisal` in bits, one per generated token; `tokens` their labels."""

    step: int
    prompt: str
    tokens: tuple[str, ...]
    surprisal: np.ndarray
    settings: Mapping[str, Any]
    valid_loss: float | None = None  # nats per token, the last known


@dataclass(frozen=True)
class KnobChanged(Event):
    step: int
    key: str
    old: Any
    new: Any


@dataclass(frozen=True)
class ProbeChanged(Event):
    """The probe as it is now; `notice` says what had to be replaced in what the user typed."""

    text: str
    notice: str = ""


@dataclass(frozen=True)
class Pulse(Event):
    """How the machine fares, a few times a second."""

    delivery: ClassVar[Delivery] = "latest"
    steps_per_second: float
    tokens_per_second: float
    looking_share: float  # of the trainer's time
    awaiting: str = ""  # "tracing the probe ..." while something dear is computed
    looking_budget: float = 0.0  # share of the trainer's time that looking may take; 0: not known
    dearest: tuple[tuple[str, float], ...] = ()  # (what is looked at, milliseconds of its last piece), dearest first


@dataclass(frozen=True)
class Progress(Event):
    """Something longer than a blink is going on; `share` in 0..1, or -1 when unknown, 1 when over."""

    delivery: ClassVar[Delivery] = "latest"
    what: str
    share: float

    @property
    def coalescing_key(self) -> object:
        return self.what


@dataclass(frozen=True)
class Notice(Event):
    """One line for the user, with details (a traceback) on request."""

    level: Literal["info", "warning", "error"]
    text: str
    details: str = ""


@dataclass(frozen=True)
class Rejected(Event):
    """A command that could not be obeyed: nothing was changed. `text` names the field."""

    text: str


@dataclass(frozen=True)
class TokenPreviewed(Event):
    """How the first lines of a text split under a tokenizer."""

    kind: str
    vocabulary: int
    lines: tuple[tuple[str, ...], ...]
    unknown_rate: float
    summary: str


@dataclass(frozen=True)
class RunPaused(Event):
    step: int


@dataclass(frozen=True)
class RunResumed(Event):
    step: int


@dataclass(frozen=True)
class RunFinished(Event):
    """The budget is used up; `summary` is what `train --json` prints."""

    step: int
    reason: str
    summary: Mapping[str, Any]


@dataclass(frozen=True)
class RunDiverged(Event):
    """Not a number, caught before the optimiser applied it; the weights are those of the step before."""

    step: int
    tensor: str
    text: str


@dataclass(frozen=True)
class RunFailed(Event):
    step: int
    text: str
    traceback: str


@dataclass(frozen=True)
class WorkerStopped(Event):
    """The last event of the worker's thread."""


@dataclass(frozen=True)
class Evidence:
    """What one way of asking says about one predicted token: how much each earlier position had to do with it.

    Attributes
    ----------
    witness, title, sentence
        its registered name, its name for people, and in a sentence what it measures.
    weights
        (t,) one number per earlier position, 0 or more, larger for more part in it; nan where nothing is said.
    unit
        of the weights: "bits", "share" ...
    labels
        a short word under each position (a hidden state's number); () where there is none.
    rows
        further lines: (label, value, whether it is the true one), such as the counts of the next symbols.
    rows_title
        what those are, with their unit.
    agreement
        rank correlation of the weights with the change in loss that replacing brings; nan where it cannot be said.
    """

    witness: str
    title: str
    sentence: str
    weights: np.ndarray
    unit: str
    labels: tuple[str, ...] = ()
    rows: tuple[tuple[str, float, bool], ...] = ()
    rows_title: str = ""
    agreement: float = float("nan")


@dataclass(frozen=True)
class Explained(Event):
    """Why a model said what it said of the token at `position` of the probe: the truth by replacing comes first."""

    step: int
    position: int
    bits: float  # the token's surprisal
    evidence: tuple[Evidence, ...]
