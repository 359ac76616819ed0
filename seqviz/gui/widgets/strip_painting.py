"""Paints the probe strip: one cell per token, coloured by surprisal, the letter in black or white."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from seqviz.gui import theme
from seqviz.gui.colour_maps import BLANK, MASKED
from seqviz.gui.widgets.column_grid import SMALLEST_CELL, ColumnGrid
from seqviz.gui.widgets.matrix_view import paint_matrix

LETTER_SIZE = 17
_SHOWN = {" ": "·", "\n": "↵", "\t": "⇥", "\r": "␍"}
_WIDEST_TILE = 72
_CENTRE = int(Qt.AlignmentFlag.AlignCenter)


def shown_token(token: str) -> str:
    """What is written for a token: a space as a middle dot, newlines and controls as symbols."""
    return "".join(_SHOWN.get(c, chr(0x2400 + ord(c)) if ord(c) < 32 else c) for c in token) or "∅"


def is_characters(tokens: Sequence[str]) -> bool:
    """True where every token is one character, so that cells need no tiles."""
    return all(len(token) <= 1 for token in tokens)


def smallest_cell(tokens: Sequence[str]) -> int:
    """Narrowest legible column in px: 9 for characters, the widest token (72 at most) for words and BPE."""
    if is_characters(tokens):
        return theme.px(SMALLEST_CELL)
    measure = theme.metrics(12, bold=True)
    widest = max((measure.horizontalAdvance(shown_token(t)) for t in set(tokens)), default=0.0)
    return int(min(widest + theme.px(8), theme.px(_WIDEST_TILE)))


@lru_cache(maxsize=16)
def _dark_letters(table: tuple[int, ...]) -> tuple[bool, ...]:
    """Whether black is the letter that contrasts more, for each colour of a table."""
    return tuple(theme.contrasting(QColor(rgb)).value() == 0 for rgb in table)


def letter_size(grid: ColumnGrid) -> float:
    """Letter height at scale 1 for a cell width: 17, smaller in narrow cells, never under 11."""
    return max(11.0, min(LETTER_SIZE, 1.2 * grid.cell / theme.scale()))


def paint_cells(
    painter: QPainter,
    grid: ColumnGrid,
    tokens: Sequence[str],
    indices: NDArray[np.uint8] | None,
    table: tuple[int, ...],
    top: float,
    height: float,
) -> None:
    """Cells and letters of the visible tokens. `indices` None: nothing is known yet, cells stay empty.

    A cell whose index is `BLANK` has no surprisal (the first one) and is grey.
    """
    if grid.visible == 0:
        return
    seen = slice(grid.first, grid.first + grid.visible)
    row = QRectF(grid.left, top, grid.width, height)
    if not is_characters(tokens):
        _paint_tiles(painter, grid, tokens, indices, table, top, height)
        return
    if indices is None:
        painter.fillRect(row, theme.theme().well)
        painter.setPen(QPen(theme.theme().sheet, 1))
        for column in list(grid.columns())[1:]:
            painter.drawLine(QPointF(grid.x_of(column), top), QPointF(grid.x_of(column), top + height))
    else:
        paint_matrix(painter, row, indices[None, seen], _with_grey(table))
    painter.setFont(theme.font(letter_size(grid), bold=True))
    for column in grid.columns():
        painter.setPen(_letter_colour(indices, column, table))
        cell = QRectF(grid.x_of(column) - 8, top, grid.cell + 16, height)
        painter.drawText(cell, _CENTRE, shown_token(tokens[column]))


def paint_hidden(painter: QPainter, grid: ColumnGrid, hidden: Sequence[int], top: float, height: float) -> None:
    """A bar over the cells whose token the model is not shown."""
    for start, end in runs(hidden):
        first, last = max(start, grid.first), min(end, grid.first + grid.visible)
        if first >= last:
            continue
        left, right, thick = grid.x_of(first), grid.x_of(last), theme.px(3)
        painter.fillRect(QRectF(left, top - thick, right - left - 1, thick), theme.theme().ink)


def runs(places: Sequence[int]) -> list[tuple[int, int]]:
    """Neighbouring places together: (start, end) with the end exclusive."""
    found: list[tuple[int, int]] = []
    for place in places:
        if found and found[-1][1] == place:
            found[-1] = (found[-1][0], place + 1)
        else:
            found.append((place, place + 1))
    return found


def _with_grey(table: tuple[int, ...]) -> tuple[int, ...]:
    grey = theme.theme().track.rgb()
    return (*table[:MASKED], grey, grey)


def _letter_colour(indices: NDArray[np.uint8] | None, column: int, table: tuple[int, ...]) -> QColor:
    if indices is None:
        return theme.theme().ink
    index = int(indices[column])
    if index in (BLANK, MASKED):
        return theme.theme().ink
    return theme.BLACK if _dark_letters(table)[index] else theme.WHITE


def _paint_tiles(
    painter: QPainter,
    grid: ColumnGrid,
    tokens: Sequence[str],
    indices: NDArray[np.uint8] | None,
    table: tuple[int, ...],
    top: float,
    height: float,
) -> None:
    """Words and BPE pieces: a tile as wide as the token, centred in its column."""
    measure, coloured = theme.metrics(12, bold=True), _with_grey(table)
    painter.setFont(theme.font(12, bold=True))
    for column in grid.columns():
        room = grid.cell - 2.0
        text = measure.elidedText(shown_token(tokens[column]), Qt.TextElideMode.ElideMiddle, room - 4)
        width = min(room, measure.horizontalAdvance(text) + theme.px(10))
        tile = QRectF(grid.centre_of(column) - width / 2, top, width, height)
        fill = theme.theme().well if indices is None else QColor(coloured[int(indices[column])])
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(fill)
        painter.drawRoundedRect(tile, 3, 3)
        painter.setPen(_letter_colour(indices, column, table))
        painter.drawText(tile, _CENTRE, text)


def paint_index_axis(painter: QPainter, grid: ColumnGrid, top: float, height: float) -> None:
    """Positions under the strip: every 1, 2, 5, 10 ... with air between them; `t` in the gutter."""
    painter.setFont(theme.font(11))
    painter.setPen(theme.theme().ink3)
    for column, area in index_labels(grid, top, height):
        painter.drawText(area, _CENTRE, str(column))
    paint_gutter_label(painter, grid, "t", top, height)


def index_labels(grid: ColumnGrid, top: float, height: float) -> list[tuple[int, QRectF]]:
    """Positions that are written, and where."""
    measure = theme.metrics(11)
    widest = measure.horizontalAdvance("0" * len(str(max(grid.n - 1, 1)))) + theme.px(70)
    every = next((e for e in (1, 2, 5, 10, 20, 50, 100, 200, 500) if e * grid.cell >= widest), 1000)
    found = []
    for column in grid.columns():
        if column % every == 0:
            half = measure.horizontalAdvance(str(column)) / 2 + 2
            area = QRectF(grid.centre_of(column) - half, top, 2 * half, height)
            if area.left() >= grid.left - 6:  # clear of the `t` in the gutter
                found.append((column, area))
    return found


def paint_gutter_label(
    painter: QPainter, grid: ColumnGrid, text: str, top: float, height: float, bold: bool = False
) -> None:
    """A word in the gutter, right-aligned against the columns."""
    painter.setFont(theme.font(11, bold))
    painter.setPen(theme.theme().ink2 if bold else theme.theme().ink3)
    area = QRectF(0, top, grid.left - theme.px(8), height)
    painter.drawText(area, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), text)


def paint_minimap(painter: QPainter, grid: ColumnGrid, y: float) -> None:
    """Where the window lies in a probe that is too long to show whole."""
    if grid.visible >= grid.n:
        return
    colours, share = theme.theme(), grid.width / grid.n
    painter.fillRect(QRectF(grid.left, y, grid.width, 3), colours.track)
    painter.fillRect(QRectF(grid.left + grid.first * share, y, grid.visible * share, 3), colours.ink2)


def chip_area(centre_x: float, top: float, text: str, left: float, right: float) -> QRectF:
    """Where `paint_chip` paints."""
    width = theme.metrics(11, bold=True).horizontalAdvance(text) + theme.px(12)
    x = min(max(centre_x - width / 2, left), max(right - width, left))
    return QRectF(x, top, width, theme.px(16))


def paint_chip(painter: QPainter, centre_x: float, top: float, text: str, left: float, right: float) -> None:
    """A small ink label such as `t = 39`, kept between `left` and `right`."""
    colours, chip = theme.theme(), chip_area(centre_x, top, text, left, right)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colours.ink)
    painter.drawRoundedRect(chip, 3, 3)
    painter.setFont(theme.font(11, bold=True))
    painter.setPen(colours.sheet)
    painter.drawText(chip, _CENTRE, text)
