"""Two gradient maps on one scale, the original's and the twin's, with the cursor at the same place in both."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QRectF, Qt, Signal
from PySide6.QtGui import QImage, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from seqviz.gui import theme
from seqviz.gui.panels.gradient_map import HIGH, LOW, relative_to_diagonal
from seqviz.gui.race.racer import Racer
from seqviz.gui.widgets import causal_map
from seqviz.gui.widgets.axes import Axis
from seqviz.gui.widgets.causal_map import MapGeometry
from seqviz.gui.widgets.column_grid import ColumnGrid
from seqviz.gui.widgets.curve_labels import colour_of
from seqviz.gui.widgets.ghost import paint_ghost
from seqviz.gui.widgets.gradient_profile import paint_profile, paint_profile_axis
from seqviz.gui.widgets.matrix_view import index_image, matrix_image
from seqviz.gui.widgets.painted import PaintedWidget
from seqviz.gui.widgets.token_names import token_name

HEAD, FOOT, GUTTER, GAP, LARGEST, TALLEST, READABLE = 24, 20, 62, 26, 40, 1.8, 10
_LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
Floats = NDArray[np.floating]


class TwinMaps(PaintedWidget):
    """`pointed` carries (row t, column s) under the mouse, or None."""

    pointed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._maps: list[tuple[Racer, Floats | None]] = []
        self._images: list[QImage | None] = []
        self._sources: list[object] = []
        self.cell: tuple[int, int] | None = None
        self.setMouseTracking(True)
        self.setMinimumHeight(theme.px(170))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("gradient maps of original and twin")

    def show_pair(self, racers: list[Racer]) -> None:
        """Take over the newest maps; paints only where one is new."""
        sources = [racer.array(f"gradient.itemised.{racer.site}") for racer in racers]
        fresh = len(sources) != len(self._sources) or any(
            a is not b for a, b in zip(sources, self._sources, strict=True)
        )
        if fresh:
            self._sources = list(sources)
            values = [None if a is None or a.ndim != 2 else relative_to_diagonal(a) for a in sources]
            self._maps = list(zip(racers, values, strict=True))
            self._images = [None] * len(racers)
            self.update()

    @property
    def values(self) -> list[Floats | None]:
        """(t, s) of original and twin, relative to the mean of the diagonal; None before the first."""
        return [values for _, values in self._maps]

    # geometry

    def geometry_of(self, number: int) -> MapGeometry | None:
        """Where the map of a racer is drawn; None where it has none."""
        values = self._maps[number][1] if number < len(self._maps) else None
        if values is None:
            return None
        half = (self.width() - theme.px(GAP)) // 2
        rows = np.flatnonzero(np.isfinite(values).any(axis=1))
        known = int(rows.max(initial=0)) + 1
        columns = values.shape[1]
        room = max(half - theme.px(GUTTER) - theme.px(14), 1)
        cell = max(min(room // columns, theme.px(LARGEST)), 1)
        left = number * (half + theme.px(GAP)) + theme.px(GUTTER)
        grid = ColumnGrid(columns, left, cell, 0, min(columns, room // cell))
        height = max(self.height() - theme.px(HEAD) - theme.px(FOOT), 1)
        if len(rows) == 1 and columns > 1:  # one loss, at the end: bars
            return MapGeometry(grid, int(rows[0]), 1, theme.px(HEAD), height)
        height = min(height, round(cell * known * TALLEST))
        return MapGeometry.square(grid, theme.px(HEAD), height, known)

    # painting

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if all(values is None for _, values in self._maps):
            paint_ghost(painter, QRectF(self.rect()), "Both gradient maps, on one scale: they come with the pair.")
        for number, (racer, _) in enumerate(self._maps):
            self._paint_map(painter, number, racer)
        painter.end()

    def _paint_map(self, painter: QPainter, number: int, racer: Racer) -> None:
        geometry = self.geometry_of(number)
        values = self._maps[number][1]
        if geometry is None or values is None:
            return
        painter.setFont(theme.font(12, bold=True))
        painter.setPen(colour_of(racer.style.colour, text=True))
        head = QRectF(geometry.grid.left, 0, geometry.grid.width, theme.px(HEAD))
        painter.drawText(head, _LEFT, f"{racer.label}, step {theme.thousands(racer.step)}")
        if geometry.rows == 1 and values.shape[1] > 1:
            self._paint_profile(painter, geometry, values)
            return
        if self._images[number] is None:
            indices = index_image(values, LOW, HIGH, "log10", mask=np.isnan(values))
            self._images[number] = matrix_image(indices[: geometry.rows], theme.colour_table("viridis"))
        image = self._images[number]
        assert image is not None
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
        painter.drawImage(geometry.area(), image)
        tokens = racer.labels()
        row = -1 if self.cell is None else self.cell[0]
        if len(tokens) == values.shape[1]:
            painter.save()  # words end left of their own map
            painter.setClipRect(QRectF(geometry.grid.left - theme.px(GUTTER), 0, theme.px(GUTTER), self.height()))
            causal_map.paint_words(painter, geometry, tokens, row)
            painter.restore()
            if geometry.row_height >= theme.px(READABLE):
                causal_map.paint_diagonal(painter, geometry, tokens, row)
        self._paint_cell(painter, geometry, values)

    def _paint_profile(self, painter: QPainter, geometry: MapGeometry, values: Floats) -> None:
        row, axis = values[geometry.first_row], Axis(LOW, HIGH, log=True, ticks=(1e-4, 1e-2, 1.0))
        painter.save()
        painter.translate(geometry.grid.left - theme.px(GUTTER), 0)  # the axis stands left of its own bars
        shifted = replace(geometry, grid=replace(geometry.grid, gutter=theme.px(GUTTER)))
        paint_profile_axis(painter, shifted, axis)
        indices = index_image(row[np.newaxis], LOW, HIGH, "log10")[0]
        paint_profile(painter, shifted, axis, row, indices, theme.colour_table("viridis"))
        painter.restore()
        self._paint_cell(painter, geometry, values)

    def _paint_cell(self, painter: QPainter, geometry: MapGeometry, values: Floats) -> None:
        if self.cell is None:
            return
        row, column = self.cell
        if not (geometry.shows_row(row) and column < values.shape[1] and np.isfinite(values[row, column])):
            return
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(theme.theme().ink)
        if geometry.rows > 1:
            painter.drawRect(geometry.cell_rect(row, column).adjusted(-1, -1, 1, 1))
        text = f"{theme.short(float(values[row, column]))} at distance {row - column}"
        painter.setFont(theme.font(12, bold=True))
        area = QRectF(geometry.grid.left, geometry.bottom, geometry.grid.width, theme.px(FOOT))
        painter.drawText(area, _LEFT, text)

    def cell_words(self) -> str:
        """What both maps say of the cell under the mouse."""
        if self.cell is None or not self._maps:
            return ""
        row, column = self.cell
        tokens = self._maps[0][0].labels()
        if max(row, column) >= len(tokens):
            return ""
        return (
            f"loss at {token_name(tokens[row])} (t = {row}) by the state at {token_name(tokens[column])} (s = {column})"
        )

    # Qt overrides

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        x, y = event.position().x(), event.position().y()
        found = None
        for number in range(len(self._maps)):
            geometry = self.geometry_of(number)
            found = found or (None if geometry is None else geometry.cell_at(x, y))
        if found != self.cell:
            self.cell = found
            self.pointed.emit(found)
            self.update()

    def leaveEvent(self, event: QEvent) -> None:
        self.cell = None
        self.pointed.emit(None)
        self.update()

    def on_theme_changed(self) -> None:
        self._images = [None] * len(self._maps)
        super().on_theme_changed()
