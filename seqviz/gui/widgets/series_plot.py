"""A lean x-y plot of live curves: one polyline a curve, names at line ends, everything else in a cached pixmap."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike
from PySide6.QtCore import QEvent, QLineF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QWheelEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from seqviz.gui import theme
from seqviz.gui.widgets import plot_painting as plot
from seqviz.gui.widgets.axes import Axis, stepped_range
from seqviz.gui.widgets.curve_labels import LineEnd, SeriesStyle, colour_of, paint_line_ends, paint_readout
from seqviz.gui.widgets.curve_painting import paint_columns
from seqviz.gui.widgets.painted import PaintedWidget
from seqviz.gui.widgets.plot_painting import Baseline, Mark
from seqviz.gui.widgets.pyramid import Pyramid

__all__ = ["Axis", "Baseline", "Mark", "SeriesPlot", "SeriesStyle", "colour_of"]

_WHEEL_STEP = 0.85


class SeriesPlot(PaintedWidget):
    """Curves over one x axis. Wheel zooms at the mouse, dragging pans, a double click shows everything again.

    `x_picked` carries the x of a click. An axis left at None follows the data in round steps.
    """

    x_picked = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._series: dict[str, tuple[SeriesStyle, Pyramid]] = {}
        self._home_x: Axis | None = None
        self._home_y: Axis | None = None
        self._log_y = False
        self._zoom_x: Axis | None = None
        self._auto_x: tuple[float, float] | None = None
        self._auto_y: tuple[float, float] | None = None
        self._baselines: tuple[Baseline, ...] = ()
        self._marks: tuple[Mark, ...] = ()
        self._cursor: float | None = None
        self._hover: float | None = None
        self._drag: tuple[float, Axis] | None = None
        self._dragged = False
        self._serial = 0
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def add_series(self, key: str, style: SeriesStyle) -> Pyramid:
        """Add a curve, or restyle it; its points can be appended to what comes back, too (then call `update`)."""
        pyramid = self._series[key][1] if key in self._series else Pyramid()
        self._series[key] = (style, pyramid)
        self.data_changed()
        return pyramid

    def append(self, key: str, xs: ArrayLike, ys: ArrayLike) -> None:
        """Add points at the end of a curve."""
        self._series[key][1].append(xs, ys)
        self.data_changed()

    def set_data(self, key: str, xs: ArrayLike, ys: ArrayLike) -> None:
        """Replace a (short) curve."""
        pyramid = self._series[key][1]
        pyramid.clear()
        pyramid.append(xs, ys)
        self.data_changed()

    def remove_series(self, key: str) -> None:
        if self._series.pop(key, None) is not None:
            self.data_changed()

    def keys(self) -> list[str]:
        return list(self._series)

    def pyramid(self, key: str) -> Pyramid:
        return self._series[key][1]

    def clear(self) -> None:
        """Remove every curve and mark, and the zoom."""
        self._series.clear()
        self._marks, self._zoom_x, self._auto_x, self._auto_y = (), None, None, None
        self.data_changed()

    def data_changed(self) -> None:
        """Curves changed: paint again, if anyone can see it."""
        self._serial += 1
        self.update()

    def set_x_axis(self, axis: Axis | None) -> None:
        """Fixed range shown at home, None: follows the data."""
        self._home_x = axis
        self.update()

    def set_y_axis(self, axis: Axis | None, log: bool = False) -> None:
        """Fixed range, or None: follows what is visible, in round steps (`log`: of ten)."""
        if (axis, log) != (self._home_y, self._log_y):
            self._home_y, self._log_y, self._auto_y = axis, log, None
            self.data_changed()

    def set_baselines(self, baselines: Sequence[Baseline]) -> None:
        if tuple(baselines) != self._baselines:
            self._baselines = tuple(baselines)
            self.data_changed()

    def set_marks(self, marks: Sequence[Mark]) -> None:
        """Knob changes and the like."""
        if tuple(marks) != self._marks:
            self._marks = tuple(marks)
            self.update()

    def set_cursor(self, x: float | None) -> None:
        """The time cursor."""
        if x != self._cursor:
            self._cursor = x
            self.update()

    def reset_view(self) -> None:
        """Show everything again."""
        self._zoom_x = self._auto_y = None
        self.data_changed()

    @property
    def zoomed(self) -> bool:
        return self._zoom_x is not None

    def x_axis(self) -> Axis:
        """The x range in force."""
        if self._zoom_x or self._home_x:
            return self._zoom_x or self._home_x or Axis(0, 1)
        ends = [(p.xs[0], p.xs[-1]) for _, p in self._series.values() if len(p)]
        if not ends:
            return Axis(0.0, 1.0)
        low, high = min(float(a) for a, _ in ends), max(float(b) for _, b in ends)
        self._auto_x = stepped_range(low, high, self._auto_x)
        return Axis(low, self._auto_x[1]) if self._auto_x[1] > low else Axis(low, low + 1)

    def y_axis(self) -> Axis:
        """The y range in force."""
        if self._home_y is not None:
            return self._home_y
        x = self.x_axis()
        lows, highs = [], []
        for _, pyramid in self._series.values():
            low, high = pyramid.range_of(x.low, x.high)
            if math.isfinite(low) and abs(low) < 1e29 and abs(high) < 1e29:
                lows.append(low)
                highs.append(high)
        if not self.zoomed:
            values = [b.value for b in self._baselines if math.isfinite(b.value)]
            lows += values
            highs += values
        low, high = min(lows, default=math.nan), max(highs, default=math.nan)
        self._auto_y = stepped_range(low, high, self._auto_y, self._log_y)
        low, high = self._auto_y
        if self._log_y and low <= 0:
            low, high = 1e-3, 1.0
        return Axis(low, high, log=self._log_y) if high > low else Axis(low, low + 1)

    def area(self) -> QRectF:
        """Where curves are drawn: left room for y labels, right gutter for names."""
        named = any(style.name for style, _ in self._series.values())
        left, bottom = theme.px(34), theme.px(22)
        right = theme.px(plot.NAME_GUTTER) if named else theme.px(12)
        return QRectF(left, theme.px(8), max(self.width() - left - right, 1), self.height() - bottom - theme.px(8))

    def _draw_static(self, painter: QPainter, x_axis: Axis, y_axis: Axis) -> None:
        area = self.area()
        plot.paint_axes(painter, area, x_axis, y_axis)
        plot.paint_baselines(painter, area, y_axis, self._baselines)
        plot.paint_marks(painter, area, x_axis, self._marks)

    def _draw_curves(self, painter: QPainter, x_axis: Axis, y_axis: Axis) -> None:
        area = self.area()
        ends: list[LineEnd] = []
        ratio = self.devicePixelRatioF()
        columns = max(int(area.width() * ratio), 2)
        painter.setClipRect(area.adjusted(-1, -1, 2, 2))
        for style, pyramid in self._series.values():
            if not len(pyramid):
                continue
            xs, lows, highs = pyramid.visible(x_axis.low, x_axis.high, columns, x_axis.log)
            px = area.left() + x_axis.places(xs) * area.width()
            limit = 4 * area.height()
            bottom = np.clip(area.bottom() - y_axis.places(lows) * area.height(), -limit, limit)
            top = np.clip(area.bottom() - y_axis.places(highs) * area.height(), -limit, limit)
            colour = theme.faded(colour_of(style.colour), style.opacity)
            width = style.width * theme.scale()
            paint_columns(painter, px, bottom, top, colour, width, style.dash, ratio)
            finite = np.flatnonzero(np.isfinite(bottom))
            if style.name and len(finite):
                at = int(finite[-1])
                pyramid_end = (lows[at] + highs[at]) / 2
                ends.append(LineEnd(style, float(px[at]), float(bottom[at] + top[at]) / 2, float(pyramid_end)))
        painter.setClipping(False)
        paint_line_ends(painter, area, self.width(), ends)

    def _draw_cursors(self, painter: QPainter, x_axis: Axis) -> None:
        area, colours = self.area(), theme.theme()
        if self._cursor is not None and 0 <= x_axis.place(self._cursor) <= 1:
            x = plot.pixel_x(area, x_axis, self._cursor)
            for colour, width in ((colours.sheet, 3.0), (colours.ink2, 1.25)):
                painter.setPen(QPen(colour, width))
                painter.drawLine(QLineF(x, area.top(), x, area.bottom()))
        if self._hover is None or self._drag is not None:
            return
        x = x_axis.value((self._hover - area.left()) / area.width())
        paint_readout(painter, area, self._hover, self.width(), self._values_at(x))

    def _values_at(self, x: float) -> list[tuple[str, QColor]]:
        """The x and each curve's value there, with its colour."""
        rows = [(theme.thousands(x) if abs(x) >= 20 else theme.short(x), theme.theme().ink)]
        for style, pyramid in self._series.values():
            index = int(np.searchsorted(pyramid.xs, x, side="right")) - 1
            if index >= 0 and x <= pyramid.xs[-1]:
                text = f"{style.name or '·'} {theme.short(float(pyramid.ys[index]))}"
                rows.append((text, colour_of(style.colour, text=True)))
        return rows

    # Qt overrides

    def sizeHint(self) -> QSize:
        return QSize(theme.px(300), theme.px(220))

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.px(160), theme.px(90))

    def paintEvent(self, event: QPaintEvent) -> None:
        x_axis, y_axis = self.x_axis(), self.y_axis()
        painter = QPainter(self)
        key = (x_axis, y_axis, self._baselines, self._marks, self.area().width())
        still = self.static_layer(key, lambda p: self._draw_static(p, x_axis, y_axis))
        painter.drawPixmap(0, 0, still)
        curves = self.static_layer(
            (self._serial, x_axis, y_axis), lambda p: self._draw_curves(p, x_axis, y_axis), "curves"
        )
        painter.drawPixmap(0, 0, curves)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._draw_cursors(painter, x_axis)
        painter.end()

    def _place(self, x: float) -> float:
        area = self.area()
        return (x - area.left()) / area.width()

    def wheelEvent(self, event: QWheelEvent) -> None:
        notches = event.angleDelta().y() / 120
        if notches:
            around = min(max(self._place(event.position().x()), 0.0), 1.0)
            self._zoom(self.x_axis().zoomed(_WHEEL_STEP**notches, around))
        event.accept()

    def _zoom(self, axis: Axis) -> None:
        home = self._home_x
        if home is not None and axis.low <= home.low and axis.high >= home.high:
            self._zoom_x = None
        elif axis.log or axis.high - axis.low > 1e-9 * max(abs(axis.low), abs(axis.high)):
            self._zoom_x = axis
        self._auto_y = None
        self.data_changed()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._drag, self._dragged = (self._place(event.position().x()), self.x_axis()), False

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        place = self._place(event.position().x())
        if self._drag is not None:
            start, axis = self._drag
            if abs(place - start) * self.area().width() > 3 or self._dragged:
                self._dragged = True
                self._zoom(axis.between(start - place, 1.0 + start - place))
            return
        self._hover = event.position().x() if 0.0 <= place <= 1.0 else None
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self._drag is not None:
            place, self._drag = self._drag[0], None
            if not self._dragged and 0.0 <= place <= 1.0:
                self.x_picked.emit(self.x_axis().value(place))
            self.update()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self._drag = None
        self.reset_view()

    def leaveEvent(self, event: QEvent) -> None:
        self._hover = None
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Plus and minus zoom around the middle, zero shows everything."""
        factors = {Qt.Key.Key_Plus: _WHEEL_STEP, Qt.Key.Key_Equal: _WHEEL_STEP, Qt.Key.Key_Minus: 1 / _WHEEL_STEP}
        if event.key() in factors:
            self._zoom(self.x_axis().zoomed(factors[Qt.Key(event.key())], 0.5))
        elif event.key() == Qt.Key.Key_0:
            self.reset_view()
        else:
            super().keyPressEvent(event)
