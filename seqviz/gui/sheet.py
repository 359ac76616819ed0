"""The aligned sheet: rows that share one column per probe token, and the probe strip between them."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from seqviz.core.events import RunStarted
from seqviz.gui import theme
from seqviz.gui.axes_of_frame import highest_bits, main_axis, same_view, strip_surprisal, tokens_of
from seqviz.gui.panel_frame import PanelFrame
from seqviz.gui.panels.base import Cursor, SheetPanel, Snapshot
from seqviz.gui.row_stack import Row, RowStack, scrolled
from seqviz.gui.surfaces import Surface
from seqviz.gui.widgets.column_grid import ColumnGrid
from seqviz.gui.widgets.strip_painting import smallest_cell
from seqviz.gui.widgets.text_strip import TextStrip

GUTTER, WIDE_GUTTER, MARGIN, GAP = 76, 96, 20, 13
ATTENTION_FAMILIES = ("transformer", "attention")


class Sheet(Surface):
    """Panels above and below the strip. Its frames belong to the board; the strip and the grid are its own."""

    cursor_moved = Signal(object)  # Cursor, asked for by the mouse or the keys on the strip
    probe_edited = Signal(str)
    row_weights_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("sheet", parent=parent)
        self.strip = TextStrip(self)
        self.stack = RowStack(GAP, lines=True)
        self.frames: list[PanelFrame] = []
        self.cover: QWidget | None = None
        self.grid = ColumnGrid(0, GUTTER, 0, 0, 0)
        self._snapshot = Snapshot()
        self._tokens: tuple[str, ...] = ()
        self._probe = ""
        self._puzzle: tuple[str, tuple[int, ...]] = ("", ())  # what was typed, which places are hidden
        self._row: tuple[np.ndarray, str] | None = None
        self._hovering = False
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 2, 0, 8)
        box.addWidget(scrolled(self.stack))
        self.strip.column_hovered.connect(self._hover)
        self.strip.column_clicked.connect(self._click)
        self.strip.probe_edited.connect(self.probe_edited)
        self.stack.resized.connect(self.row_weights_changed)
        theme.theme_changed.changed.connect(self.fit_grid)

    def first_told(self) -> PanelFrame | None:
        """The uppermost panel on screen that has something to say about the cursor."""
        run, cursor = self._snapshot.run, self._snapshot.cursor
        if run is None:
            return None
        served = (f for f in self.frames if f.isVisible() and f.panel.reason_unserved(run) is None)
        told = (f for f in served if f.panel.explain(cursor).sentence)
        return next(told, None)

    # rows

    def set_frames(self, frames: list[PanelFrame], weights: dict[str, int]) -> None:
        """Show these panels in this order; the strip stands under the first one that has a height of its own."""
        self.frames = list(frames)
        self._lay_out(weights)
        self.fit_grid()

    def set_cover(self, cover: QWidget | None) -> None:
        """A page that stands where the map will be, while there is nothing to map yet."""
        if cover is not self.cover:
            old, self.cover = self.cover, cover
            self._lay_out(self.weights())
            if old is not None:
                old.hide()

    def weights(self) -> dict[str, int]:
        return {w.name: weight for w, weight in self.stack.weights_now() if isinstance(w, PanelFrame)}

    def _lay_out(self, weights: dict[str, int]) -> None:
        rows = [Row(f, weights.get(f.name) or f.weight if f.weight else 0) for f in self.frames]
        head, rest = (rows[:1], rows[1:]) if rows and rows[0].weight else ([], rows)
        if self.cover is not None:
            head = [Row(self.cover, head[0].weight if head else 54)]
        alone = bool(rest) and not any(row.weight for row in (*head, *rest))
        for frame in self.frames:
            frame.set_alone(alone and frame is self.frames[-1])
        if alone:
            rest[-1] = Row(rest[-1].widget, 1)
        strip = Row(self.strip, 0, line_above=False)
        if not rest and head:
            rest = []
        self.stack.set_rows([*head, strip, *self._without_first_line(rest)])
        for frame in self.frames[:1] if self.cover is not None and head else []:
            if all(frame is not row.widget for row in self.stack.rows):
                frame.hide()

    @staticmethod
    def _without_first_line(rows: list[Row]) -> list[Row]:
        return [Row(r.widget, r.weight, line_above=bool(i)) for i, r in enumerate(rows)]

    # what is shown

    def show_run(self, run: RunStarted | None, probe: str) -> None:
        """A new run: its gutter, its probe before the first frame."""
        self._probe = probe
        self._snapshot = Snapshot(run=run)
        self._tokens = ()
        self.present(self._snapshot)

    def present(self, snapshot: Snapshot) -> None:
        if not same_view(snapshot, self._snapshot) or not self._tokens:
            self._show_strip(snapshot)
        for frame in self.frames:
            frame.present(snapshot)
        self._show_row()

    def _show_strip(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        tokens = tokens_of(snapshot, self._probe)
        ruler = None if snapshot.frame is None else snapshot.frame.rulers.get(main_axis(snapshot))
        typed, hidden = ("", ()) if ruler is None else (ruler.typed, ruler.hidden)
        if tokens != self._tokens or (typed, hidden) != self._puzzle:
            self._tokens, self._puzzle = tokens, (typed, hidden)
            self.strip.set_tokens(tokens, typed or None, hidden)
            self._row = None
            self.fit_grid()
        self._follow_cursor(snapshot.cursor)
        self.strip.set_surprisal(strip_surprisal(snapshot, len(tokens)), highest_bits(snapshot.run))

    def _show_row(self) -> None:
        panel = self.frames[0].panel if self.frames and self.frames[0].panel.isVisible() else None
        row = panel.strip_row() if isinstance(panel, SheetPanel) else None
        if row is not None and row[0].shape != (len(self._tokens),):
            row = None  # computed for the probe before
        if _same_row(row, self._row):
            return
        self._row = row
        if row is None:
            self.strip.set_row(None)
        else:
            self.strip.set_row(*row)

    def _follow_cursor(self, cursor: Cursor) -> None:
        self.strip.set_cursor(cursor.column if self._tokens else None)
        moved = self.grid.windowed(cursor.column)
        if moved != self.grid:
            self._share_grid(moved)
        self._mark_columns()

    def _mark_columns(self) -> None:
        column = self._snapshot.cursor.column
        shown = self.grid.shows(column) and self._snapshot.frame is not None
        below = False
        for row in self.stack.rows:
            below = below or row.widget is self.strip
            if isinstance(row.widget, PanelFrame):
                here = (self.grid.x_of(column), self.grid.cell) if below and shown else None
                row.widget.set_column(here if isinstance(row.widget.panel, SheetPanel) else None)
        self.stack.mark_columns(lambda below: below.column if isinstance(below, PanelFrame) else None)

    @Slot()
    def fit_grid(self) -> None:
        """Columns for the width there is now."""
        run = self._snapshot.run
        wide = run is not None and run.family in ATTENTION_FAMILIES
        smallest = smallest_cell(self._tokens) if self._tokens else theme.px(9)
        grid = ColumnGrid.fit(
            len(self._tokens),
            self.stack.width(),
            theme.px(WIDE_GUTTER if wide else GUTTER),
            self._snapshot.cursor.column,
            smallest,
            theme.px(MARGIN),
            theme.px(64),
        )
        self._share_grid(grid)

    def _share_grid(self, grid: ColumnGrid) -> None:
        self.grid = grid
        self.strip.set_grid(grid)
        for frame in self.frames:
            if isinstance(frame.panel, SheetPanel):
                frame.panel.set_grid(grid)
        self._mark_columns()

    @Slot(int)
    def _hover(self, column: int) -> None:
        if column >= 0:
            self._click(column)

    @Slot(int)
    def _click(self, column: int) -> None:
        cursor = self._snapshot.cursor
        self.cursor_moved.emit(Cursor(column, None, cursor.key))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.fit_grid()


def _same_row(one: tuple[np.ndarray, str] | None, other: tuple[np.ndarray, str] | None) -> bool:
    """Whether the strip would look the same: an unchanged row need not be drawn again."""
    if one is None or other is None:
        return one is other
    return one[1] == other[1] and np.array_equal(one[0], other[0])
