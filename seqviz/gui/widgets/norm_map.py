"""Gradient norms over training steps: the global norm with what clipping takes away, and a heat map per layer."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QMouseEvent, QPainter, QPen

from seqviz.gui import theme
from seqviz.gui.colour_maps import BLANK, MASKED
from seqviz.gui.widgets import plot_painting as plot
from seqviz.gui.widgets.axes import Axis, stepped_range
from seqviz.gui.widgets.curve_labels import LineEnd, SeriesStyle, colour_of, paint_line_ends
from seqviz.gui.widgets.curve_painting import paint_curve, paint_marker, polygon
from seqviz.gui.widgets.matrix_view import index_image, paint_matrix
from seqviz.gui.widgets.step_plot import Row, StepPlot, paint_noise

LOWEST, HIGHEST = 1e-3, 10.0
GUTTER = 84
NARROW = 420
_SMOOTHING = 0.05
_CURVE_SHARE = 0.4
_GAP = 10
_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)

Floats = NDArray[np.float64]


class NormMap(StepPlot):
    """The curve above and the map below share the step axis, its zoom and the table under the mouse."""

    def __init__(self) -> None:
        super().__init__()
        self.layers: tuple[str, ...] = ()
        self.clip_at: tuple[tuple[float, float], ...] = ()  # (from step, largest norm let through; 0: off)
        self.limits = (LOWEST, HIGHEST)
        self._mouse_y = 0.0
        self._widest: tuple[int, float] = (-1, 0.0)  # of the layers' names, by version of the theme

    def set_layers(self, names: Sequence[str]) -> None:
        if tuple(names) != self.layers:
            self.layers = tuple(names)
            self._widest = (-1, 0.0)
            self.data_changed()

    def set_clip(self, changes: Sequence[tuple[float, float]]) -> None:
        """(from step, clip norm) in order of steps."""
        if tuple(changes) != self.clip_at:
            self.clip_at = tuple(changes)
            self.data_changed()

    def set_limits(self, low: float, high: float) -> None:
        """Range of the colours."""
        if (low, high) != self.limits:
            self.limits = (low, high)
            self.data_changed()

    def gutter(self) -> float:
        """Room at the left for the names of layers, as little as they need."""
        if self._widest[0] != theme.version():
            measure = theme.metrics(11)
            found = max((measure.horizontalAdvance(n) for n in self.layers), default=0.0)
            self._widest = (theme.version(), found)
        widest = self._widest[1]
        return min(max(widest + theme.px(8), theme.px(30)), max(theme.px(GUTTER), self.width() * 0.3))

    def is_wide(self) -> bool:
        """Whether there is room for names at line ends; else they stand in one line above."""
        return self.width() >= theme.px(NARROW)

    def area(self) -> QRectF:
        """The upper part, where the global norm is drawn."""
        left, top = self.gutter(), theme.px(8 if self.is_wide() else 22)
        right = theme.px(plot.NAME_GUTTER if self.is_wide() else 12)
        height = (self.height() - top - theme.px(22 + _GAP)) * (_CURVE_SHARE if self.layers else 1.0)
        return QRectF(left, top, max(self.width() - left - right, 1), max(height, 1))

    def map_area(self) -> QRectF:
        """The lower part; whole pixels, so that rows are equally high."""
        above = self.area()
        top = round(above.bottom() + theme.px(_GAP))
        return QRectF(round(above.left()), top, round(above.width()), max(self.height() - theme.px(22) - top, 1))

    def y_axis(self) -> Axis:
        """Whole decades that hold every visible norm."""
        x_axis = self.x_axis()
        low, high = self.history.curve("grad_norm").pyramid.range_of(x_axis.low, x_axis.high)
        usable = math.isfinite(low) and math.isfinite(high) and high > 0
        high = min(high, 1e12) if usable else math.nan
        low = min(max(low, high * 1e-6), 0.9 * high) if usable else math.nan
        if not usable:
            return Axis(0.1, 10.0, log=True)
        self._auto_y = stepped_range(low, high, self._auto_y, log=True)
        return Axis(*self._auto_y, log=True)

    def map_columns(self, x_axis: Axis, count: int) -> Floats:
        """(layer, column) mean of log10 norm over each column's steps; a column between two steps repeats the
        earlier one, columns before the first and after the last step are NaN.
        """
        steps, means = self.history.steps.values, self.history.layer_means()
        if means is None or not len(steps):
            return np.full((len(self.layers), count), np.nan)
        spaced = np.geomspace if x_axis.log else np.linspace
        edges = spaced(x_axis.low, x_axis.high, count + 1)
        found = np.searchsorted(steps, edges, side="left")
        ends = found[1:]
        starts = np.maximum(np.minimum(found[:-1], ends - 1), 0)
        columns = means.between(starts, ends)  # (column, layer)
        columns[edges[:-1] > steps[-1]] = np.nan
        return np.asarray(columns.T)

    def rows_at(self, step: float) -> list[Row]:
        colours = theme.theme()
        index = int(np.searchsorted(self.history.steps.values, step, side="right")) - 1
        if index < 0:
            return []
        norm = float(self.history.series["grad_norm"].values[index])
        kept = norm * float(self.history.series["clip_scale"].values[index])
        rows = [(f"global norm {theme.short(norm)}", colours.ink)]
        if kept < norm:
            rows.append((f"clipped to {theme.short(kept)}", colours.ink2))
        norms, area = self.history.layer_norms, self.map_area()
        if norms is not None and self.layers and area.top() <= self._mouse_y < area.bottom():
            layer = int((self._mouse_y - area.top()) / area.height() * len(self.layers))
            rows.append((f"{self.layers[layer]} {theme.short(float(norms.values[index, layer]))}", colours.ink))
        return rows

    # painting

    def _draw_static(self, painter: QPainter, x_axis: Axis, y_axis: Axis) -> None:
        area, lower = self.area(), self.map_area()
        plot.paint_y_axis(painter, area, y_axis)
        plot.paint_x_labels(painter, lower if self.layers else area, x_axis)
        for row, name in enumerate(self.layers):
            height = lower.height() / len(self.layers)
            room = lower.left() - theme.px(6)
            text = theme.metrics(11).elidedText(name, Qt.TextElideMode.ElideMiddle, room)
            painter.setPen(theme.theme().ink3)
            painter.drawText(QRectF(0, lower.top() + row * height, room, height), _RIGHT, text)

    def _draw_curves(self, painter: QPainter, x_axis: Axis, y_axis: Axis) -> None:
        self._draw_map(painter, x_axis)
        self._draw_norm(painter, x_axis, y_axis)

    def _draw_map(self, painter: QPainter, x_axis: Axis) -> None:
        area = self.map_area()
        if not self.layers or area.width() < 2:
            return
        log_norms = self.map_columns(x_axis, int(area.width()))
        low, high = self.limits
        indices = index_image(log_norms, math.log10(low), math.log10(high))
        indices[indices == BLANK] = MASKED
        painter.fillRect(area, theme.theme().ghost)
        paint_matrix(painter, area, indices, theme.colour_table("viridis"))
        painter.setPen(QPen(theme.theme().sheet, 1))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        for row in range(1, len(self.layers)):
            y = round(area.top() + area.height() * row / len(self.layers))
            painter.drawLine(QLineF(area.left(), y, area.right(), y))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)

    def _draw_norm(self, painter: QPainter, x_axis: Axis, y_axis: Axis) -> None:
        area, ink = self.area(), theme.theme().ink2
        curve = self.history.curve("grad_norm")
        xs, lows, highs = curve.pyramid.visible(x_axis.low, x_axis.high, self.pixel_columns(), x_axis.log)
        if not len(xs):
            return
        px = area.left() + x_axis.places(np.maximum(xs, 0.5) if x_axis.log else xs) * area.width()
        smooth = curve.smoothed(xs, _SMOOTHING)
        painter.setClipRect(area.adjusted(-1, -1, 2, 2))
        self._draw_clipped(painter, y_axis, xs, px, highs)
        low_y, high_y, smooth_y = (self._pixels_y(v, y_axis) for v in (lows, highs, smooth))
        paint_noise(painter, px, low_y, high_y, ink)
        paint_curve(painter, px, smooth_y, ink, 1.5 * theme.scale())
        painter.setClipping(False)
        self._draw_ends(painter, y_axis, px, smooth, smooth_y)

    def _draw_clipped(
        self, painter: QPainter, y_axis: Axis, xs: Floats, px: Floats, highs: NDArray[np.floating]
    ) -> None:
        """Shade between the norm and the clip line wherever the norm passes it, and draw the line."""
        limit = self._limits_at(xs)
        if not np.isfinite(limit).any():
            return
        colours = theme.theme()
        line_y = self._pixels_y(np.where(np.isfinite(limit), limit, 1e30), y_axis)
        over_y = self._pixels_y(np.maximum(highs, np.where(np.isfinite(limit), limit, highs)), y_axis)
        over_y = np.where(np.isfinite(over_y), over_y, line_y)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.faded(colours.ink3, 0.28))
        painter.drawPolygon(polygon(np.concatenate([px, px[::-1]]), np.concatenate([line_y, over_y[::-1]])))
        end = np.array([self.area().right()])
        clip_y = np.where(np.isfinite(limit), line_y, np.nan)
        paint_curve(painter, np.concatenate([px, end]), np.append(clip_y, clip_y[-1:]), colours.ink3, 1.25, (4.0, 2.5))

    def _limits_at(self, steps: Floats) -> Floats:
        """Clip norm in force at each step; NaN where clipping is off."""
        if not self.clip_at:
            return np.full(len(steps), np.nan)
        starts = np.array([s for s, _ in self.clip_at])
        values = np.array([v if v > 0 else np.nan for _, v in self.clip_at])
        return np.asarray(values[np.maximum(np.searchsorted(starts, steps, side="right") - 1, 0)])

    def _draw_ends(self, painter: QPainter, y_axis: Axis, px: Floats, smooth: Floats, smooth_y: Floats) -> None:
        ends, area = [], self.area()
        finite = np.flatnonzero(np.isfinite(smooth_y))
        if len(finite):
            at = int(finite[-1])
            style = SeriesStyle("norm", "ink2", marker="disc")
            ends.append(LineEnd(style, float(px[at]), float(smooth_y[at]), float(smooth[at])))
        last = self._limits_at(self.history.steps.values[-1:])
        if len(last) and np.isfinite(last[0]):
            y = float(self._pixels_y(last, y_axis)[0])
            ends.append(LineEnd(SeriesStyle("clip", "ink3", bold=False), area.right(), y, float(last[0])))
        if self.is_wide():
            paint_line_ends(painter, area, self.width(), ends)
            return
        x = area.left()
        for end in ends:
            if end.style.marker != "none":
                paint_marker(painter, end.x, end.y, theme.theme().ink2, end.style.marker, theme.px(8))
            text = end.text(self.width())
            painter.setFont(theme.font(11, end.style.bold))
            painter.setPen(colour_of(end.style.colour, text=True))
            painter.drawText(QPointF(x, area.top() - theme.px(9)), text)
            x += theme.metrics(11, end.style.bold).horizontalAdvance(text) + theme.px(10)

    def _pixels_y(self, values: NDArray[np.floating], axis: Axis) -> Floats:
        area = self.area()
        limit = 4 * max(area.height(), 1)
        return np.asarray(np.clip(area.bottom() - axis.places(values) * area.height(), -limit, limit))

    # Qt overrides

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._mouse_y = event.position().y()  # names the layer in the table
        super().mouseMoveEvent(event)
