"""Base of the maps (gradient, attention): one frame, one way to point, to pin and to read a row.

Three shapes: causal (rows and columns are the same positions and the upper half is empty), square (the same positions,
seen both ways), and rows of their own (the target of a pair, or `places`: only those positions that have a loss).
"""

from __future__ import annotations

from collections.abc import Hashable
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QRectF, Qt
from PySide6.QtGui import QImage, QMouseEvent, QPainter

from seqviz.gui import theme
from seqviz.gui.colour_maps import MASKED
from seqviz.gui.panels.base import Cursor
from seqviz.gui.panels.painted_sheet import PaintedSheetPanel
from seqviz.gui.widgets import causal_map
from seqviz.gui.widgets.causal_map import MapGeometry
from seqviz.gui.widgets.column_grid import ColumnGrid
from seqviz.gui.widgets.cursor import paint_map_cursor
from seqviz.gui.widgets.strip_painting import paint_chip
from seqviz.gui.widgets.token_names import token_name


class MapPanel(PaintedSheetPanel):
    """Subclasses set `values` (t, s) and its colour `indices` in `prepare`; NaN rows have no loss.

    Hovering moves the token cursor to row t and points at s; a click pins s, a second click frees it.
    """

    minimum_height = 160
    weight = 54
    order = 10
    colours = "viridis"

    def __init__(self) -> None:
        super().__init__()
        self.values: NDArray[np.floating] | None = None
        self.indices: NDArray[np.uint8] | None = None
        self.row_axis = "t"
        self.places: NDArray[np.intp] | None = None  # positions of the rows, where not every position has one
        self._square = self._triangle = False
        self._known_rows = 0  # the last row exists only if it has a target
        self.pinned: int | None = None
        self._hover: tuple[int, int] | None = None
        self._image: tuple[Hashable, QImage] | None = None

    def set_map(
        self,
        values: NDArray[np.floating] | None,
        indices: NDArray[np.uint8] | None,
        places: NDArray[np.intp] | None = None,
    ) -> None:
        """The map to show, or None for none yet; `places`: the positions that its rows are, where not all are."""
        self.values, self.indices, self.places = values, indices, places
        if values is not None:
            known = np.flatnonzero(np.isfinite(values).any(axis=1))
            self._known_rows = int(known[-1]) + 1 if len(known) else len(values)
            rows, columns = values.shape
            self._square = rows == columns and places is None and self.row_axis in ("t", "node")
            self._triangle = self._square and bool(np.isnan(values[_above(rows)]).all())

    # what subclasses may replace

    def cell_text(self, row: int, key: int) -> str:
        """What the chip beside the framed cell says."""
        return ""

    def paint_half(self, painter: QPainter, area: QRectF) -> None:
        """What changes in the empty half above the diagonal."""

    def still_half(self, area: QRectF) -> Hashable:
        """What the still part of the empty half depends on: equal as long as nothing is to be drawn anew."""
        return None

    def paint_still_half(self, painter: QPainter, area: QRectF) -> None:
        """The still part: axes, names."""

    def half_area(self, geometry: MapGeometry) -> QRectF:
        """Where the empty half is painted: over a map that has none, in the margin left for it."""
        if self.causal:
            return causal_map.empty_half(geometry)
        return QRectF(self.grid.left, theme.px(2), self.grid.width, max(self.top_margin() - theme.px(8), 0))

    def top_margin(self) -> int:
        """Pixels over the map, for what stands in the empty half of a causal one."""
        return 0

    def bottom_margin(self) -> int:
        """Pixels under the map."""
        return 4

    # geometry

    @property
    def aligned(self) -> bool:
        """Whether the map is of the probe, so that its columns are the sheet's."""
        probe = self.current_source() == "probe"
        return probe and self.values is not None and self.values.shape[1] == self.grid.n

    @property
    def causal(self) -> bool:
        """Whether rows and columns are the same positions and no row sees what comes later."""
        return self.values is not None and self._triangle

    @property
    def foretells(self) -> bool:
        """Whether the loss of a row is that of the token after it, not that of a label of its own."""
        run = self.snapshot.run
        return run is None or "label.probabilities" not in run.provides

    @property
    def square(self) -> bool:
        """Whether rows and columns are the same positions, each with a row."""
        return self.values is not None and self._square

    def map_grid(self) -> ColumnGrid:
        if self.aligned or self.values is None:
            return self.grid
        shown = min(self.values.shape[1], self.grid.width)
        return ColumnGrid(self.values.shape[1], self.grid.gutter, self.grid.width // max(shown, 1), 0, shown)

    def geometry_of_map(self) -> MapGeometry:
        top, grid = theme.px(2) + self.top_margin(), self.map_grid()
        height = max(self.height() - top - self.bottom_margin(), 1)
        if self.values is None or self.square:
            return MapGeometry.square(grid, top, height, self._known_rows)
        return MapGeometry(grid, 0, self.values.shape[0], top, height)

    @property
    def row(self) -> int:
        """The framed row t."""
        row = self.row_for(self.snapshot.cursor)
        rows = self.grid.n if self.values is None else len(self.values)
        return max(0, min(row, rows - 1))

    def row_for(self, cursor: Cursor) -> int:
        """The row a cursor means; where rows are another text, that which has most to do with its column."""
        if self.places is not None:
            return self._row_of_place(cursor.column if cursor.row is None else cursor.row)
        if cursor.row is not None:
            return cursor.row
        if self.square or not self.aligned or self.values is None or not 0 <= cursor.column < self.values.shape[1]:
            return cursor.column
        return self._strongest_row(cursor.column)

    def _strongest_row(self, column: int) -> int:
        assert self.values is not None
        of_column = self.values[:, column]
        return int(np.nanargmax(of_column)) if np.isfinite(of_column).any() else 0

    def _row_of_place(self, position: int) -> int:
        """The row of a position; of one without a row, that which has most to do with its column."""
        assert self.places is not None
        assert self.values is not None
        found = np.flatnonzero(self.places == position)
        if len(found):
            return int(found[0])
        return self._strongest_row(position) if 0 <= position < self.values.shape[1] else 0

    def position_of(self, row: int) -> int:
        """The position that a row of the map is."""
        return row if self.places is None else int(self.places[row])

    def key_for(self, cursor: Cursor) -> int | None:
        """The position s a cursor means: pinned, pointed at, or, where rows are another text, its column."""
        if self.pinned is not None:
            return self.pinned
        across = cursor.key is None and self.aligned and not self.square
        return cursor.column if across else cursor.key

    @property
    def row_tokens(self) -> tuple[str, ...]:
        """Labels of the rows: the probe's own, or those of the target of a pair."""
        if self.places is not None:
            names = (token_name(self.tokens[place]) if place < len(self.tokens) else "" for place in self.places)
            return tuple(f"{name}\u00a0at\u00a0{place}" for name, place in zip(names, self.places, strict=True))
        return self.tokens if self.square or self.row_axis == "t" else self.snapshot.labels(self.row_axis)

    @property
    def key(self) -> int | None:
        """The framed s of that row."""
        return self.key_for(self.snapshot.cursor)

    def reaches(self, row: int, key: int | None) -> bool:
        """Whether there is a number at (row, key)."""
        if self.values is None or key is None:
            return False
        rows, columns = self.values.shape
        return 0 <= row < rows and 0 <= key < columns and bool(np.isfinite(self.values[row, key]))

    def strip_row(self) -> tuple[np.ndarray, str] | None:
        if self.indices is None or not self.aligned:
            return None
        return self.indices[self.row], self.colours

    # painting

    def ready(self) -> bool:
        current = self.aligned or self.current_source() != "probe"  # else it belongs to the probe before
        return self.indices is not None and current and self.height() > theme.px(60)

    def clear(self) -> None:
        self.pinned = self._hover = None
        super().clear()

    def paint(self, painter: QPainter) -> None:
        assert self.indices is not None
        geometry = self.geometry_of_map()
        painter.drawImage(geometry.area().topLeft(), self._picture(geometry))
        area = self.half_area(geometry)
        row = self.row if self.aligned else -1
        key = (self.row_tokens, geometry, row, self.still_half(area))
        painter.drawPixmap(0, 0, self.static_layer(key, self._paint_text, name="text"))
        if self.has_half:
            self.paint_half(painter, area)

    @property
    def has_half(self) -> bool:
        """Whether there is room for what explains the map: its empty half, or a margin over it."""
        return self.causal or self.top_margin() > 0

    def _picture(self, geometry: MapGeometry) -> QImage:
        """The map at its size on screen: rows stretched already, columns by whole pixels."""
        assert self.indices is not None
        key = (self.serial, geometry, theme.version())
        if self._image is None or self._image[0] != key:
            thin = geometry.image(self.indices, theme.colour_table(self.colours))
            wide = thin.scaled(geometry.grid.width, max(thin.height(), 1))
            self._image = (key, wide)
        return self._image[1]

    def _paint_text(self, painter: QPainter) -> None:
        geometry = self.geometry_of_map()
        if self.has_half:
            self.paint_still_half(painter, self.half_area(geometry))
        if not self.aligned or not self.row_tokens:
            causal_map.paint_row_numbers(painter, geometry)
            return
        causal_map.paint_words(painter, geometry, self.row_tokens, self.row)
        if self.causal:
            causal_map.paint_diagonal(painter, geometry, self.tokens, self.row, self.row_axis == "t" and self.foretells)

    def paint_over(self, painter: QPainter) -> None:
        geometry = self.geometry_of_map()
        if not self.aligned:
            if self._hover is not None and self.reaches(*self._hover):
                self._paint_cell(painter, geometry, *self._hover)
            return
        row, last = self.row, geometry.grid.first + geometry.grid.visible - 1
        if not geometry.shows_row(row):
            return
        self.paint_cursor(painter, geometry.y_of(row + 1) if self.causal else geometry.top, self.height())
        if self.indices is not None and (self.indices[row] != MASKED).any():
            paint_map_cursor(
                painter, geometry.row_rect(row, geometry.grid.first, min(row, last) if self.causal else last)
            )
        if self.reaches(row, self.key) and geometry.grid.shows(self.key):
            assert self.key is not None
            self._paint_cell(painter, geometry, row, self.key)

    def _paint_cell(self, painter: QPainter, geometry: MapGeometry, row: int, key: int) -> None:
        rect = geometry.cell_rect(row, key)
        grow = max(0.0, (theme.px(12) - rect.height()) / 2)  # thin rows: the frame stays easy to see
        rect = rect.adjusted(0, -grow, 0, grow)
        paint_map_cursor(painter, rect, pinned=self.pinned == key)
        text = self.cell_text(row, key)
        if text:
            high = theme.px(16)
            top = rect.top() - high - 4 if rect.top() - high - 4 > geometry.top else rect.bottom() + 4
            paint_chip(painter, rect.center().x(), top, text, geometry.grid.left, geometry.grid.right)

    # Qt overrides

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._point(self._cell_under(event))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        cell = self._cell_under(event)
        if event.button() != Qt.MouseButton.LeftButton or cell is None or not self.aligned:
            return
        self.pinned = None if self.pinned == cell[1] else cell[1]
        self.cursor_moved.emit(self._cursor_at(*cell))
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        self._point(None)

    def _cell_under(self, event: QMouseEvent) -> tuple[int, int] | None:
        if not (self.grid.visible and self.ready()):
            return None
        cell = self.geometry_of_map().cell_at(event.position().x(), event.position().y())
        return cell if cell is not None and self.reaches(*cell) else None

    def _cursor_at(self, row: int, key: int) -> Cursor:
        """Where rows are positions of the probe the token cursor follows the row; elsewhere it follows s."""
        if self.places is not None or self.square:
            return Cursor(self.position_of(row), self.position_of(row), key)
        return Cursor(key, row, key)

    def _point(self, cell: tuple[int, int] | None) -> None:
        if cell == self._hover:
            return
        self._hover = cell
        if self.aligned and cell is not None:
            self.cursor_moved.emit(self._cursor_at(cell[0], self.pinned if self.pinned is not None else cell[1]))
        elif self.aligned and self.pinned is None:
            self.cursor_moved.emit(Cursor(self.column, None, None))
        self.update()


@lru_cache(maxsize=16)
def _above(size: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Indices of the cells above the diagonal of a square map."""
    return np.triu_indices(size, 1)
