"""A panel torn out: a window of its own, with a copy of the probe strip where it stands on the sheet's columns."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QCloseEvent, QResizeEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from seqviz.gui import theme
from seqviz.gui.axes_of_frame import highest_bits, strip_surprisal, tokens_of
from seqviz.gui.panel_frame import PanelFrame
from seqviz.gui.panels.base import Cursor, SheetPanel, Snapshot
from seqviz.gui.surfaces import Surface
from seqviz.gui.widgets.column_grid import ColumnGrid
from seqviz.gui.widgets.strip_painting import smallest_cell
from seqviz.gui.widgets.text_strip import TextStrip


class FloatWindow(QWidget):
    """Closing it puts the panel back where it was."""

    docked = Signal(str)  # the panel's name
    cursor_moved = Signal(object)

    def __init__(self, frame: PanelFrame, gutter: int, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self.frame = frame
        self._gutter = gutter
        self._grid = ColumnGrid(0, gutter, 0, 0, 0)
        self._snapshot = Snapshot()
        self._probe = ""
        self._tokens: tuple[str, ...] = ()
        self.setWindowTitle(f"{frame.panel.title} - seqviz")
        ground = Surface("sheet")
        inner = QVBoxLayout(ground)
        inner.setContentsMargins(0, 2, 0, 8)
        inner.addWidget(frame, 1)
        self.strip: TextStrip | None = None
        if isinstance(frame.panel, SheetPanel):
            self.strip = TextStrip()
            self.strip.set_editable(False)
            self.strip.column_hovered.connect(self._hover)
            self.strip.column_clicked.connect(self._click)
            inner.addWidget(self.strip)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.addWidget(ground)
        frame.show()
        self.resize(theme.px(720), theme.px(480))

    def present(self, snapshot: Snapshot, probe: str) -> None:
        if not self.isVisible():
            return
        self._snapshot, self._probe = snapshot, probe
        if self.strip is not None:
            tokens = tokens_of(snapshot, probe)
            if tokens != self._tokens:
                self._tokens = tokens
                self.strip.set_tokens(tokens)
                self._fit()
            self._show_grid(self._grid.windowed(snapshot.cursor.column))
            self.strip.set_surprisal(strip_surprisal(snapshot, len(tokens)), highest_bits(snapshot.run))
            self.strip.set_cursor(snapshot.cursor.column if tokens else None)
        self.frame.present(snapshot)

    def _fit(self) -> None:
        smallest = smallest_cell(self._tokens) if self._tokens else theme.px(9)
        cursor = self._snapshot.cursor.column
        self._show_grid(
            ColumnGrid.fit(len(self._tokens), self.frame.width(), self._gutter, cursor, smallest, theme.px(20))
        )

    def _show_grid(self, grid: ColumnGrid) -> None:
        self._grid = grid
        if self.strip is not None and isinstance(self.frame.panel, SheetPanel):
            self.strip.set_grid(grid)
            self.frame.panel.set_grid(grid)

    @Slot(int)
    def _hover(self, column: int) -> None:
        if column >= 0:
            self._click(column)

    @Slot(int)
    def _click(self, column: int) -> None:
        self.cursor_moved.emit(Cursor(column, None, self._snapshot.cursor.key))

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._fit()

    def closeEvent(self, event: QCloseEvent) -> None:
        event.accept()
        self.docked.emit(self.frame.name)
