"""How far back they feel mistakes: the gradient's decay with distance, for every racer on one logarithmic axis."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QLineF, QRectF
from PySide6.QtGui import QPainter, QPen

from seqviz.gui import theme
from seqviz.gui.race.race_plot import RaceLine, RacePlot
from seqviz.gui.race.racer import Racer
from seqviz.gui.widgets.axes import Axis
from seqviz.gui.widgets.plot_painting import pixel_y

TAIL_START = 2  # the half-life is that of the tail, beyond so many tokens
LOWEST, DECADES_SEEN = 1e-4, 1e-2


class DecayPlot(RacePlot):
    """`show_race` gives it the racers."""

    def __init__(self) -> None:
        super().__init__()
        self._token = "token"
        self.setAccessibleName("gradient decay of all racers")

    def show_race(self, racers: Sequence[Racer], selected: int) -> None:
        """Take over what is to be drawn."""
        if racers:
            self._token = racers[0].run.unit.token
        found = [line_of(racer, selected) for racer in racers]
        lines = [line for line in found if line is not None]
        self.set_lines(lines, *axes_of(lines), f"{self._token}s back, t − s")

    def empty_words(self) -> str:
        return "The mean gradient by distance, 1 at the position itself: it is measured over 32 validation windows."

    def x_text(self, x: float) -> str:
        return f"{x:.0f} {self._token}s back"

    def paint_more(self, painter: QPainter, area: QRectF, x_axis: Axis, y_axis: Axis) -> None:
        """The line at 1 %."""
        pen = QPen(theme.theme().ink3, 1.0)
        pen.setDashPattern([4.0, 3.0])
        painter.setPen(pen)
        y = pixel_y(area, y_axis, 0.01)
        painter.drawLine(QLineF(area.left(), y, area.right(), y))


def line_of(racer: Racer, selected: int) -> RaceLine | None:
    """The decay curve of one racer; None where it has none."""
    values = racer.decay()
    if values is None:
        return None
    known = np.flatnonzero(np.isfinite(values) & (values > 0))
    half_life, _, _ = racer.tail()
    reach = reach_of(racer)
    ends = reach is not None and reach < len(values)
    return RaceLine(
        racer.number,
        racer.label,
        racer.style,
        name_words(half_life, reach if ends else None),
        known.astype(np.float64),
        np.asarray(values, dtype=np.float64)[known],
        mark_x=TAIL_START + half_life,
        ends=ends,
        bold=racer.number == selected,
    )


def name_words(half_life: float, sees: int | None) -> str:
    """`½ in 6.1`, `sees 15`: what stands behind the name at the end of the curve."""
    if sees is not None:
        return f"sees {sees}"
    if math.isnan(half_life):
        return ""
    return "∞" if math.isinf(half_life) else f"{half_life:.1f}" if half_life < 99.5 else f"{half_life:.0f}"


def reach_of(racer: Racer) -> int | None:
    """The receptive field in tokens; None where it has no end."""
    first = racer.run.receptive_field.split(" ")[0].replace("\u2009", "")
    return int(first) if first.isdigit() else None


def axes_of(lines: Sequence[RaceLine]) -> tuple[Axis, Axis]:
    """Distances from 0 on; whole decades down to the lowest value, two at least and six at most."""
    longest = max((float(line.xs[-1]) for line in lines), default=1.0)
    lowest = min((float(line.ys.min()) for line in lines), default=DECADES_SEEN)
    floor = 10.0 ** math.floor(math.log10(max(lowest, LOWEST)) + 1e-9)
    return Axis(0.0, max(longest, 1.0)), Axis(min(floor, DECADES_SEEN), 1.0, log=True)
