"""Who learns fastest: validation losses of all racers by one of four clocks; what was counted is a line to beat."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from seqviz.gui.loss_units import ShownUnit
from seqviz.gui.race.clocks import Clock, train_curve, valid_curve
from seqviz.gui.race.race_plot import RaceLine, RacePlot
from seqviz.gui.race.racer import Racer
from seqviz.gui.race.standings import number_text
from seqviz.gui.widgets.axes import Axis

_ABOVE = 0.12  # of the range: room over what is highest


class LearningPlot(RacePlot):
    """`show_race` gives it the racers and the clock."""

    def __init__(self) -> None:
        super().__init__()
        self._clock: Clock | None = None
        self.ghost = (
            "The loss of every racer on text that none has seen. Press Space: the curves begin with the first step."
        )
        self.setAccessibleName("validation loss of all racers")

    def show_race(self, racers: Sequence[Racer], clock: Clock, unit: ShownUnit, log: bool, selected: int) -> None:
        """Take over what is to be drawn."""
        self._clock = clock
        found = [line_of(racer, clock, unit, selected) for racer in racers]
        lines = [line for line in found if line is not None]
        self.set_lines(lines, *axes_of(lines, clock, log), clock.axis)

    def empty_words(self) -> str:
        return self.ghost

    def x_text(self, x: float) -> str:
        return "" if self._clock is None else self._clock.at(x)

    def y_text(self, y: float) -> str:
        return f"{y:.2f}" if 0.095 <= abs(y) < 999 else f"{y:.3g}"


def line_of(racer: Racer, clock: Clock, unit: ShownUnit, selected: int) -> RaceLine | None:
    """What is drawn of one racer; None before anything was measured."""
    last = racer.nats
    if last is None:
        return None
    xs, nats = valid_curve(racer, clock)
    behind = (np.empty(0), np.empty(0)) if racer.counts else train_curve(racer, clock)
    flat = unit.value(last) if racer.counts and math.isfinite(last) else math.nan
    if racer.counts and clock.name != "tokens":  # how it counts is a matter of tokens; elsewhere it is a line
        xs, nats = xs[:0], nats[:0]
    return RaceLine(
        racer.number,
        racer.label,
        racer.style,
        value_words(racer, unit),
        xs,
        unit.convert(nats),
        behind[0],
        unit.convert(behind[1]),
        flat,
        bold=racer.number == selected,
        crossed=racer.out,
    )


def value_words(racer: Racer, unit: ShownUnit) -> str:
    """What stands behind the name: its newest value, or what has befallen it."""
    if racer.out:
        return racer.state
    reads = racer.counts and racer.state == "racing"
    return f"{number_text(unit, racer.nats)}{', still reading' if reads else ''}"


def axes_of(lines: Sequence[RaceLine], clock: Clock, log: bool) -> tuple[Axis, Axis]:
    """X as far as the farthest racer has come; y from the lowest value to what the start leaves of interest."""
    curves = [line for line in lines if len(line.xs) and math.isnan(line.flat)]
    curves = curves or [line for line in lines if len(line.xs)]
    ends = [float(xs[-1]) for line in curves for xs in (line.xs, line.behind_xs) if len(xs)]
    end = max(ends, default=1.0) or 1.0
    first = min((float(line.xs[0]) for line in curves if line.xs[0] > 0), default=end / 10)
    low = max(min(first, end / 10), end * 1e-5) if log else 0.0
    x_axis = Axis(low, end, log=log, steps=clock.name == "steps")
    return x_axis, y_axis_of(lines, x_axis)


def y_axis_of(lines: Sequence[RaceLine], x_axis: Axis) -> Axis:
    """The steep beginning runs out at the top: what counts is how the ends differ."""
    values = [line.flat for line in lines if math.isfinite(line.flat)]
    for line in lines:
        if len(line.ys) and math.isnan(line.flat):
            values += line.ys[line.xs >= x_axis.value(0.12)].tolist() or line.ys[-1:].tolist()
    values = [value for value in values if math.isfinite(value)]
    if not values:
        return Axis(0.0, 1.0)
    low, high = min(values), max(values)
    span = max(high - low, 0.05 * max(abs(high), 1e-6))
    low, high = low - 0.08 * span, high + _ABOVE * span
    step = 10.0 ** math.floor(math.log10(span)) / 5
    return Axis(math.floor(low / step) * step, math.ceil(high / step) * step)
