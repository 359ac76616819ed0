"""Several named curves and lines to beat on one pair of axes, their names at the right without overlap."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QLineF, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from seqviz.gui import theme
from seqviz.gui.race.styles import RacerStyle
from seqviz.gui.widgets.axes import Axis, spread_labels
from seqviz.gui.widgets.curve_labels import colour_of, paint_readout
from seqviz.gui.widgets.curve_painting import paint_curve, paint_marker
from seqviz.gui.widgets.ghost import paint_ghost
from seqviz.gui.widgets.painted import PaintedWidget
from seqviz.gui.widgets.plot_painting import NAME_GAP, paint_axes, pixel_x, pixel_y

FLAT_DASH = (4.0, 2.5)
_WIDEST_NAME = 190
_VLEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
Floats = NDArray[np.float64]


def _none() -> Floats:
    return np.empty(0)


@dataclass(frozen=True)
class RaceLine:
    """A racer's line. `value` stands behind the name, also where the name must be shortened. `flat`: a line to beat
    at this value (nan: none). `mark_x`: a dashed drop with a dot on the curve. `ends`: the curve stops for good at
    its last point, so it falls to the ground there.
    """

    number: int
    name: str
    style: RacerStyle
    value: str = ""
    xs: Floats = field(default_factory=_none)
    ys: Floats = field(default_factory=_none)
    behind_xs: Floats = field(default_factory=_none)
    behind_ys: Floats = field(default_factory=_none)
    flat: float = math.nan
    mark_x: float = math.nan
    ends: bool = False
    bold: bool = False
    crossed: bool = False

    def same_as(self, other: RaceLine) -> bool:
        """Whether it would look the same."""
        arrays = ("xs", "ys", "behind_xs", "behind_ys")
        words = ("number", "name", "value", "style", "ends", "bold", "crossed")
        return (
            all(getattr(self, name) == getattr(other, name) for name in words)
            and all(np.array_equal(getattr(self, name), getattr(other, name)) for name in arrays)
            and np.array_equal([self.flat, self.mark_x], [other.flat, other.mark_x], equal_nan=True)
        )

    @property
    def text(self) -> str:
        return f"{self.name} {self.value}".rstrip()

    def end(self) -> tuple[float, float]:
        """Where its name belongs: the last point, or the flat line (x nan)."""
        if math.isfinite(self.flat):
            return math.nan, self.flat
        return (float(self.xs[-1]), float(self.ys[-1])) if len(self.xs) else (math.nan, math.nan)


class RacePlot(PaintedWidget):
    """Hover reads all curves at one x; a click holds that x, another lets it go. A click on a name selects."""

    line_clicked = Signal(int)  # number of the racer whose name was clicked

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lines: tuple[RaceLine, ...] = ()
        self._axes = (Axis(0.0, 1.0), Axis(0.0, 1.0))
        self._axis_words = ""
        self._serial = 0
        self._hover: float | None = None
        self._held: float | None = None  # as a value of the x axis
        self._names: list[tuple[int, QRectF]] = []
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    # for those who derive

    def empty_words(self) -> str:
        """What the ghost says before the first value."""
        return ""

    def x_text(self, x: float) -> str:
        """An x in words, for the readout."""
        return theme.short(x)

    def y_text(self, y: float) -> str:
        return theme.short(y)

    def paint_more(self, painter: QPainter, area: QRectF, x_axis: Axis, y_axis: Axis) -> None:
        """Behind the curves."""

    # what is shown

    @property
    def lines(self) -> tuple[RaceLine, ...]:
        return self._lines

    @property
    def axes(self) -> tuple[Axis, Axis]:
        return self._axes

    def set_lines(self, lines: Sequence[RaceLine], x_axis: Axis, y_axis: Axis, words: str) -> None:
        """Curves and axes; `words` name the x axis. Paints only what looks different."""
        same = len(lines) == len(self._lines) and all(map(RaceLine.same_as, lines, self._lines))
        if same and (x_axis, y_axis) == self._axes and words == self._axis_words:
            return
        self._lines, self._axes, self._axis_words = tuple(lines), (x_axis, y_axis), words
        self._serial += 1
        self.update()

    def area(self) -> QRectF:
        """Where curves are drawn: left room for y labels, at the right the names."""
        bold = theme.metrics(11, bold=True)
        words = (*(line.text for line in self._lines), self._axis_words)
        gutter = min(max((bold.horizontalAdvance(w) for w in words), default=0.0), theme.px(_WIDEST_NAME))
        gutter = math.ceil((gutter + theme.px(14)) / 8) * 8.0
        widest = max((theme.metrics(11).horizontalAdvance(text) for _, text in self.axes[1].labels()), default=0.0)
        left, top, bottom = max(theme.px(34), math.ceil(widest) + theme.px(8)), theme.px(6), theme.px(22)
        return QRectF(left, top, max(self.width() - left - gutter, 20.0), max(self.height() - top - bottom, 20.0))

    # painting

    def _draw_still(self, painter: QPainter) -> None:
        x_axis, y_axis = self._axes
        area = self.area()
        paint_axes(painter, area, x_axis, y_axis)
        painter.setFont(theme.font(11))
        painter.setPen(theme.theme().ink3)
        last = x_axis.labels()[-1]
        tick = pixel_x(area, x_axis, last[0]) + theme.metrics(11).horizontalAdvance(last[1]) / 2
        left, top = max(area.right(), tick) + theme.px(9), area.bottom() + theme.px(4)
        painter.drawText(QRectF(left, top, self.width() - left, theme.px(16)), _VLEFT, self._axis_words)

    def _draw_curves(self, painter: QPainter) -> None:
        x_axis, y_axis = self._axes
        area = self.area()
        painter.setClipRect(area.adjusted(-1, -1, 2, 1))
        self.paint_more(painter, area, x_axis, y_axis)
        for line in self._lines:
            self._draw_line(painter, area, line)
        painter.setClipping(False)
        self._draw_names(painter, area)

    def _draw_line(self, painter: QPainter, area: QRectF, line: RaceLine) -> None:
        colour, scale = colour_of(line.style.colour), theme.scale()
        if len(line.behind_xs):
            faint = theme.faded(colour, 0.3)
            paint_curve(painter, *self._pixels(area, line.behind_xs, line.behind_ys), faint, 1.0 * scale)
        if math.isfinite(line.flat):
            pen = QPen(colour, (2.0 if line.bold else 1.25) * scale)
            pen.setDashPattern(list(line.style.dash or FLAT_DASH))
            painter.setPen(pen)
            y = pixel_y(area, self._axes[1], line.flat)
            painter.drawLine(QLineF(area.left(), y, area.right(), y))
        if not len(line.xs):
            return
        xs, ys = self._pixels(area, line.xs, line.ys)
        if line.ends:
            xs, ys = np.append(xs, xs[-1]), np.append(ys, area.bottom())
        paint_curve(painter, xs, ys, colour, (3.0 if line.bold else 2.0) * scale, line.style.dash)
        if math.isfinite(line.mark_x):
            self._draw_mark(painter, area, line, colour)

    def _draw_mark(self, painter: QPainter, area: QRectF, line: RaceLine, colour: QColor) -> None:
        x_axis, y_axis = self._axes
        if not x_axis.low <= line.mark_x <= float(line.xs[-1]):
            return
        places = np.interp(line.mark_x, line.xs, y_axis.places(line.ys))
        x, y = pixel_x(area, x_axis, line.mark_x), area.bottom() - float(places) * area.height()
        pen = QPen(colour, 1.25 * theme.scale())
        pen.setDashPattern([3.0, 2.5])
        painter.setPen(pen)
        painter.drawLine(QLineF(x, y, x, area.bottom()))
        paint_marker(painter, x, y, colour, line.style.marker if line.style.marker != "none" else "disc", theme.px(8))

    def _pixels(self, area: QRectF, xs: Floats, ys: Floats) -> tuple[Floats, Floats]:
        x_axis, y_axis = self._axes
        limit = 3 * area.height()
        px = area.left() + x_axis.places(xs) * area.width()
        py = area.bottom() - np.clip(y_axis.places(ys), -2.0, 3.0) * area.height()
        return px, np.clip(py, -limit, limit)

    def _draw_names(self, painter: QPainter, area: QRectF) -> None:
        """At the right, in the order of the ends; a name whose line has no point on the axes stands at the top."""
        x_axis, y_axis = self._axes
        placed = []
        for line in self._lines:
            x, y = line.end()
            at = pixel_y(area, y_axis, y) if math.isfinite(y) else area.top() if line.crossed else area.top() - 1
            placed.append((line, x, min(max(at, area.top()), area.bottom()), math.isfinite(y)))
        gap = NAME_GAP * theme.scale()
        places = spread_labels([y for _, _, y, _ in placed], gap, area.top() + 4, area.bottom() - 4 * theme.scale())
        self._names = []
        for (line, x, y, known), place in zip(placed, places, strict=True):
            colour, edge = colour_of(line.style.colour), area.right()
            seen = -0.01 <= y_axis.place(line.end()[1]) <= 1.01 if known else False
            if known and seen and math.isfinite(x):
                point = min(pixel_x(area, x_axis, x), edge)
                painter.setPen(QPen(theme.faded(colour, 0.6), 1))
                painter.drawLine(QLineF(point, y, edge + theme.px(6), place))
                self._draw_end(painter, line, point, y, colour)
            elif known and seen:
                painter.setPen(QPen(theme.faded(colour, 0.6), 1))
                painter.drawLine(QLineF(edge, y, edge + theme.px(6), place))
            self._draw_name(painter, line, edge + theme.px(9), place)

    def _draw_end(self, painter: QPainter, line: RaceLine, x: float, y: float, colour: QColor) -> None:
        if line.crossed:
            warn, half = theme.theme().warn, theme.px(4)
            painter.setPen(QPen(warn, 2.0))
            painter.drawLine(QLineF(x - half, y - half, x + half, y + half))
            painter.drawLine(QLineF(x - half, y + half, x + half, y - half))
        elif not line.ends:
            paint_marker(painter, x, y, colour, line.style.marker, theme.px(8))

    def _draw_name(self, painter: QPainter, line: RaceLine, x: float, place: float) -> None:
        measure = theme.metrics(11, bold=True)
        room = self.width() - x - 2
        value = measure.horizontalAdvance(f" {line.value}") if line.value else 0.0
        text = measure.elidedText(line.name, Qt.TextElideMode.ElideRight, room - value)
        text = f"{text} {line.value}".rstrip()
        painter.setFont(theme.font(11, bold=True))
        painter.setPen(theme.theme().warn if line.crossed else colour_of(line.style.colour, text=True))
        baseline, width = place + measure.capHeight() / 2, measure.horizontalAdvance(text)
        painter.drawText(QPointF(x, baseline), text)
        if line.bold:
            painter.drawLine(QLineF(x, baseline + 3, x + width, baseline + 3))
        self._names.append((line.number, QRectF(x, place - measure.height() / 2, width, measure.height())))

    def _rows_at(self, x: float) -> list[tuple[str, QColor]]:
        """The x and every line's value there, the lowest first."""
        found = []
        for line in self._lines:
            value = self._value_of(line, x)
            if math.isfinite(value):
                found.append((value, f"{line.name} {self.y_text(value)}", colour_of(line.style.colour, text=True)))
        rows = [(text, colour) for _, text, colour in sorted(found, key=lambda row: row[0])]
        return [(self.x_text(x), theme.theme().ink), *rows]

    def _value_of(self, line: RaceLine, x: float) -> float:
        """The curve's height at `x` as it is drawn, straight between two values; beside it the line to beat, or nan."""
        if not len(line.xs) or not line.xs[0] <= x <= line.xs[-1]:
            return line.flat
        x_axis, y_axis = self._axes
        heights = y_axis.places(line.ys)
        place = float(np.interp(x_axis.place(x), x_axis.places(line.xs), heights))
        return y_axis.value(place)

    # Qt overrides

    def sizeHint(self) -> QSize:
        return QSize(theme.px(420), theme.px(220))

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.px(160), theme.px(90))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if not self._lines:
            paint_ghost(painter, QRectF(self.rect()).adjusted(0, 4, 0, -4), self.empty_words())
            painter.end()
            return
        still = (*self._axes, self._axis_words, self.area().width())
        painter.drawPixmap(0, 0, self.static_layer(still, self._draw_still))
        painter.drawPixmap(0, 0, self.static_layer(self._serial, self._draw_curves, "curves"))
        x_axis, area = self._axes[0], self.area()
        x = self._held if self._held is not None else self._hover
        if x is not None and 0.0 <= x_axis.place(x) <= 1.0:
            paint_readout(painter, area, pixel_x(area, x_axis, x), self.width(), self._rows_at(x))
        painter.end()

    def _value_at(self, x: float) -> float | None:
        area = self.area()
        place = (x - area.left()) / area.width()
        return self._axes[0].value(place) if 0.0 <= place <= 1.0 and self._lines else None

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._hover = self._value_at(event.position().x())
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        self._hover = None
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        for number, area in self._names:
            if area.contains(event.position()):
                self.line_clicked.emit(number)
                return
        self._held = None if self._held is not None else self._value_at(event.position().x())
        self.update()
