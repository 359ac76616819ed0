"""The still part of a plot: ticks, grid, baselines with their names on the line, knob-change flags."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen, QPolygonF

from seqviz.gui import theme
from seqviz.gui.widgets.axes import Axis

NAME_GAP = 14.5
NAME_GUTTER = 82
HEADROOM = 6  # px at scale 1 above a plot that the name of a line may reach into
_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
_CENTRE = int(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)


@dataclass(frozen=True)
class Baseline:
    """A horizontal line to beat; `name` (with its value) is written on it. `side`: left, right or auto. `under`: rather
    below the line.
    """

    name: str
    value: float
    side: str = "auto"
    under: bool = False


@dataclass(frozen=True)
class Mark:
    """Something that happened at `x`, such as a knob change; at most two short lines of words."""

    x: float
    words: str = ""


def pixel_x(area: QRectF, axis: Axis, value: float) -> float:
    return area.left() + axis.place(value) * area.width()


def pixel_y(area: QRectF, axis: Axis, value: float) -> float:
    return area.bottom() - axis.place(value) * area.height()


def paint_axes(painter: QPainter, area: QRectF, x_axis: Axis, y_axis: Axis, grid: bool = True) -> None:
    """Tick labels left and below, horizontal grid in `line`; no frame, no tick marks."""
    paint_y_axis(painter, area, y_axis, grid)
    paint_x_labels(painter, area, x_axis)


def paint_y_axis(painter: QPainter, area: QRectF, y_axis: Axis, grid: bool = True) -> None:
    """Tick labels left of `area`, grid lines in it, the line at its bottom."""
    colours = theme.theme()
    painter.setFont(theme.font(11))
    rule = QPen(colours.line, 1)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    painter.setPen(rule)
    painter.drawLine(QLineF(area.left(), area.bottom(), area.right(), area.bottom()))
    for value, text in y_axis.labels():
        y = round(pixel_y(area, y_axis, value))
        if grid:
            painter.setPen(rule)
            painter.drawLine(QLineF(area.left(), y, area.right(), y))
        painter.setPen(colours.ink3)
        painter.drawText(QRectF(0, y - 10, area.left() - theme.px(6), 20), _RIGHT, text)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)


def paint_x_labels(painter: QPainter, area: QRectF, x_axis: Axis) -> None:
    """Tick labels under `area`, as many as have room."""
    measure = theme.metrics(11)
    painter.setFont(theme.font(11))
    painter.setPen(theme.theme().ink3)
    before = -1e9
    for value, text in x_axis.labels():
        x, half = pixel_x(area, x_axis, value), measure.horizontalAdvance(text) / 2
        if x - half < before + 6:
            continue  # labels never touch
        before = x + half
        painter.drawText(QRectF(x - 50, area.bottom() + theme.px(4), 100, theme.px(16)), _CENTRE, text)


def paint_baselines(painter: QPainter, area: QRectF, y_axis: Axis, baselines: Sequence[Baseline]) -> None:
    """Dashed ink3 lines; names sit on them, on the side where no other name is; a name without room is left out."""
    colours = theme.theme()
    painter.setFont(theme.font(11))
    inside = [b for b in baselines if 0.0 <= y_axis.place(b.value) <= 1.0]
    for line in inside:
        y = pixel_y(area, y_axis, line.value)
        pen = QPen(colours.ink3, 1.25 * theme.scale())
        pen.setDashPattern([4.0, 2.5])
        painter.setPen(pen)
        painter.drawLine(QLineF(area.left(), y, area.right(), y))
    painter.setPen(colours.ink3)
    for name, at in name_places(area, y_axis, inside):
        painter.drawText(at, name)


def name_places(area: QRectF, y_axis: Axis, baselines: Sequence[Baseline]) -> list[tuple[str, QPointF]]:
    """Names that have room, from the highest line down, with the left end of their base line.

    No two of them touch, and none lies over another line.
    """
    measure, placed = theme.metrics(11), []
    taken: list[QRectF] = []
    lines = [pixel_y(area, y_axis, b.value) for b in baselines]
    for number, line in enumerate(sorted(baselines, key=lambda b: -b.value)):
        y, width = pixel_y(area, y_axis, line.value), measure.horizontalAdvance(line.name)
        # curves come down from the upper left, so the highest name goes right
        wanted = ("right" if number == 0 else "left") if line.side == "auto" else line.side
        above, below = y - theme.px(4), y + measure.ascent() + 2
        heights = (below, above) if line.under else (above, below)
        for baseline, side in product(heights, (wanted, "left" if wanted == "right" else "right")):
            x = area.left() + 6 if side == "left" else area.right() - width - 4
            box = QRectF(x, baseline - measure.capHeight(), width, measure.capHeight() + 2)
            inside = area.top() - theme.px(HEADROOM) <= box.top() and box.bottom() <= area.bottom()
            crossed = any(box.top() <= other <= box.bottom() for other in lines)
            touches = any(box.adjusted(-6, -2, 6, 2).intersects(other) for other in taken)
            if inside and not crossed and not touches:
                taken.append(box)
                placed.append((line.name, QPointF(x, baseline)))
                break
    return placed


def paint_marks(painter: QPainter, area: QRectF, x_axis: Axis, marks: Sequence[Mark]) -> None:
    """Ink flags: a line from the axis with a small head on top, words beside the newest that has room."""
    colours, measure = theme.theme(), theme.metrics(11)
    painter.setFont(theme.font(11))
    free_until = area.right() + theme.px(NAME_GUTTER)
    for mark in sorted(marks, key=lambda m: -m.x):
        if not 0.0 <= x_axis.place(mark.x) <= 1.0:
            continue
        x, top = pixel_x(area, x_axis, mark.x), area.top() + theme.px(18)
        painter.setPen(QPen(colours.ink2, 1.25 * theme.scale()))
        painter.drawLine(QLineF(x, top, x, area.bottom()))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colours.ink2)
        painter.drawPolygon(QPolygonF([QPointF(x, top - 2), QPointF(x + 4, top + 6), QPointF(x - 4, top + 6)]))
        lines = mark.words.split("\n")[:2]
        width = max(measure.horizontalAdvance(line) for line in lines)
        left = x + 5 if x + 5 + width <= free_until else x - 5 - width
        if left < area.left() or left + width > free_until:
            continue
        painter.setPen(colours.ink2)
        for row, line in enumerate(lines):
            painter.drawText(QPointF(left, top + theme.px(11) + row * theme.px(NAME_GAP)), line)
        free_until = min(left, x) - 6
