"""What all sheet panels share: keep a snapshot, say when the header changed, paint a ghost or the picture."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent

from seqviz.gui import theme
from seqviz.gui.axes_of_frame import main_axis, same_arrays
from seqviz.gui.panels.base import Cursor, SheetPanel, Snapshot
from seqviz.gui.widgets.cursor import paint_cursor_column
from seqviz.gui.widgets.ghost import paint_ghost
from seqviz.gui.widgets.token_names import place_name


class PaintedSheetPanel(SheetPanel):
    """Subclasses prepare in `prepare`, say in `ready` whether there is a picture, and paint it in `paint`.

    `serial` grows whenever the data changed: use it in keys of cached layers. `follows`: how the names of all arrays
    it looks at begin, for a picture that is dear to paint: frames that bring none of these anew do not repaint it.
    """

    ghost: ClassVar[str] = ""
    follows: ClassVar[tuple[str, ...]] = ()

    def __init__(self) -> None:
        super().__init__()
        self.snapshot = Snapshot()
        self.serial = 0
        self.setMouseTracking(True)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)  # else all that lies under it is painted too
        self.setAccessibleName(self.title)
        self.setMinimumHeight(theme.px(self.fixed_height or self.minimum_height))

    def ghost_words(self) -> str:
        """What stands in the empty place."""
        return self.ghost

    def prepare(self, old: Snapshot) -> None:
        """Turn the arrays of `self.snapshot` into what `paint` needs."""
        raise NotImplementedError

    def ready(self) -> bool:
        """Whether there is something to paint on the grid in force."""
        raise NotImplementedError

    def paint(self, painter: QPainter) -> None:
        """The picture without the cursor's column; antialiasing is on."""
        raise NotImplementedError

    def present(self, snapshot: Snapshot) -> None:
        old, self.snapshot = self.snapshot, snapshot
        if self.follows and same_arrays(old, snapshot, self.follows):
            return
        if snapshot.frame is not old.frame or snapshot.run is not old.run:
            self.refresh(old)
        self.update()

    def refresh(self, old: Snapshot | None = None) -> None:
        """Prepare anew, after new arrays or another choice."""
        self.prepare(old or self.snapshot)
        self.serial += 1
        self.tell_header()
        self.update()

    def tell_header(self) -> None:
        """The frame asks for the words when it is time: making them at every snapshot would be felt."""
        self.header_changed.emit()

    def clear(self) -> None:
        self.present(Snapshot())

    @property
    def column(self) -> int:
        """The token cursor, kept inside the probe."""
        return max(0, min(self.snapshot.cursor.column, self.grid.n - 1))

    @property
    def gutter_left(self) -> int:
        """Where words of the gutter start: under the title."""
        return min(theme.px(16), max(self.grid.left - theme.px(60), 0))

    @property
    def tokens(self) -> tuple[str, ...]:
        """Labels of the sheet's columns."""
        return self.snapshot.labels(main_axis(self.snapshot))

    @property
    def token_word(self) -> str:
        """What one position is called: character, word, token ..."""
        return self.snapshot.run.unit.token if self.snapshot.run is not None else "character"

    def seen(self, values: np.ndarray) -> np.ndarray:
        """The part of an array with the position on axis 0 that the grid shows."""
        return values[self.grid.first : self.grid.first + self.grid.visible]

    def place_words(self, position: int) -> str:
        """A position in words: `F of French`."""
        return place_name(self.tokens, position)

    def paint_cursor(self, painter: QPainter, top: float, bottom: float) -> None:
        if self.grid.visible and self.grid.shows(self.column):
            paint_cursor_column(painter, self.grid.x_of(self.column), self.grid.cell, top, bottom)

    def paint_gutter(self, painter: QPainter, text: str, centre_y: float, bold: bool = False, gap: float = 6.0) -> None:
        """A label right-aligned against the columns."""
        colours, high = theme.theme(), theme.px(16)
        painter.setFont(theme.font(11, bold))
        painter.setPen(colours.ink if bold else colours.ink3)
        room = self.grid.left - theme.px(gap)
        words = theme.metrics(11, bold).elidedText(text, Qt.TextElideMode.ElideRight, room)
        area = QRectF(0, centre_y - high / 2, room, high)
        painter.drawText(area, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), words)

    def paint_over(self, painter: QPainter) -> None:
        """What belongs to the cursor; the default is its column from top to bottom."""
        self.paint_cursor(painter, 0, self.height())

    # Qt overrides

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """The token cursor follows the mouse through every row of the sheet."""
        column = self.grid.column_at(event.position().x()) if self.grid.visible else None
        if column is not None and column != self.snapshot.cursor.column:
            self.cursor_moved.emit(Cursor(column, None, self.snapshot.cursor.key))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.theme().sheet)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.grid.visible and self.ready():
            self.paint(painter)
            self.paint_over(painter)
        else:
            left = self.grid.left if self.grid.visible else theme.px(12)
            width = self.grid.width if self.grid.visible else self.width() - 2 * left
            paint_ghost(painter, QRectF(left, 2, width, self.height() - 8), self.ghost_words())
        painter.end()
