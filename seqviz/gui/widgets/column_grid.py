"""The one x axis of the sheet: which column of pixels belongs to which token of the probe. Pure."""

from __future__ import annotations

from dataclasses import dataclass

SMALLEST_CELL = 9
RIGHT_MARGIN = 20


@dataclass(frozen=True)
class ColumnGrid:
    """`visible` columns of `cell` px from token `first` on, starting `gutter` px from the sheet's left edge.

    `n` is the length of the whole probe; where `visible < n` the sheet shows a window of it.
    """

    n: int
    gutter: int
    cell: int
    first: int
    visible: int

    @classmethod
    def fit(
        cls,
        n: int,
        sheet: int,
        gutter: int,
        cursor: int | None = None,
        smallest: int = SMALLEST_CELL,
        margin: int = RIGHT_MARGIN,
        largest: int = 64,
    ) -> ColumnGrid:
        """Whole-pixel cells that fill a sheet of `sheet` px; under `smallest` px a window around `cursor`."""
        room = max(sheet - gutter - margin, smallest)
        if n <= 0:
            return cls(0, gutter, smallest, 0, 0)
        cell = room // n
        if cell >= smallest:
            return cls(n, gutter, min(cell, largest), 0, n)
        visible = max(1, room // smallest)
        first = 0 if cursor is None else min(max(cursor - visible // 2, 0), n - visible)
        return cls(n, gutter, room // visible, first, visible)

    def windowed(self, cursor: int | None) -> ColumnGrid:
        """The same grid, moved only if `cursor` came within two columns of an edge of the window."""
        if cursor is None or self.visible >= self.n:
            return self
        rim = min(2, (self.visible - 1) // 2)
        first = min(self.first, max(cursor - rim, 0))
        first = max(first, min(cursor + rim, self.n - 1) - self.visible + 1)
        return ColumnGrid(self.n, self.gutter, self.cell, first, self.visible)

    def x_of(self, column: int) -> int:
        """Left edge of a token's column; outside the window it lies left or right of it."""
        return self.gutter + (column - self.first) * self.cell

    def centre_of(self, column: int) -> float:
        return self.x_of(column) + self.cell / 2

    def column_at(self, x: float) -> int | None:
        """Token whose column holds `x`, None beside the columns."""
        column = int((x - self.gutter) // self.cell)
        return self.first + column if 0 <= column < self.visible else None

    def columns(self) -> range:
        """The tokens on screen."""
        return range(self.first, self.first + self.visible)

    def shows(self, column: int | None) -> bool:
        return column is not None and self.first <= column < self.first + self.visible

    @property
    def left(self) -> int:
        return self.gutter

    @property
    def width(self) -> int:
        return self.visible * self.cell

    @property
    def right(self) -> int:
        return self.gutter + self.width
