"""The run so far as the window keeps it: append-only series over training steps, fed by events."""

from __future__ import annotations

import numpy as np

from seqviz.core.events import (
    Baseline,
    BaselinesCounted,
    Evaluated,
    Event,
    KnobChanged,
    RunDiverged,
    Sample,
    StepMetrics,
)

SERIES = ("tokens", "seconds", "loss", "grad_norm", "clip_scale", "learning_rate")


class Series:
    """A float64 array that grows by doubling; `values` is a view, never a copy."""

    def __init__(self, columns: int = 0) -> None:
        shape = (1024, columns) if columns else (1024,)
        self._data = np.empty(shape)
        self.length = 0

    def append(self, value: object) -> None:
        if self.length == len(self._data):
            self._data = np.concatenate([self._data, np.empty_like(self._data)])
        self._data[self.length] = value
        self.length += 1

    @property
    def values(self) -> np.ndarray:
        return self._data[: self.length]


class History:
    """Numbers of one run. `revision` grows with every event, so that panels know when to redraw."""

    def __init__(self) -> None:
        self.steps = Series()
        self.series = {name: Series() for name in SERIES}
        self.layer_norms: Series | None = None
        self.evaluations: list[Evaluated] = []
        self.samples: list[Sample] = []
        self.knob_changes: list[KnobChanged] = []
        self.baselines: dict[str, Baseline] = {}
        self.diverged: RunDiverged | None = None
        self.revision = 0

    @property
    def last_step(self) -> int:
        return int(self.steps.values[-1]) if self.steps.length else 0

    def apply(self, event: Event) -> None:
        """Take in one event; those that are no history are ignored."""
        match event:
            case StepMetrics():
                self._append(event)
            case Evaluated():
                self.evaluations.append(event)
            case Sample():
                self.samples.append(event)
            case KnobChanged():
                self.knob_changes.append(event)
            case BaselinesCounted(baselines):
                self.baselines |= {line.name: line for line in baselines}
            case RunDiverged():
                self.diverged = event
            case _:
                return
        self.revision += 1

    def _append(self, event: StepMetrics) -> None:
        self.steps.append(event.step)
        for name in SERIES:
            self.series[name].append(getattr(event, name))
        if event.layer_norms is not None:
            if self.layer_norms is None:
                self.layer_norms = Series(len(event.layer_norms))
            self.layer_norms.append(event.layer_norms)
