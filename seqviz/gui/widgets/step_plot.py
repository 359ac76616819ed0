"""A plot whose x is the training step: a fixed horizon, log or linear, and a small table under the mouse."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QPainter

from seqviz.gui import theme
from seqviz.gui.history import History
from seqviz.gui.widgets.axes import Axis, step_axis
from seqviz.gui.widgets.curve_painting import envelope, paint_curve
from seqviz.gui.widgets.plot_painting import NAME_GUTTER
from seqviz.gui.widgets.series_plot import SeriesPlot

RAW_OPACITY = 0.47

Row = tuple[str, QColor]


def horizon_of(planned: int, last: int) -> int:
    """Last step the axis shows: the run's budget; beyond or without it the next of 1, 2, 5, 10, 20 ..., so that
    the axis moves seldom.
    """
    if planned > 0 and last <= planned:
        return max(planned, 10)
    least = max(last, 100)
    power = 10 ** int(math.log10(least))
    return next(m * power for m in (1, 2, 5, 10) if m * power >= least)


def axis_of_steps(horizon: int, log: bool, per: float = 1.0) -> Axis:
    """`per`: what a step is labelled as, such as the tokens it reads."""
    return replace(step_axis(horizon) if log else Axis(0.0, float(horizon), steps=True), per=per)


class StepPlot(SeriesPlot):
    """Draws from a run's history in place of own curves; zoom, pan and double click are SeriesPlot's."""

    def __init__(self) -> None:
        super().__init__()
        self.history = History()
        self._seen: tuple[History, int] | None = None
        self.set_steps(100, log=True)

    def set_steps(self, horizon: int, log: bool, per: float = 1.0) -> None:
        axis = axis_of_steps(horizon, log, per)
        if self._home_x is not None and axis.log != self._home_x.log:
            self._zoom_x = None  # a zoom on the other scale means nothing here
        if axis != self._home_x:
            self.set_x_axis(axis)

    def set_history(self, history: History) -> bool:
        """Take the run's numbers; True (and a repaint) where there is something new."""
        seen = (history, history.revision)
        if seen == self._seen:
            return False
        self._seen, self.history = seen, history
        self.data_changed()
        return True

    def area(self) -> QRectF:
        """Where curves are drawn: room for y labels at the left, for names at the right, for steps below."""
        left, top, bottom = theme.px(30), theme.px(8), theme.px(22)
        width = self.width() - left - theme.px(NAME_GUTTER)
        return QRectF(left, top, max(width, 1), max(self.height() - top - bottom, 1))

    def pixel_columns(self) -> int:
        return max(int(self.area().width()), 2)

    def rows_at(self, step: float) -> list[Row]:
        """Lines of the table under the mouse, without the step itself."""
        return []

    def _values_at(self, x: float) -> list[Row]:
        return [(f"step {theme.thousands(x)}", theme.theme().ink), *self.rows_at(x)]


def paint_noise(
    painter: QPainter, px: NDArray[np.floating], low_y: NDArray[np.floating], high_y: NDArray[np.floating], ink: QColor
) -> None:
    """Every raw value, faint: from the lowest to the highest of each pixel column. All in pixels.

    Where points stand apart the line is 1.5 wide. Where each column is filled it is 1 wide: that looks the same
    and takes a tenth of the time (Qt has a fast path for it).
    """
    colour = theme.faded(ink, RAW_OPACITY)
    crowded = np.flatnonzero(np.diff(px) < 2.0)
    split = int(crowded[0]) if len(crowded) else len(px)
    if split:
        head = slice(0, split + 1)
        paint_curve(painter, *envelope(px[head], low_y[head], high_y[head]), colour, 1.5 * theme.scale())
    if split < len(px):
        paint_curve(painter, *envelope(px[split:], low_y[split:], high_y[split:]), colour, 1.0)
