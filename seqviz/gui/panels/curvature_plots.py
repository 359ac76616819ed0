"""The two pictures of the curvature panel: the loss along a line, and on the plane of the path. Painting only."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from seqviz.gui import theme
from seqviz.gui.widgets.axes import Axis
from seqviz.gui.widgets.curve_painting import paint_curve
from seqviz.gui.widgets.matrix_view import index_image, matrix_image
from seqviz.gui.widgets.plot_painting import paint_axes, paint_x_labels, pixel_x, pixel_y

Floats = NDArray[np.floating]
_LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
_CENTRE = int(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)


@dataclass(frozen=True)
class Line:
    """The loss (point,), in the unit that is shown, at distances (point,) along one direction; the middle is here."""

    distance: Floats
    loss: Floats

    @property
    def here(self) -> float:
        """The present loss."""
        return float(self.loss[int(np.abs(self.distance).argmin())])

    def y_axis(self) -> Axis:
        values = self.loss[np.isfinite(self.loss)]
        if not len(values):
            return Axis(0.0, 1.0)
        low, high = float(values.min()), float(values.max())
        span = max(high - low, 1e-6 * max(abs(low), 1.0))
        step = 10.0 ** math.floor(math.log10(span)) / 2
        return Axis(math.floor((low - 0.05 * span) / step) * step, math.ceil((high + 0.05 * span) / step) * step)


def paint_line(painter: QPainter, area: QRectF, line: Line, title: str, more: str) -> None:
    """The curve over the distance in lengths of the weights; the present weights are the dot in the middle."""
    colours = theme.theme()
    x_axis, y_axis = Axis(float(line.distance[0]), float(line.distance[-1])), line.y_axis()
    plot = area.adjusted(theme.px(44), theme.px(24), -theme.px(16), -theme.px(40))
    paint_axes(painter, plot, x_axis, y_axis)
    _title(painter, area, title)
    _under(painter, plot, f"distance, in lengths of the weights {more}".rstrip())
    middle = pixel_x(plot, x_axis, 0.0)
    painter.setPen(QPen(colours.ink3, 1.0))
    painter.drawLine(QLineF(middle, plot.top(), middle, plot.bottom()))
    painter.save()
    painter.setClipRect(plot.adjusted(0, -1, 1, 1))
    xs = plot.left() + x_axis.places(line.distance) * plot.width()
    ys = plot.bottom() - np.clip(y_axis.places(line.loss), -1.0, 3.0) * plot.height()
    paint_curve(painter, xs, ys, colours.ink, 2.0 * theme.scale())
    painter.restore()
    painter.setBrush(colours.ink)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.drawEllipse(QPointF(middle, pixel_y(plot, y_axis, line.here)), theme.px(4), theme.px(4))


@dataclass(frozen=True)
class Plane:
    """The loss (row, column) on a grid, the path (snapshot, 2) on it with its steps, and what share each axis holds."""

    loss: Floats
    x: Floats
    y: Floats
    path: Floats
    steps: Floats
    share: Floats

    def limits(self) -> tuple[float, float]:
        """Fixed by the plane itself: its lowest and highest loss, on a log scale where it spans much."""
        finite = self.loss[np.isfinite(self.loss)]
        low, high = (float(finite.min()), float(finite.max())) if len(finite) else (0.0, 1.0)
        return low, max(high, low + 1e-9)

    @property
    def log(self) -> bool:
        low, high = self.limits()
        return low > 0 and high > 3 * low


def paint_plane(painter: QPainter, area: QRectF, plane: Plane, unit: str) -> None:
    """Bright is high; the path ends at the present weights."""
    side = min(area.width() - theme.px(56), area.height() - theme.px(60))
    plot = QRectF(
        area.left() + theme.px(44),
        area.top() + theme.px(22),
        max(area.width() - theme.px(56), 1),
        max(area.height() - theme.px(60), 1),
    )
    if plot.width() > 1.6 * side:
        plot.setWidth(1.6 * side)
    x_axis, y_axis = Axis(float(plane.x[0]), float(plane.x[-1])), Axis(float(plane.y[0]), float(plane.y[-1]))
    low, high = plane.limits()
    fine = smooth(plane.loss[::-1], 8)
    indices = index_image(fine, low, high, "log10" if plane.log else "linear")
    painter.drawImage(plot, matrix_image(indices, theme.colour_table("viridis")))
    _title(painter, area, f"loss on the plane of the path, {unit}: dark {low:.3g}, bright {high:.3g}")
    paint_x_labels(painter, plot, x_axis)
    _y_labels(painter, plot, y_axis)
    first, second = (f"{100 * float(share):.0f} %" for share in plane.share)
    _under(painter, plot, f"→ {first}, ↑ {second} of the path; in lengths of the weights")
    _paint_path(painter, plot, plane, x_axis, y_axis)


def _y_labels(painter: QPainter, plot: QRectF, axis: Axis) -> None:
    painter.setFont(theme.font(11))
    painter.setPen(theme.theme().ink3)
    for value, text in axis.labels():
        y = pixel_y(plot, axis, value)
        area = QRectF(plot.left() - theme.px(60), y - 10, theme.px(54), 20)
        painter.drawText(area, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), text)


def _paint_path(painter: QPainter, plot: QRectF, plane: Plane, x_axis: Axis, y_axis: Axis) -> None:
    points = [QPointF(pixel_x(plot, x_axis, float(x)), pixel_y(plot, y_axis, float(y))) for x, y in plane.path]
    for colour, width in ((QColor("#101418"), 4.0), (QColor("#FFFFFF"), 2.0)):  # seen on dark and on bright
        painter.setPen(QPen(colour, width * theme.scale()))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPolyline(QPolygonF(points))
    for number, (point, step) in enumerate(zip(points, plane.steps.tolist(), strict=True)):
        ends = number in (0, len(points) - 1)
        radius = theme.px(5 if ends else 2)
        painter.setPen(QPen(QColor("#101418"), 1.0))
        painter.setBrush(QColor("#FFFFFF"))
        painter.drawEllipse(point, radius, radius)
        if ends:
            _chip(painter, plot, point, "now" if step < 0 else f"step {step:.0f}")


def _chip(painter: QPainter, plot: QRectF, point: QPointF, text: str) -> None:
    measure = theme.metrics(11, bold=True)
    width, high = measure.horizontalAdvance(text) + theme.px(10), theme.px(18)
    left = min(max(point.x() + theme.px(8), plot.left()), plot.right() - width)
    box = QRectF(left, min(max(point.y() - high - theme.px(4), plot.top()), plot.bottom() - high), width, high)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor("#101418"))
    painter.drawRoundedRect(box, 3, 3)
    painter.setPen(QColor("#FFFFFF"))
    painter.setFont(theme.font(11, bold=True))
    painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), text)


def smooth(values: Floats, times: int) -> Floats:
    """Straight lines between the measured points, `times` as many each way; no value beyond those measured."""
    rows, columns = values.shape
    across = np.linspace(0, columns - 1, columns * times)
    down = np.linspace(0, rows - 1, rows * times)
    wide = np.stack([np.interp(across, np.arange(columns), row) for row in values])
    return np.stack([np.interp(down, np.arange(rows), column) for column in wide.T], axis=1)


def _title(painter: QPainter, area: QRectF, words: str) -> None:
    painter.setFont(theme.font(11))
    painter.setPen(theme.theme().ink2)
    text = theme.metrics(11).elidedText(words, Qt.TextElideMode.ElideRight, area.width())
    painter.drawText(QRectF(area.left(), area.top(), area.width(), theme.px(16)), _LEFT, text)


def _under(painter: QPainter, plot: QRectF, words: str) -> None:
    painter.setFont(theme.font(11))
    painter.setPen(theme.theme().ink3)
    area = QRectF(plot.left() - theme.px(36), plot.bottom() + theme.px(20), plot.width() + theme.px(60), theme.px(16))
    painter.drawText(area, _CENTRE, theme.metrics(11).elidedText(words, Qt.TextElideMode.ElideRight, area.width()))
