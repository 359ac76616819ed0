"""Decay curves in the empty half of a gradient map: mean gradient by distance, on one logarithmic axis."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from seqviz.gui import theme
from seqviz.gui.number_text import short
from seqviz.gui.widgets.axes import Axis, spread_labels
from seqviz.gui.widgets.curve_painting import paint_curve, paint_marker
from seqviz.gui.widgets.plot_painting import paint_axes, pixel_x, pixel_y

TAIL_START = 2
LOWEST = 1e-6
_SMALLEST_WIDTH, _SMALLEST_HEIGHT = 60, 30
_SMALL_HEIGHT = 60  # of the plot, px at scale 1: lower ones save on the title's gap


@dataclass(frozen=True)
class DecayCurve:
    """One line: `name` ("h", "RNN"), `family` (hue), `values` (distance,) with 1 at distance 0.

    `half_life` of the tail in positions (inf: it does not decay), `horizon` where 1 % is left (inf: beyond
    the window). `main` is the curve of the map that is shown.
    """

    name: str
    family: str
    values: NDArray[np.floating]
    half_life: float
    horizon: float
    main: bool = False
    dash: tuple[float, ...] = ()

    @property
    def half_life_text(self) -> str:
        if np.isnan(self.half_life):
            return self.name
        known = tokens_text(self.half_life) if np.isfinite(self.half_life) else f"> {len(self.values) - 1}"
        return f"{self.name}: half-life {known}"

    @property
    def horizon_text(self) -> str:
        if np.isnan(self.horizon):
            return ""
        return f"1 % at {self.horizon:.0f}" if np.isfinite(self.horizon) else f"1 % beyond {len(self.values) - 1}"


def tokens_text(value: float) -> str:
    """A number of positions: `6.1`, `64`, `∞`."""
    return "∞" if not np.isfinite(value) else f"{value:.1f}" if value < 99.5 else short(value)


@dataclass(frozen=True)
class DecayPlot:
    """Where the curves go: equal as long as nothing still has to be drawn anew."""

    left: float
    top: float
    plot: tuple[float, float, float, float]  # left, top, width, height
    x_axis: Axis
    y_axis: Axis
    title: str

    @property
    def area(self) -> QRectF:
        return QRectF(*self.plot)


def lay_out(area: QRectF, curves: Sequence[DecayCurve], unit: str) -> DecayPlot | None:
    """Axes that hold all curves; None where the area is too small for a plot, or nothing reaches past its own place."""
    curves = [curve for curve in curves if np.nansum(curve.values[1:]) > 0]
    names, small = theme.metrics(11, bold=True), theme.metrics(11)
    widths = [max(names.horizontalAdvance(c.half_life_text), small.horizontalAdvance(c.horizon_text)) for c in curves]
    gutter = max(widths, default=0.0) + theme.px(10)
    gutter = math.ceil(gutter / 12) * 12.0  # a changing digit must not move the plot
    low = area.height() < theme.px(_SMALL_HEIGHT + 46)
    left, top = area.left() + theme.px(34), area.top() + theme.px(20 if low else 26)
    width, height = area.right() - gutter - left, area.bottom() - theme.px(16 if low else 20) - top
    if not curves or width < theme.px(_SMALLEST_WIDTH) or height < theme.px(_SMALLEST_HEIGHT):
        return None
    x_axis = Axis(0.0, float(max(max(len(c.values) for c in curves) - 1, 1)))
    y_axis = Axis(_floor(curves), 1.0, log=True)
    distance = "|t − s|" if any(curve.name.endswith("←") for curve in curves) else "t − s"
    title = f"mean gradient by distance {distance}, in {unit}s"
    if theme.metrics(11).horizontalAdvance(title) > area.width():
        title = f"mean by distance, in {unit}s"
    return DecayPlot(area.left(), area.top(), (left, top, width, height), x_axis, y_axis, title)


def paint_decay_axes(painter: QPainter, decay: DecayPlot) -> None:
    """The still part: title, ticks, the line at 1 %."""
    painter.setFont(theme.font(11))
    painter.setPen(theme.theme().ink3)
    painter.drawText(QPointF(decay.left, decay.top + theme.px(12)), decay.title)
    painter.save()
    painter.translate(decay.left, 0)  # tick labels of the shared painter start at 0
    paint_axes(painter, decay.area.translated(-decay.left, 0), decay.x_axis, decay.y_axis)
    painter.restore()
    _paint_one_percent(painter, decay.area, decay.y_axis)


def paint_decay_curves(painter: QPainter, decay: DecayPlot, curves: Sequence[DecayCurve]) -> None:
    """The moving part: curves, half-lives, and both numbers at each end."""
    for curve in sorted(curves, key=lambda c: c.main):
        _paint_curve(painter, decay.area, decay.x_axis, decay.y_axis, curve)
    _paint_names(painter, decay.area, decay.y_axis, curves)


def _floor(curves: Sequence[DecayCurve]) -> float:
    """A whole decade under the lowest value, between 10^-2 and 10^-6."""
    lowest = min((float(np.nanmin(c.values)) for c in curves if np.isfinite(c.values).any()), default=0.01)
    return float(np.clip(10.0 ** np.floor(np.log10(max(lowest, LOWEST))), LOWEST, 1e-2))


def _paint_one_percent(painter: QPainter, plot: QRectF, y_axis: Axis) -> None:
    pen = QPen(theme.theme().ink3, 1.0)
    pen.setDashPattern([4.0, 3.0])
    painter.setPen(pen)
    y = pixel_y(plot, y_axis, 0.01)
    painter.drawLine(QLineF(plot.left(), y, plot.right(), y))


def _pixels(plot: QRectF, y_axis: Axis, values: NDArray[np.floating]) -> NDArray[np.float64]:
    places = np.clip(y_axis.places(np.clip(values, 1e-30, None)), 0.0, 1.0)
    return np.where(np.isfinite(values), plot.bottom() - places * plot.height(), np.nan)


def _paint_curve(painter: QPainter, plot: QRectF, x_axis: Axis, y_axis: Axis, curve: DecayCurve) -> None:
    colour = theme.family_colour(curve.family)
    xs = plot.left() + x_axis.places(np.arange(len(curve.values))) * plot.width()
    ys = _pixels(plot, y_axis, curve.values)
    paint_curve(painter, xs, ys, colour, 2.5 if curve.main else 1.5, curve.dash)
    at = TAIL_START + curve.half_life
    if np.isfinite(at) and at <= len(curve.values) - 1:
        x, y = pixel_x(plot, x_axis, at), float(np.interp(at, np.arange(len(ys)), ys))
        pen = QPen(colour, 1.5)
        pen.setDashPattern([3.0, 2.5])
        painter.setPen(pen)
        painter.drawLine(QLineF(x, y, x, plot.bottom()))
        paint_marker(painter, x, y, colour, "disc")


def _paint_names(painter: QPainter, plot: QRectF, y_axis: Axis, curves: Sequence[DecayCurve]) -> None:
    """At the end of each curve its half-life in its colour, and under it, where all have room, the 1 % horizon."""
    gap = theme.px(13)
    ends = [_last(_pixels(plot, y_axis, c.values), plot.bottom()) for c in curves]
    room = 2 * gap + theme.px(3)
    both = len(curves) * room <= plot.height() + room
    places = spread_labels(ends, room if both else gap, plot.top(), plot.bottom())
    x = plot.right() + theme.px(8)
    for curve, y in zip(curves, places, strict=True):
        painter.setFont(theme.font(11, bold=True))
        painter.setPen(_text_colour(curve.family))
        area = QRectF(x, y - (gap if both else gap / 2), 300, gap)
        painter.drawText(area, int(Qt.AlignmentFlag.AlignVCenter), curve.half_life_text)
        painter.setFont(theme.font(11))
        painter.setPen(theme.theme().ink3)
        if both:
            painter.drawText(area.translated(0, gap), int(Qt.AlignmentFlag.AlignVCenter), curve.horizon_text)


def _text_colour(family: str) -> QColor:
    return theme.family_colour(family, text=True)


def _last(ys: NDArray[np.float64], fallback: float) -> float:
    finite = ys[np.isfinite(ys)]
    return float(finite[-1]) if len(finite) else fallback
