"""The frame that gradient maps and attention maps share: rows t against columns s of the probe's own grid.

Words with a bar each stand in the gutter, and the text runs down the diagonal and names the rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen

from seqviz.gui import theme
from seqviz.gui.widgets.column_grid import ColumnGrid
from seqviz.gui.widgets.matrix_view import matrix_image
from seqviz.gui.widgets.strip_painting import is_characters, shown_token
from seqviz.gui.widgets.token_names import word_at, word_spans

_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
_LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
LABEL_GAP = 12.5


@lru_cache(maxsize=16)
def _edges(rows: int, top: int, height: int) -> NDArray[np.intp]:
    edges = np.rint(top + np.arange(rows + 1) * (height / max(rows, 1))).astype(np.intp)
    edges.setflags(write=False)
    return edges


@dataclass(frozen=True)
class MapGeometry:
    """Rows `first_row` .. of a map between `top` and `top + height`, columns on the grid."""

    grid: ColumnGrid
    first_row: int
    rows: int
    top: int
    height: int

    @classmethod
    def square(cls, grid: ColumnGrid, top: int, height: int, known: int) -> MapGeometry:
        """As many rows as visible columns, the same positions; `known` rows of the map exist."""
        return cls(grid, grid.first, max(min(grid.visible, known - grid.first), 1), top, height)

    @property
    def bottom(self) -> int:
        return self.top + self.height

    @property
    def edges(self) -> NDArray[np.intp]:
        """(rows + 1,) whole-pixel borders of the rows."""
        return _edges(self.rows, self.top, self.height)

    @property
    def row_height(self) -> float:
        return self.height / max(self.rows, 1)

    def shows_row(self, row: int) -> bool:
        return self.first_row <= row < self.first_row + self.rows

    def y_of(self, row: int) -> int:
        return int(self.edges[row - self.first_row])

    def centre_y(self, row: int) -> float:
        return (self.y_of(row) + self.y_of(row + 1)) / 2

    def row_at(self, y: float) -> int | None:
        found = int(np.searchsorted(self.edges, y, side="right")) - 1
        return self.first_row + found if 0 <= found < self.rows else None

    def cell_at(self, x: float, y: float) -> tuple[int, int] | None:
        """(row, column) of the cell under a point, None beside the map."""
        row, column = self.row_at(y), self.grid.column_at(x)
        return None if row is None or column is None else (row, column)

    def cell_rect(self, row: int, column: int) -> QRectF:
        return self.row_rect(row, column, column)

    def row_rect(self, row: int, start: int, end: int) -> QRectF:
        """Columns `start` .. `end` (inclusive) of a row, cut off at the visible ones."""
        left = self.grid.x_of(max(start, self.grid.first))
        right = self.grid.x_of(min(end, self.grid.first + self.grid.visible - 1) + 1)
        top = self.y_of(row)
        return QRectF(left, top, right - left, self.y_of(row + 1) - top)

    def image(self, indices: NDArray[np.uint8], table: Sequence[int]) -> QImage:
        """The visible part of (t, s) indices, every row as many pixels high as it will be on screen."""
        rows = slice(self.first_row, self.first_row + self.rows)
        columns = slice(self.grid.first, self.grid.first + self.grid.visible)
        return matrix_image(np.repeat(indices[rows, columns], np.diff(self.edges), axis=0), table)

    def area(self) -> QRectF:
        return QRectF(self.grid.left, self.top, self.grid.width, self.height)


def paint_words(painter: QPainter, geometry: MapGeometry, tokens: Sequence[str], current: int) -> None:
    """Words in the gutter, each with a bar along its rows; the word of row `current` bold, in ink."""
    colours, chosen = theme.theme(), word_at(tokens, current)
    last_row = geometry.first_row + geometry.rows
    room, bar_x = geometry.grid.left - theme.px(14), geometry.grid.left - theme.px(6)
    taken = [] if chosen is None else [_middle(geometry, chosen.start, chosen.end)]
    for span in word_spans(tokens):
        start, end = max(span.start, geometry.first_row), min(span.end, last_row)
        if start >= end:
            continue
        mine = span == chosen
        painter.setPen(QPen(colours.ink if mine else colours.track, 2.0 if mine else 1.0))
        painter.drawLine(QLineF(bar_x, geometry.y_of(start) + 1, bar_x, geometry.y_of(end) - 1))
        y = _middle(geometry, span.start, span.end)
        if not mine:
            if any(abs(y - other) < theme.px(LABEL_GAP) for other in taken):
                continue
            taken.append(y)
        painter.setFont(theme.font(11, bold=mine))
        painter.setPen(colours.ink if mine else colours.ink3)
        words = theme.metrics(11, bold=mine).elidedText(span.text, Qt.TextElideMode.ElideRight, room)
        painter.drawText(QRectF(0, y - 10, room, 20), _RIGHT, words)


def _middle(geometry: MapGeometry, start: int, end: int) -> float:
    """Middle of the visible rows of a word; far away where none is visible."""
    first, last = max(start, geometry.first_row), min(end, geometry.first_row + geometry.rows)
    return (geometry.y_of(first) + geometry.y_of(last)) / 2 if first < last else -1e6


def paint_row_numbers(painter: QPainter, geometry: MapGeometry) -> None:
    """Positions in the gutter, for maps that no text belongs to (the mean of many windows)."""
    painter.setFont(theme.font(11))
    painter.setPen(theme.theme().ink3)
    every = next(e for e in (1, 5, 10, 20, 50, 100, 1000) if e * geometry.row_height >= theme.px(16) or e == 1000)
    for row in range(geometry.first_row, geometry.first_row + geometry.rows):
        if row % every == 0:
            y = geometry.centre_y(row)
            painter.drawText(QRectF(0, y - 10, geometry.grid.left - theme.px(8), 20), _RIGHT, str(row))


def paint_diagonal(
    painter: QPainter, geometry: MapGeometry, tokens: Sequence[str], current: int, foretells: bool = True
) -> None:
    """Beside the last cell of row t stands x_t; the row `current` says `x_t → x_{t+1}` in bold where row t `foretells`
    the next token, else x_t.
    """
    colours, high = theme.theme(), max(theme.px(14), geometry.row_height)
    painter.setFont(theme.font(11))
    painter.setPen(colours.ink3)
    dense = not is_characters(tokens) and geometry.row_height < theme.px(LABEL_GAP)
    every = max(1, round(theme.px(LABEL_GAP) / geometry.row_height + 0.49)) if dense else 1
    for row in range(geometry.first_row, min(geometry.first_row + geometry.rows, len(tokens))):
        text = tokens[row].strip(" ")
        near = dense and abs(row - current) * geometry.row_height < theme.px(LABEL_GAP)
        if row == current or not text or row % every or near:
            continue
        x = geometry.grid.x_of(row + 1) + theme.px(3)
        painter.drawText(QRectF(x, geometry.centre_y(row) - high / 2, 200, high), _LEFT, shown_token(text))
    if geometry.shows_row(current) and current < len(tokens):
        text = shown_token(tokens[current])
        if foretells and current + 1 < len(tokens):
            text = f"{text} → {shown_token(tokens[current + 1])}"
        _paint_row_name(painter, geometry, current, text, high, over_map=foretells)


def _paint_row_name(painter: QPainter, geometry: MapGeometry, row: int, text: str, high: float, over_map: bool) -> None:
    measure = theme.metrics(11, bold=True)
    width = measure.horizontalAdvance(text) + theme.px(4)
    right = geometry.grid.right + theme.px(20)
    x = float(geometry.grid.x_of(row + 1) + theme.px(3))
    x = min(x, right - width) if over_map else x  # a name alone stands in the gutter too: it need not cover cells
    area = QRectF(x, geometry.centre_y(row) - high / 2, width, high)
    painter.fillRect(area.adjusted(-2, 0, 0, 0), theme.theme().sheet)
    painter.setFont(theme.font(11, bold=True))
    painter.setPen(theme.theme().ink)
    painter.drawText(area, _LEFT, text)


def paint_dashed_diagonal(painter: QPainter, geometry: MapGeometry, distance: float) -> None:
    """White dashes along t − s = `distance`, on the map only."""
    grid, start = geometry.grid, geometry.grid.first + distance
    if not np.isfinite(distance) or start >= grid.first + grid.visible:
        return
    x0 = float(grid.left)
    y0 = geometry.top + (start + 0.5 - geometry.first_row) * geometry.row_height
    x1 = grid.left + (geometry.rows - (y0 - geometry.top) / geometry.row_height) * grid.cell
    pen = QPen(QColor("#FFFFFF"), 1.5)
    pen.setDashPattern([5.0, 3.5])
    painter.setPen(pen)
    painter.drawLine(QLineF(QPointF(x0, y0), QPointF(x1, geometry.bottom)))


def empty_half(geometry: MapGeometry, left_share: float = 0.54, low_share: float = 0.43) -> QRectF:
    """The largest useful rectangle above the diagonal: from `left_share` of the width, never touching text."""
    left = geometry.grid.left + left_share * geometry.grid.width
    height = min(left_share * geometry.height - theme.px(30), low_share * geometry.height)
    return QRectF(left, geometry.top, geometry.grid.right + theme.px(8) - left, max(height, 0.0))
