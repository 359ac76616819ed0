"""numpy curves to Qt polylines without a Python loop over points."""

from __future__ import annotations

from typing import Any

import numpy as np
import shiboken6
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from seqviz.gui import theme

_BYTES_PER_POINT = 16  # two doubles


def polygon(xs: NDArray[np.floating], ys: NDArray[np.floating]) -> QPolygonF:
    """(n,) pixel coordinates as a QPolygonF, written straight into its memory."""
    made = QPolygonF()
    count = len(xs)
    made.resize(count)
    if count:
        # shiboken gives the memory of the points (its stubs know no size); the view dies before the polygon
        pointer: Any = shiboken6.VoidPtr
        memory = pointer(made.data(), count * _BYTES_PER_POINT, True)
        view = np.frombuffer(memory, dtype=np.float64).reshape(count, 2)
        view[:, 0] = xs
        view[:, 1] = ys
    return made


def envelope(
    xs: NDArray[np.floating], lows: NDArray[np.floating], highs: NDArray[np.floating], thin: float = 0.75
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """A polyline through the low and high of each pixel column; columns thinner than `thin` px give one point.

    All in pixels. Alternating low-high and high-low, so that neighbours join without a long diagonal.
    """
    x, low, high = (np.asarray(a, dtype=np.float64) for a in (xs, lows, highs))
    tall = np.abs(high - low) > thin
    counts = 1 + tall.astype(np.intp)
    ends = np.cumsum(counts)
    out_x = np.repeat(x, counts)
    out_y = np.empty(len(out_x))
    flip = np.arange(len(x)) % 2 == 1
    first, second = np.where(flip, high, low), np.where(flip, low, high)
    out_y[ends - 1] = np.where(tall, second, (low + high) / 2)
    out_y[(ends - 2)[tall]] = first[tall]
    return out_x, out_y


def split_at_gaps(
    xs: NDArray[np.floating], ys: NDArray[np.floating]
) -> list[tuple[NDArray[np.floating], NDArray[np.floating]]]:
    """Runs of finite points: a NaN in a curve is a gap, never a line to nowhere."""
    finite = np.isfinite(ys)
    if finite.all():
        return [(xs, ys)] if len(xs) else []
    edges = np.flatnonzero(np.diff(np.concatenate(([False], finite, [False])).astype(np.int8)))
    return [(xs[a:b], ys[a:b]) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def paint_curve(
    painter: QPainter,
    xs: NDArray[np.floating],
    ys: NDArray[np.floating],
    colour: QColor,
    width: float,
    dash: tuple[float, ...] = (),
) -> None:
    """One polyline per finite run, in pixels."""
    pen = QPen(colour, width)
    pen.setJoinStyle(Qt.PenJoinStyle.BevelJoin)
    pen.setCapStyle(Qt.PenCapStyle.FlatCap if dash else Qt.PenCapStyle.RoundCap)
    if dash:
        pen.setDashPattern(list(dash))
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for run_x, run_y in split_at_gaps(xs, ys):
        if len(run_x) == 1:
            painter.drawPoint(QPointF(float(run_x[0]), float(run_y[0])))
        else:
            painter.drawPolyline(polygon(run_x, run_y))


def paint_steps(
    painter: QPainter,
    edges: NDArray[np.floating],
    ys: NDArray[np.floating],
    colour: QColor,
    width: float,
) -> None:
    """A step line: `ys[i]` from `edges[i]` to `edges[i + 1]` (n values, n + 1 edges), in pixels."""
    paint_curve(painter, np.repeat(edges, 2)[1:-1], np.repeat(ys, 2), colour, width)


def paint_marker(painter: QPainter, x: float, y: float, colour: QColor, marker: str, size: float = 8) -> None:
    """End mark of a curve with a sheet-coloured ring: disc, square, diamond, triangle, ring; "none" for none."""
    if marker == "none":
        return
    half = size / 2
    hollow = marker == "ring"
    painter.setPen(QPen(colour if hollow else theme.theme().sheet, 1.5))
    painter.setBrush(theme.theme().sheet if hollow else colour)
    if marker in ("disc", "ring"):
        painter.drawEllipse(QPointF(x, y), half, half)
    elif marker == "square":
        painter.drawRect(QRectF(x - half * 0.9, y - half * 0.9, size * 0.9, size * 0.9))
    elif marker == "diamond":
        points = [(0, -half), (half, 0), (0, half), (-half, 0)]
        painter.drawPolygon(QPolygonF([QPointF(x + a, y + b) for a, b in points]))
    else:
        points = [(0, -half), (half, half * 0.8), (-half, half * 0.8)]
        painter.drawPolygon(QPolygonF([QPointF(x + a, y + b) for a, b in points]))
