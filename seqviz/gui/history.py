"""The run so far as the window keeps it: append-only series over training steps, fed by events.

Nothing is averaged away: `Series` holds every value, `Curve` answers "lowest, highest, mean of these steps"
for any stretch of them in about a millisecond, however long the run is.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from seqviz.core.events import (
    Baseline,
    BaselinesCounted,
    CountsGrown,
    Evaluated,
    Event,
    KnobChanged,
    RunDiverged,
    Sample,
    StepMetrics,
)
from seqviz.core.lab_events import Diagnosed, ParametersMeasured, RunHalted
from seqviz.gui.parameter_history import keep_measured
from seqviz.gui.widgets.pyramid import Pyramid

SERIES = ("tokens", "seconds", "loss", "grad_norm", "clip_scale", "learning_rate")

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]


class Series:
    """A float64 array that grows by doubling; `values` is a view, never a copy."""

    def __init__(self, columns: int = 0) -> None:
        shape = (1024, columns) if columns else (1024,)
        self._data = np.empty(shape)
        self.length = 0

    def append(self, value: ArrayLike) -> None:
        if self.length == len(self._data):
            self._grow(2 * self.length)
        self._data[self.length] = value
        self.length += 1

    def extend(self, values: Floats) -> None:
        """Many rows at once."""
        wanted = self.length + len(values)
        if wanted > len(self._data):
            self._grow(max(wanted, 2 * len(self._data)))
        self._data[self.length : wanted] = values
        self.length = wanted

    def _grow(self, rows: int) -> None:
        room = np.empty((rows, *self._data.shape[1:]))
        room[: self.length] = self._data[: self.length]
        self._data = room

    @property
    def values(self) -> Floats:
        return self._data[: self.length]


class RunningMean:
    """Means of any stretches of a series, from cumulative sums; what is not finite does not count.

    `change` is applied before the sum (log10 for a geometric mean).
    """

    def __init__(self, series: Series, change: Callable[[Floats], Floats] | None = None) -> None:
        self._series = series
        self._change = change
        self._columns = 0 if series.values.ndim == 1 else series.values.shape[1]
        self._sums, self._counts = Series(self._columns), Series(self._columns)
        self._sums.append(0.0)
        self._counts.append(0.0)

    def between(self, starts: Indices, ends: Indices) -> Floats:
        """Mean over each range of indices [start, end): (n,) or (n, column); NaN where nothing counts."""
        self._catch_up()
        counts = self._counts.values[ends] - self._counts.values[starts]
        sums = self._sums.values[ends] - self._sums.values[starts]
        return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)

    def _catch_up(self) -> None:
        done = self._sums.length - 1
        fresh = self._series.values[done:]
        if not len(fresh):
            return
        if self._change is not None:
            with np.errstate(divide="ignore", invalid="ignore"):
                fresh = self._change(fresh)
        finite = np.isfinite(fresh)
        self._sums.extend(self._sums.values[-1] + np.cumsum(np.where(finite, fresh, 0.0), axis=0))
        self._counts.extend(self._counts.values[-1] + np.cumsum(finite, axis=0))


class Curve:
    """One series over the steps, with extremes and means of any stretch of it."""

    def __init__(self, steps: Series, series: Series) -> None:
        self._steps = steps
        self._series = series
        self._pyramid = Pyramid()
        self.means = RunningMean(series)

    @property
    def pyramid(self) -> Pyramid:
        """Extremes of every stretch; brought up to date when it is asked for, so that a run opened with a
        million steps costs one call, not a million.
        """
        done = len(self._pyramid)
        if done < self._series.length:
            self._pyramid.append(self._steps.values[done:], self._series.values[done:])
        return self._pyramid

    def smoothed(self, steps: Floats, share: float) -> Floats:
        """Mean of the last `share` (0 .. 1) of all steps up to each of `steps`: a window that grows with the
        run, so that it looks equally smooth everywhere on a logarithmic axis.
        """
        xs = self._steps.values[: self._series.length]
        ends = np.searchsorted(xs, steps, side="right")
        starts = np.searchsorted(xs, steps * (1.0 - share), side="right")
        return self.means.between(np.minimum(starts, np.maximum(ends - 1, 0)), ends)


class History:
    """Numbers of one run. `revision` grows with every event, so that panels know when to redraw."""

    def __init__(self) -> None:
        self.steps = Series()
        self.series = {name: Series() for name in SERIES}
        self.layer_norms: Series | None = None  # (step, layer), one row per entry of `steps`
        self.valid_steps, self.valid_losses = Series(), Series()
        self.evaluations: list[Evaluated] = []
        self.samples: list[Sample] = []
        self.growth: list[CountsGrown] = []
        self.knob_changes: list[KnobChanged] = []
        self.baselines: dict[str, Baseline] = {}
        self.diverged: RunDiverged | None = None
        self.parameters: list[ParametersMeasured] = []
        self.halts: list[RunHalted] = []
        self.diagnosed: Diagnosed | None = None
        self.revision = 0
        self._curves: dict[str, Curve] = {}
        self._layer_means: RunningMean | None = None
        self._clipped = RunningMean(self.series["clip_scale"], _was_clipped)

    @property
    def last_step(self) -> int:
        return int(self.steps.values[-1]) if self.steps.length else 0

    @property
    def halted(self) -> RunHalted | None:
        """The breakpoint at which the run stands, until the step that it stopped is made."""
        last = self.halts[-1] if self.halts else None
        return last if last is not None and last.step > self.last_step else None

    def curve(self, name: str) -> Curve:
        """A series of SERIES, or "valid" (validation loss in nats per token), ready to be drawn."""
        if name not in self._curves:
            if name == "valid":
                self._curves[name] = Curve(self.valid_steps, self.valid_losses)
            else:
                self._curves[name] = Curve(self.steps, self.series[name])
        return self._curves[name]

    def clipped_share(self) -> float | None:
        """Share of all steps so far whose gradient was clipped, None before the first and where nobody knows."""
        count = self.steps.length
        share = float(self.clipped_between(np.array([0]), np.array([count]))[0]) if count else np.nan
        return None if np.isnan(share) else share

    def clipped_between(self, starts: Indices, ends: Indices) -> Floats:
        """Share of clipped steps in each range of indices [start, end) of `steps`; NaN where empty."""
        return self._clipped.between(starts, ends)

    def layer_means(self) -> RunningMean | None:
        """Means of log10 of the gradient norm per layer; None where no layer norms came."""
        if self._layer_means is None and self.layer_norms is not None:
            self._layer_means = RunningMean(self.layer_norms, np.log10)
        return self._layer_means

    def apply(self, event: Event) -> None:
        """Take in one event; those that are no history are ignored."""
        match event:
            case StepMetrics():
                self._append(event)
            case Evaluated():
                self.evaluations.append(event)
                self.valid_steps.append(event.step)
                self.valid_losses.append(event.loss)
            case Sample():
                self.samples.append(event)
            case CountsGrown():
                self.growth.append(event)
            case KnobChanged():
                self.knob_changes.append(event)
            case BaselinesCounted(baselines):
                self.baselines |= {line.name: line for line in baselines}
            case RunDiverged():
                self.diverged = event
            case ParametersMeasured():
                keep_measured(self.parameters, event)
            case RunHalted():
                self.halts.append(event)
            case Diagnosed():
                self.diagnosed = event
            case _:
                return
        self.revision += 1

    def _append(self, event: StepMetrics) -> None:
        self.steps.append(event.step)
        for name in SERIES:
            self.series[name].append(getattr(event, name))
        if event.layer_norms is not None:
            if self.layer_norms is None:
                layers = len(event.layer_norms)
                self.layer_norms = Series(layers)
                self.layer_norms.extend(np.full((self.steps.length - 1, layers), np.nan))
            self.layer_norms.append(event.layer_norms)
        elif self.layer_norms is not None:
            self.layer_norms.append(np.nan)


def _was_clipped(scales: Floats) -> Floats:
    """1 where a step was clipped, 0 where not; nan where it is not known (a script that clips by itself)."""
    return np.where(np.isnan(scales), np.nan, np.where(scales < 1.0, 1.0, 0.0))
