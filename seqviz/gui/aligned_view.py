"""One panel of the sheet away from the sheet: with columns of its own and a copy of the probe strip."""

from __future__ import annotations

import math

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from seqviz.gui import theme
from seqviz.gui.axes_of_frame import highest_bits, strip_surprisal, tokens_of
from seqviz.gui.panels.base import Cursor, Panel, SheetPanel, Snapshot
from seqviz.gui.surfaces import Surface
from seqviz.gui.widgets.column_grid import ColumnGrid
from seqviz.gui.widgets.strip_painting import smallest_cell
from seqviz.gui.widgets.text_strip import TextStrip


class AlignedView(Surface):
    """`shown` is the panel or its frame. Panels that are not of the sheet get no strip."""

    cursor_moved = Signal(object)  # Cursor

    def __init__(
        self, panel: Panel, shown: QWidget, gutter: int, most_cells: int = 0, parent: QWidget | None = None
    ) -> None:
        super().__init__("sheet", parent=parent)
        self.panel, self._shown = panel, shown
        self._gutter, self._most_cells = gutter, most_cells
        self._grid = ColumnGrid(0, gutter, 0, 0, 0)
        self._snapshot = Snapshot()
        self._tokens: tuple[str, ...] = ()
        self.row_on_strip = False  # the strip takes the colours of the map's cursor row
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 2, 0, 8)
        box.setSpacing(0)
        box.addWidget(shown, 1)
        self.strip: TextStrip | None = None
        if isinstance(panel, SheetPanel):
            self.strip = TextStrip()
            self.strip.set_editable(False)
            self.strip.column_hovered.connect(self._hover)
            self.strip.column_clicked.connect(self._click)
            box.addWidget(self.strip)
        shown.show()

    def present(self, snapshot: Snapshot, probe: str) -> None:
        """Show a snapshot; `probe` stands in until the first frame."""
        self._snapshot = snapshot
        if self.strip is not None:
            self._align(self.strip, tokens_of(snapshot, probe))
        if self.panel.isVisible():
            self.panel.present(snapshot)
        if self.strip is not None and isinstance(self.panel, SheetPanel):
            self._colour(self.strip, self.panel)

    def _align(self, strip: TextStrip, tokens: tuple[str, ...]) -> None:
        if tokens != self._tokens:
            self._tokens = tokens
            strip.set_tokens(tokens)
            self.fit()
        self._share(self._grid.windowed(self._snapshot.cursor.column))
        strip.set_cursor(self._snapshot.cursor.column if tokens else None)

    def _colour(self, strip: TextStrip, panel: SheetPanel) -> None:
        row = panel.strip_row()
        if row is not None and row[0].shape != (len(self._tokens),):
            row = None
        if self.row_on_strip and row is not None:
            strip.set_colours(*row)
        else:
            bits = strip_surprisal(self._snapshot, len(self._tokens))
            strip.set_surprisal(bits, highest_bits(self._snapshot.run))
        strip.set_row(None) if row is None or self.row_on_strip else strip.set_row(*row)

    @Slot()
    def fit(self) -> None:
        """Columns for the width there is now."""
        if self.strip is None:
            return
        n, margin = len(self._tokens), theme.px(20)
        smallest = smallest_cell(self._tokens) if self._tokens else theme.px(9)
        room = max(self._shown.width() - self._gutter - margin, 1)
        if self._most_cells and n > self._most_cells:
            smallest = max(smallest, 16, math.ceil(room / self._most_cells))
        cursor = self._snapshot.cursor.column
        self._share(ColumnGrid.fit(n, self._shown.width(), self._gutter, cursor, smallest, margin))

    def _share(self, grid: ColumnGrid) -> None:
        self._grid = grid
        if self.strip is not None and isinstance(self.panel, SheetPanel):
            self.strip.set_grid(grid)
            self.panel.set_grid(grid)

    @Slot(int)
    def _hover(self, column: int) -> None:
        if column >= 0:
            self._click(column)

    @Slot(int)
    def _click(self, column: int) -> None:
        self.cursor_moved.emit(Cursor(column, None, self._snapshot.cursor.key))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.fit()
