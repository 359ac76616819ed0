"""The probe as tiles in a narrow column: line after line, each tile coloured by one racer's surprisal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from seqviz.gui import theme
from seqviz.gui.colour_maps import BLANK
from seqviz.gui.widgets.matrix_view import index_image
from seqviz.gui.widgets.strip_painting import is_characters, shown_token

LARGEST, SMALLEST, SHAPE = 30, 11, 1.3  # px at scale 1: a cell's width; its height over its width
_WORD_HEIGHT, _WORD_MARGIN = 20, 4  # the height in the smallest type
_WORD_SIZES = (28, 25, 22, 19, 16, 13, 11)
_CENTRE = int(Qt.AlignmentFlag.AlignCenter)


@dataclass(frozen=True)
class TileLayout:
    """`areas` of the tokens `first` .. in reading order; `letters` px; fewer than all where there is no room."""

    first: int
    areas: tuple[QRectF, ...]
    letters: float
    height: float

    def token_at(self, x: float, y: float) -> int | None:
        """The token whose tile holds a point."""
        found = (n for n, area in enumerate(self.areas, start=self.first) if area.contains(x, y))
        return next(found, None)

    def area_of(self, token: int) -> QRectF | None:
        index = token - self.first
        return self.areas[index] if 0 <= index < len(self.areas) else None


def lay_tiles(tokens: Sequence[str], width: float, height: float, cursor: int = 0) -> TileLayout:
    """Tiles as large as fit into `width` x `height` px; where even small ones do not, the lines around the cursor."""
    if not tokens or width < 8 or height < 8:
        return TileLayout(0, (), theme.px(11), 0.0)
    if not is_characters(tokens):
        return _lay_words(tokens, width, height, cursor)
    cell = theme.px(LARGEST)
    while cell > theme.px(SMALLEST) and _needed(len(tokens), width, cell) > height:
        cell -= 1
    per_line = max(int(width // cell), 1)
    if len(tokens) > per_line:
        cell = int(width // per_line)  # no ragged margin at the right
    lines = [
        [(n, (n - start) * float(cell), float(cell)) for n in range(start, min(start + per_line, len(tokens)))]
        for start in range(0, len(tokens), per_line)
    ]
    return _window(lines, round(cell * SHAPE), height, cursor, max(theme.px(11), round(cell * 0.72)))


Line = list[tuple[int, float, float]]  # (token, left, width)


def _needed(count: int, width: float, cell: int) -> float:
    per_line = max(int(width // cell), 1)
    return -(-count // per_line) * round(width // per_line * SHAPE)


def _lay_words(tokens: Sequence[str], width: float, height: float, cursor: int) -> TileLayout:
    """In the largest type in which all stand in full, the smallest where none is small enough."""
    for size in _WORD_SIZES:
        line_height = theme.px(_WORD_HEIGHT * size / _WORD_SIZES[-1])
        lines = _word_lines(tokens, width, size)
        widest = max(wide for line in lines for _, _, wide in line)
        if len(lines) * line_height <= height and widest < width:
            break
    return _window(lines, line_height, height, cursor, theme.font(size).pixelSize())


def _word_lines(tokens: Sequence[str], width: float, size: float) -> list[Line]:
    measure, lines, x = theme.metrics(size, bold=True), list[Line]([[]]), 0.0
    for number, token in enumerate(tokens):
        wide = min(measure.horizontalAdvance(shown_token(token)) + 2 * theme.px(_WORD_MARGIN), width)
        if x and x + wide > width:
            lines.append([])
            x = 0.0
        lines[-1].append((number, x, wide))
        x += wide
    return lines


def _window(lines: list[Line], line_height: float, height: float, cursor: int, letters: float) -> TileLayout:
    """Those lines that fit, the cursor's among them."""
    fit = max(int(height // line_height), 1)
    here = next((n for n, line in enumerate(lines) if line and line[-1][0] >= cursor), len(lines) - 1)
    start = 0 if here < fit else min(here - fit // 2, len(lines) - fit)
    seen = lines[start : start + fit]
    areas = tuple(
        QRectF(left, row * line_height, wide, line_height) for row, line in enumerate(seen) for _, left, wide in line
    )
    return TileLayout(seen[0][0][0], areas, letters, len(seen) * line_height)


def paint_tiles(
    painter: QPainter,
    layout: TileLayout,
    tokens: Sequence[str],
    bits: NDArray[np.floating] | None,
    highest: float,
) -> None:
    """Tiles from the painter's origin on. `bits` (t,) None: nothing is known yet, the tiles stay empty."""
    colours = theme.theme()
    table = theme.colour_table("cividis")
    indices = None if bits is None else index_image(bits, 0.0, highest)
    font = theme.font(layout.letters, bold=True, scaled=False)
    painter.setFont(font)
    for number, area in enumerate(layout.areas, start=layout.first):
        fill = colours.well
        if indices is not None:
            fill = colours.track if indices[number] == BLANK else QColor(table[int(indices[number])])
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(fill)
        tile = area.adjusted(0.5, 0.5, -0.5, -0.5)
        painter.drawRoundedRect(tile, 2, 2)
        painter.setPen(colours.ink if indices is None or indices[number] == BLANK else theme.contrasting(fill))
        painter.drawText(area, _CENTRE, shown_token(tokens[number]))


def paint_tile_cursor(painter: QPainter, layout: TileLayout, token: int) -> None:
    """Frame of the tile under the common cursor."""
    area = layout.area_of(token)
    if area is None:
        return
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for colour, width in ((theme.theme().sheet, 4.5), (theme.theme().ink, 2.0)):
        painter.setPen(QPen(colour, width))
        painter.drawRoundedRect(area, 3, 3)
