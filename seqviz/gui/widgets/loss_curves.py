"""The loss curves: raw training losses, their smoothed line, validation, clip marks, divergence.

Everything is kept in nats and converted after the decimation to pixel columns, so that another unit costs nothing.
"""

from __future__ import annotations

import math
from collections.abc import Hashable
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from seqviz.gui import theme
from seqviz.gui.loss_units import ShownUnit
from seqviz.gui.widgets import plot_painting as plot
from seqviz.gui.widgets.axes import Axis, stepped_range
from seqviz.gui.widgets.curve_labels import LineEnd, SeriesStyle, colour_of, paint_line_ends
from seqviz.gui.widgets.curve_painting import envelope, paint_curve
from seqviz.gui.widgets.step_plot import Row, StepPlot, paint_noise

_ABSURD = 1e29  # what the pyramid holds for infinity

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class LossLook:
    """What the curves are drawn with; `smoothing`: share of the steps so far that the smoothed line averages."""

    unit: ShownUnit
    family: str = ""
    smoothing: float = 0.05
    log_y: bool = False


class LossCurves(StepPlot):
    """Takes a history and a look; see the module's docstring for what it draws."""

    def __init__(self) -> None:
        super().__init__()
        self.look = LossLook(ShownUnit("nats", "nats", "nats", 1.0))
        self.words = ""  # in the middle of the plot, where there is no curve to draw
        self._measured: tuple[Hashable, tuple[Floats, Floats, Floats, Floats]] | None = None

    def set_look(self, look: LossLook) -> None:
        if look != self.look:
            if (look.unit, look.log_y) != (self.look.unit, self.look.log_y):
                self._auto_y = None
            self.look = look
            self.data_changed()

    def set_words(self, words: str) -> None:
        """Why there is no curve; "" where there is one."""
        if words != self.words:
            self.words = words
            self.data_changed()

    def train_columns(self, x_axis: Axis) -> tuple[Floats, Floats, Floats, Floats]:
        """Per pixel column (n,): step, lowest, highest and smoothed training loss in nats."""
        key = (self._serial, x_axis, self.pixel_columns())
        if self._measured is None or self._measured[0] != key:
            curve = self.history.curve("loss")
            pixels = self.pixel_columns()
            xs, lows, highs = curve.pyramid.visible(x_axis.low, x_axis.high, pixels, x_axis.log)
            smooth = curve.smoothed(xs, self.look.smoothing) if len(xs) else xs
            self._measured = (key, (xs, lows.astype(np.float64), highs.astype(np.float64), smooth))
        return self._measured[1]

    def y_axis(self) -> Axis:
        """The visible values and the baselines, in round steps that seldom change."""
        x_axis, unit = self.x_axis(), self.look.unit
        _, lows, highs, _ = self.train_columns(x_axis)
        valid = self.history.curve("valid").pyramid.range_of(x_axis.low, x_axis.high)
        nats = np.concatenate([lows, highs, np.asarray(valid)])
        values = unit.convert(nats[np.isfinite(nats) & (np.abs(nats) < _ABSURD)])
        if not self.zoomed:
            values = np.concatenate([values, [b.value for b in self._baselines if math.isfinite(b.value)]])
        if not len(values):
            return Axis(0.0, 1.0)
        low, high = float(values.min()), float(values.max())
        if self.look.log_y:
            low, high = max(low, abs(high) * 1e-6, 1e-12), max(high, 1e-11)
        self._auto_y = stepped_range(low, high, self._auto_y, self.look.log_y)
        low, high = self._auto_y
        return Axis(low, high if high > low else low + 1.0, log=self.look.log_y)

    def place_of(self, nats: float, words: str) -> tuple[str, bool]:
        """The side for the name of a line, and whether it goes under the line: where no curve runs through it."""
        best = self.side_of(nats, words)
        sides = (best, "left" if best == "right" else "right")
        if not math.isfinite(self.look.unit.value(nats)):
            return best, False
        for under, side in product((False, True), sides):
            if not self._is_crossed(self._name_box(nats, words, side, under)):
                return side, under
        return best, False

    def _name_box(self, nats: float, words: str, side: str, under: bool) -> QRectF:
        """Where `paint_baselines` writes such a name."""
        area, measure = self.area(), theme.metrics(11)
        y, width = plot.pixel_y(area, self.y_axis(), self.look.unit.value(nats)), measure.horizontalAdvance(words)
        x = area.left() + 6 if side == "left" else area.right() - width - 4
        baseline = y + measure.ascent() + 2 if under else y - theme.px(4)
        return QRectF(x, baseline - measure.capHeight(), width, measure.capHeight() + 2)

    def _is_crossed(self, box: QRectF) -> bool:
        """Whether a curve, or the noise around it, runs through a place in the plot."""
        x_axis, y_axis, area = self.x_axis(), self.y_axis(), self.area()
        xs, lows, highs, _ = self.train_columns(x_axis)
        valid = self.history.curve("valid").pyramid
        spans: list[tuple[NDArray[np.floating], ...]] = [(xs, lows, highs)]
        spans.append(valid.visible(x_axis.low, x_axis.high, self.pixel_columns(), x_axis.log))
        columns = np.linspace(box.left() - 4, box.right() + 4, 24)
        for steps, low, high in spans:
            if not len(steps):
                continue
            px = self._pixels_x(steps.astype(np.float64), x_axis, area)
            bottom, top = (
                np.interp(columns, px, self._pixels_y(v, y_axis, area), left=np.nan, right=np.nan) for v in (low, high)
            )
            if np.any((bottom >= box.top() - 3) & (top <= box.bottom() + 3)):
                return True
        return False

    def side_of(self, nats: float, words: str) -> str:
        """Where a line's name keeps clear of the curve: right, once the curve falls below it where a name of this
        length would stand at the left.
        """
        x_axis = self.x_axis()
        xs, lows, _, _ = self.train_columns(x_axis)
        if not len(xs):  # what only counts has no loss of its own while it reads
            valid = self.history.curve("valid").pyramid
            xs, values, _ = valid.visible(x_axis.low, x_axis.high, self.pixel_columns(), x_axis.log)
            lows = values.astype(np.float64)
        below = np.flatnonzero(lows <= nats)
        needed = (theme.metrics(11).horizontalAdvance(words) + theme.px(24)) / self.area().width()
        return "right" if len(below) and x_axis.place(float(xs[below[0]])) < min(needed, 0.6) else "left"

    def rows_at(self, step: float) -> list[Row]:
        unit, rows = self.look.unit, []
        for key, name in (("loss", "train"), ("valid", "valid")):
            xs, ys = self.history.curve(key).pyramid.xs, self.history.curve(key).pyramid.ys
            index = int(np.searchsorted(xs, step, side="right")) - 1
            if index >= 0:
                rows.append((f"{name} {unit.number(float(ys[index]))}", self._colour(text=True)))
        steps = self.history.steps.values
        index = int(np.searchsorted(steps, step, side="right")) - 1
        if index >= 0 and self.history.series["clip_scale"].values[index] < 1.0:
            share = 1.0 - self.history.series["clip_scale"].values[index]
            rows.append((f"{100 * share:.0f} % of the gradient clipped", theme.theme().ink3))
        return rows

    def _colour(self, text: bool = False) -> QColor:
        return colour_of(f"family:{self.look.family}", text)

    def _draw_static(self, painter: QPainter, x_axis: Axis, y_axis: Axis) -> None:
        area = self.area()
        plot.paint_axes(painter, area, x_axis, y_axis)
        plot.paint_baselines(painter, area, y_axis, self._baselines)
        # flags carry their words on top; they make way for the name of a line that is up there
        high = any(abs(plot.pixel_y(area, y_axis, b.value) - area.top()) < theme.px(34) for b in self._baselines)
        plot.paint_marks(painter, area.adjusted(0, theme.px(20) if high else 0, 0, 0), x_axis, self._marks)

    def _draw_curves(self, painter: QPainter, x_axis: Axis, y_axis: Axis) -> None:
        area, colour = self.area(), self._colour()
        xs, lows, highs, smooth = self.train_columns(x_axis)
        painter.setClipRect(area.adjusted(-1, -1, 2, 2))
        px = self._pixels_x(xs, x_axis, area)
        train = self._pixels_y(smooth, y_axis, area)
        low_y, high_y = (self._pixels_y(v, y_axis, area) for v in (lows, highs))
        paint_noise(painter, px, low_y, high_y, colour)
        if self.look.smoothing > 0:
            paint_curve(painter, px, train, colour, 1.5 * theme.scale())
        valid_x, valid_low, valid_high = self.history.curve("valid").pyramid.visible(
            x_axis.low, x_axis.high, self.pixel_columns(), x_axis.log
        )
        vx = self._pixels_x(valid_x, x_axis, area)
        low_y, high_y = (self._pixels_y(v, y_axis, area) for v in (valid_low, valid_high))
        paint_curve(painter, *envelope(vx, low_y, high_y), colour, 2.5 * theme.scale())
        clipped = self._draw_clips(painter, xs, px, area)
        painter.setClipping(False)
        if self.words:
            painter.setFont(theme.font(12))
            painter.setPen(theme.theme().ink2)
            painter.drawText(area, int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap), self.words)
        broken = self._place_of_divergence(x_axis, y_axis, area)
        ends = self._end(px, train, smooth, "train", False) + self._end(vx, low_y, valid_low, "valid", True)
        if broken is not None:
            ends.append(LineEnd(SeriesStyle("diverged", "warn", with_value=False), area.right(), broken.y(), 0.0))
        if clipped:
            word = SeriesStyle("clipped", "ink3", bold=False, with_value=False)
            ends.append(LineEnd(word, area.right(), area.bottom(), 0.0))
        paint_line_ends(painter, area, self.width(), ends)
        if broken is not None:
            _paint_cross(painter, broken)

    def _end(self, px: Floats, py: Floats, nats: NDArray[np.floating], name: str, bold: bool) -> list[LineEnd]:
        """Name and value at the last finite point of a curve."""
        finite = np.flatnonzero(np.isfinite(py) & (np.abs(nats) < _ABSURD))
        if not len(finite):
            return []
        at = int(finite[-1])
        words = f"{name} {self.look.unit.number(float(nats[at]))}"
        if theme.metrics(11, bold).horizontalAdvance(words) > theme.px(plot.NAME_GUTTER) - 4:
            words = f"{name} {self.look.unit.value(float(nats[at])):.2g}"  # no room for a third figure
        marker = "disc" if bold else "none"
        style = SeriesStyle(words, f"family:{self.look.family}", marker=marker, bold=bold, with_value=False)
        return [LineEnd(style, float(px[at]), float(py[at]), self.look.unit.value(float(nats[at])))]

    def _pixels_x(self, steps: Floats, axis: Axis, area: QRectF) -> Floats:
        if axis.log:
            steps = np.maximum(steps, 0.5)  # step 0 stands just outside of a logarithmic axis
        return np.asarray(area.left() + axis.places(steps) * area.width())

    def _pixels_y(self, nats: NDArray[np.floating], axis: Axis, area: QRectF) -> Floats:
        limit = 4 * area.height()
        ys = area.bottom() - axis.places(self.look.unit.convert(nats)) * area.height()
        return np.asarray(np.clip(ys, -limit, limit))

    def _draw_clips(self, painter: QPainter, xs: Floats, px: Floats, area: QRectF) -> bool:
        """Short ticks on the axis under columns with a clipped step; False where there are none."""
        steps = self.history.steps.values
        starts = np.searchsorted(steps, xs, side="left")
        ends = np.append(np.maximum(starts[1:], starts[:-1] + 1), starts[-1:] + 1)
        at = px[self.history.clipped_between(starts, np.minimum(ends, len(steps))) > 0]
        if not len(at):
            return False
        height, ink = theme.px(5), theme.theme().ink3
        breaks = np.flatnonzero(np.diff(at) > 1.5)  # neighbours become one rectangle
        firsts, lasts = np.append(0, breaks + 1), np.append(breaks, len(at) - 1)
        for left, right in zip(at[firsts].tolist(), at[lasts].tolist(), strict=True):
            painter.fillRect(QRectF(round(left), area.bottom() - height, round(right) - round(left) + 1, height), ink)
        return True

    def _place_of_divergence(self, x_axis: Axis, y_axis: Axis, area: QRectF) -> QPointF | None:
        """The step that broke, at the height of the last finite loss."""
        end, losses = self.history.diverged, self.history.series["loss"].values
        if end is None:
            return None
        finite = np.flatnonzero(np.isfinite(losses) & (np.abs(losses) < _ABSURD))
        x = float(self._pixels_x(np.array([float(end.step)]), x_axis, area)[0])
        y = float(self._pixels_y(losses[finite[-1:]], y_axis, area)[0]) if len(finite) else area.center().y()
        return QPointF(x, min(max(y, area.top() + 8), area.bottom() - 8))


def _paint_cross(painter: QPainter, at: QPointF) -> None:
    arm = theme.px(6)
    painter.setPen(QPen(theme.theme().warn, 2.5 * theme.scale()))
    painter.drawLine(QLineF(at.x() - arm, at.y() - arm, at.x() + arm, at.y() + arm))
    painter.drawLine(QLineF(at.x() - arm, at.y() + arm, at.x() + arm, at.y() - arm))
