"""numpy curves to Qt polylines without a Python loop over points."""

from __future__ import annotations

from typing import Any

import numpy as np
import shiboken6
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen, QPolygonF

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


def dense_runs(
    xs: NDArray[np.floating], lows: NDArray[np.floating], highs: NDArray[np.floating], gap: float, tall: float
) -> list[tuple[int, int]]:
    """Stretches [start, end) of at least 8 neighbouring columns (`gap` px apart at most) over `tall` px high."""
    high_enough = np.abs(highs - lows) > tall  # False for NaN
    near = np.concatenate(([False], np.diff(xs) <= gap))
    joined = high_enough & near & np.concatenate(([False], high_enough[:-1]))
    edges = np.flatnonzero(np.diff(np.concatenate(([False], joined, [False])).astype(np.int8)))
    runs = zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)
    return [(start - 1, end) for start, end in runs if end - start >= 7]


def paint_dense(
    painter: QPainter,
    xs: NDArray[np.floating],
    lows: NDArray[np.floating],
    highs: NDArray[np.floating],
    colour: QColor,
    ratio: float,
) -> None:
    """Columns of noise as one two-colour image: stroking 600 tall zigzags takes Qt 200 ms, this takes one."""
    top, bottom = np.minimum(lows, highs) * ratio, np.maximum(lows, highs) * ratio
    left, first_row = int(xs[0] * ratio), int(top.min())
    columns = np.arange(left, int(xs[-1] * ratio) + 1)
    source = np.clip(np.searchsorted(xs * ratio, columns + 1, side="left") - 1, 0, len(xs) - 1)
    rows = np.arange(first_row, int(bottom.max()) + 1)[:, None]
    inside = (rows >= np.floor(top)[source]) & (rows <= bottom[source])
    mask = np.zeros((rows.size, (columns.size + 3) // 4 * 4), dtype=np.uint8)  # lines of whole 32-bit words
    mask[:, : columns.size] = inside
    image = QImage(mask.data, columns.size, rows.size, mask.shape[1], QImage.Format.Format_Indexed8)
    image.setColorTable([0, colour.rgba()])
    painter.drawImage(QRectF(left / ratio, first_row / ratio, columns.size / ratio, rows.size / ratio), image)


def paint_columns(
    painter: QPainter,
    xs: NDArray[np.floating],
    lows: NDArray[np.floating],
    highs: NDArray[np.floating],
    colour: QColor,
    width: float,
    dash: tuple[float, ...] = (),
    ratio: float = 1.0,
) -> None:
    """A curve as `Pyramid.visible` gives it, in pixels: dense noise as an image, everything else as lines."""
    half = width / 2
    low, high = np.maximum(lows, highs), np.minimum(lows, highs)  # y grows downwards
    at, middle = 0, (low + high) / 2
    for start, end in [*dense_runs(xs, low, high, 1.6 / ratio + 0.1, 2 * width), (len(xs), len(xs))]:
        if start > at or start == len(xs):
            # one column of the dense stretches at either side, at its middle, joins line and image
            piece = slice(max(at - 1, 0), min(start + 1, len(xs)))
            piece_low, piece_high = low[piece].copy(), high[piece].copy()
            if at > 0:
                piece_low[0] = piece_high[0] = middle[at - 1]
            if start < len(xs):
                piece_low[-1] = piece_high[-1] = middle[start]
            if at < len(xs):
                paint_curve(painter, *envelope(xs[piece], piece_low, piece_high), colour, width, dash)
        if start < len(xs):
            run = slice(start, end)
            paint_dense(painter, xs[run], low[run] + half, high[run] - half, colour, ratio)
        at = end


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
