"""Axes of a plot: where a value stands, and which few round numbers label it. Pure arithmetic."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from seqviz.gui.number_text import power_label, short, step_label

_MOST_LABELS = 6


@dataclass(frozen=True)
class Axis:
    """A range of values, linear or logarithmic; `ticks` fixed, or chosen when empty.

    `steps`: labels are training steps (`1k`, `5k`). `per`: one on the axis is labelled as so many (tokens a step).
    """

    low: float
    high: float
    log: bool = False
    ticks: tuple[float, ...] = ()
    steps: bool = False
    per: float = 1.0

    def __post_init__(self) -> None:
        assert self.high > self.low, (self.low, self.high)
        assert not self.log or self.low > 0, self.low

    def places(self, values: ArrayLike) -> NDArray[np.float64]:
        """Values as fractions of the axis, 0 at `low`, 1 at `high`."""
        array = np.asarray(values, dtype=np.float64)
        if not self.log:
            return (array - self.low) / (self.high - self.low)
        tiny = self.low * 1e-12
        span = math.log(self.high / self.low)
        return np.asarray(np.log(np.maximum(array, tiny) / self.low) / span, dtype=np.float64)

    def place(self, value: float) -> float:
        return float(self.places(value))

    def value(self, place: float) -> float:
        """The inverse of `place`."""
        if self.log:
            return float(self.low * (self.high / self.low) ** place)
        return self.low + place * (self.high - self.low)

    def zoomed(self, factor: float, around: float) -> Axis:
        """The axis with its span times `factor`, the fraction `around` staying where it is."""
        return self.between(around - around * factor, around + (1 - around) * factor)

    def between(self, start: float, end: float) -> Axis:
        """The part from fraction `start` to fraction `end` (they may lie outside 0 .. 1)."""
        low, high = self.value(start), self.value(end)
        return self if not low < high else Axis(low, high, self.log, self.ticks, self.steps, self.per)

    def labels(self) -> list[tuple[float, str]]:
        """(value, text) of at most six ticks inside the axis."""
        if self.per != 1.0:
            whole = Axis(self.low * self.per, self.high * self.per, self.log, steps=self.steps)
            return [(value / self.per, text) for value, text in whole.labels()]
        ticks = [t for t in self.ticks if self.low <= t <= self.high]
        if len(ticks) < 2:
            ticks = log_ticks(self.low, self.high) if self.log else linear_ticks(self.low, self.high)
        write = self._writer(ticks)
        return [(t, write(t)) for t in ticks]

    def _writer(self, ticks: Sequence[float]) -> Callable[[float], str]:
        if self.steps:
            return step_label
        if self.log:
            return power_label
        gap = min((b - a for a, b in pairwise(ticks)), default=1.0)
        digits = max(0, -math.floor(math.log10(gap) + 1e-9)) if gap > 0 else 0
        large = max((abs(t) for t in ticks), default=0) >= 1e4
        return short if large or digits > 4 else lambda t: f"{t:.{digits}f}".replace("-", "−")


def linear_ticks(low: float, high: float, most: int = _MOST_LABELS) -> list[float]:
    """Multiples of 1, 2 or 5 times a power of ten, at most `most` of them."""
    raw = (high - low) / most
    power = 10.0 ** math.floor(math.log10(raw))
    for factor in (1, 2, 5, 10, 20):
        gap = factor * power
        first, last = math.ceil(low / gap - 1e-9), math.floor(high / gap + 1e-9)
        if last - first + 1 <= most:
            return [n * gap for n in range(first, last + 1)]
    return [low, high]


def log_ticks(low: float, high: float, most: int = _MOST_LABELS) -> list[float]:
    """Powers of ten (every one, every second ...); 1, 2, 5 between them when the range is short."""
    first, last = math.ceil(math.log10(low) - 1e-9), math.floor(math.log10(high) + 1e-9)
    if last - first < 1:
        found = [m * 10.0**e for e in range(first - 1, last + 1) for m in (1, 2, 5)]
        inside = [t for t in found if low <= t <= high]
        return inside if len(inside) >= 2 else linear_ticks(low, high, most)
    every = max(1, math.ceil((last - first + 1) / most))
    return [10.0**e for e in range(first, last + 1, every)]


def step_axis(horizon: int) -> Axis:
    """Logarithmic axis of training steps 1 .. `horizon` with the ticks 1, 10, 100, 1k and the end."""
    end = max(horizon, 10)
    powers = [10.0**e for e in range(int(math.log10(end)) + 1)]
    ticks = [p for p in powers if p <= end]
    if end / ticks[-1] >= 2.5:
        ticks.append(float(end))
    elif end != ticks[-1]:
        ticks[-1] = float(end)
    every = max(1, math.ceil(len(ticks) / 7))
    return Axis(1.0, float(end), log=True, ticks=tuple(ticks[:-1][::every]) + (ticks[-1],), steps=True)


def stepped_range(
    low: float, high: float, current: tuple[float, float] | None, log: bool = False
) -> tuple[float, float]:
    """A round range that holds low .. high; `current` is kept while it still fits well, so that axes seldom move."""
    if not (math.isfinite(low) and math.isfinite(high)):
        return current or (0.0, 1.0)
    if log:
        low, high = max(low, 1e-30), max(high, 2e-30)
        bottom, top = 10.0 ** math.floor(math.log10(low)), 10.0 ** math.ceil(math.log10(high) + 1e-9)
        top = max(top, bottom * 10)
        fits = current is not None and current[0] <= low and current[1] >= high
        return current if fits and current and current[1] / current[0] <= 1e3 * top / bottom else (bottom, top)
    size = max(abs(low), abs(high))
    if high - low <= max(1e-9 * size, 1e-300):  # one value only: a twentieth around it, 0 .. 1 around nothing
        low, high = (low - 0.05 * size, high + 0.05 * size) if size > 1e-12 else (0.0, 1.0)
    span = high - low
    if current is not None and current[0] <= low and current[1] >= high and current[1] - current[0] <= 2.5 * span:
        return current
    gap = 10.0 ** math.floor(math.log10(span * 1.05))
    gap = gap / 5 if span / gap < 2 else gap / 2 if span / gap < 5 else gap
    return math.floor(low / gap) * gap, math.ceil(high / gap) * gap


def spread_labels(places: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Positions nearest to `places` that are `gap` apart and inside low .. high, order kept."""
    order = sorted(range(len(places)), key=lambda i: places[i])
    spread = [0.0] * len(places)
    at = -math.inf
    for i in order:
        at = max(places[i], at + gap, low)
        spread[i] = at
    ceiling = high
    for i in reversed(order):
        spread[i] = min(spread[i], ceiling)
        ceiling = spread[i] - gap
    return spread
