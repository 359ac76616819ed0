"""The probe strip: the ruler of the window.

Hover, click and arrow keys move the token cursor; double click, F2 or Enter edits the probe. Where somebody answers
to it, Enter asks about the token instead.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QEnterEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QLineEdit, QSizePolicy, QWidget

from seqviz.gui import theme
from seqviz.gui.widgets import strip_painting as paint
from seqviz.gui.widgets.column_grid import ColumnGrid
from seqviz.gui.widgets.matrix_view import index_image, paint_matrix
from seqviz.gui.widgets.painted import PaintedWidget

ROW_HEIGHT, ROW_GAP, STRIP_HEIGHT, AXIS_HEIGHT = 8, 4, 36, 24
ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class TextStrip(PaintedWidget):
    """Row of the cursor (8 px), strip (36 px) and index axis (24 px) on the sheet's column grid.

    Signals
    -------
    column_hovered
        token under the mouse; -1 when the mouse leaves.
    column_clicked
        token clicked, or reached with the arrow keys, Home and End (Ctrl: by words).
    probe_edited
        the new probe, after Enter in the field that a double click or Enter opens.
    token_pressed
        token clicked with the mouse.
    token_asked
        token at the cursor when Enter was pressed, where `set_enter_asks` said so.
    edit_started
        the field opened.
    """

    column_hovered = Signal(int)
    column_clicked = Signal(int)
    probe_edited = Signal(str)
    token_pressed = Signal(int)
    token_asked = Signal(int)
    edit_started = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._grid = ColumnGrid(0, 76, 9, 0, 0)
        self._tokens: tuple[str, ...] = ()
        self._hidden: tuple[int, ...] = ()
        self._probe: str | None = None
        self._indices: NDArray[np.uint8] | None = None
        self._row: NDArray[np.uint8] | None = None
        self._row_colours = "viridis"
        self._strip_colours = "cividis"
        self._cursor: int | None = None
        self._hovered = -1
        self._editable = True
        self._enter_asks = False
        self._serial = 0
        self._field: QLineEdit | None = None
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("probe")
        self.setToolTip("The probe: the text through which every panel looks at the model. Double click to edit.")

    def set_grid(self, grid: ColumnGrid) -> None:
        """The sheet's columns; `grid.n` is the number of tokens."""
        if grid != self._grid:
            self._grid = grid
            self.update()

    def set_tokens(self, tokens: Sequence[str], probe: str | None = None, hidden: Sequence[int] = ()) -> None:
        """Tokens of the probe; `probe` is the text to edit (default: the tokens joined).

        `hidden`: places whose token the model is not shown.
        """
        if (tuple(tokens), tuple(hidden)) != (self._tokens, self._hidden):
            self._tokens, self._hidden = tuple(tokens), tuple(hidden)
            self._indices = self._row = None
            self._changed()
        self._probe = probe

    def set_surprisal(self, bits: ArrayLike | None, highest: float) -> None:
        """Surprisal of each token in bits, NaN where it has none (the first); range 0 .. `highest`."""
        self._strip_colours = "cividis"
        self._indices = None if bits is None else self._one_each(index_image(bits, 0.0, highest))
        self._changed()

    def set_colours(self, indices: NDArray[np.uint8], colours: str) -> None:
        """Colour the cells by something else: indices of `index_image` on the map `colours`."""
        self._strip_colours, self._indices = colours, self._one_each(indices)
        self._changed()

    def set_row(self, indices: NDArray[np.uint8] | None, colours: str = "viridis") -> None:
        """The cursor's row of the map above, one index per token; None: none."""
        self._row = None if indices is None else self._one_each(indices)
        self._row_colours = colours
        self._changed()

    def set_cursor(self, token: int | None) -> None:
        if token != self._cursor:
            self._cursor = token
            self.update()

    def set_editable(self, editable: bool) -> None:
        self._editable = editable

    @property
    def tokens(self) -> tuple[str, ...]:
        return self._tokens

    def token_at(self, x: float) -> int | None:
        """The token whose column holds a point."""
        return self._grid.column_at(x)

    def set_enter_asks(self, asks: bool) -> None:
        self._enter_asks = asks

    @property
    def cursor_token(self) -> int | None:
        return self._cursor

    def probe_text(self) -> str:
        """What the edit field would start with."""
        return "".join(self._tokens) if self._probe is None else self._probe

    def edit(self) -> None:
        """Open the field that edits the probe in place."""
        if not self._editable or self._field is not None:
            return
        field = QLineEdit(self.probe_text().replace("\n", "↵"), self)
        field.setFont(theme.font(14))
        field.setGeometry(max(self._grid.left, 0) - 4, self._strip_top(), self._field_width(), theme.px(36))
        field.setAccessibleName("probe text")
        field.installEventFilter(self)
        self._field = field
        field.setVisible(True)
        field.setFocus()
        field.selectAll()
        self.edit_started.emit()

    def _one_each(self, indices: NDArray[np.uint8]) -> NDArray[np.uint8]:
        if indices.shape == (len(self._tokens),):
            return indices
        raise ValueError(f"the strip has {len(self._tokens)} tokens but was given {indices.shape} values")

    def _changed(self) -> None:
        self._serial += 1
        self.update()

    def _strip_top(self) -> int:
        return theme.px(ROW_HEIGHT + ROW_GAP)

    def _field_width(self) -> int:
        return max(self._grid.width, self.width() - self._grid.left - 12) + 8

    def _accept(self) -> None:
        assert self._field is not None
        text = self._field.text().replace("↵", "\n")
        unchanged = text == self.probe_text()
        self.setFocus()
        self._close_field()
        if text and not unchanged:
            self.probe_edited.emit(text)

    def _close_field(self) -> None:
        if self._field is not None:
            field, self._field = self._field, None
            field.removeEventFilter(self)
            field.deleteLater()
            field.setVisible(False)

    def _draw_static(self, painter: QPainter) -> None:
        grid, top, height = self._grid, self._strip_top(), theme.px(STRIP_HEIGHT)
        if self._row is not None and grid.visible:
            paint.paint_gutter_label(painter, grid, "row t", -2, theme.px(ROW_HEIGHT) + 4)
            seen = self._row[None, grid.first : grid.first + grid.visible]
            area = QRectF(grid.left, 0, grid.width, theme.px(ROW_HEIGHT))
            paint_matrix(painter, area, seen, theme.colour_table(self._row_colours))
        paint.paint_gutter_label(painter, grid, "probe", top, height, bold=True)
        table = theme.colour_table(self._strip_colours)
        paint.paint_cells(painter, grid, self._tokens, self._indices, table, top, height)
        paint.paint_hidden(painter, grid, self._hidden, top, height)

    def _draw_axis(self, painter: QPainter) -> None:
        """What the numbers do not change: index axis and minimap."""
        bottom = self._strip_top() + theme.px(STRIP_HEIGHT)
        paint.paint_index_axis(painter, self._grid, bottom + 2, theme.px(16))
        paint.paint_minimap(painter, self._grid, self.height() - 4)

    def _draw_cursor(self, painter: QPainter, column: int) -> None:
        grid, top, colours = self._grid, self._strip_top(), theme.theme()
        frame = QRectF(grid.x_of(column), top, grid.cell, theme.px(STRIP_HEIGHT)).adjusted(-1, -2, 1, 2)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for colour, width in ((colours.sheet, 5.0), (colours.ink, 2.0)):
            painter.setPen(QPen(colour, width))
            painter.drawRoundedRect(frame, 2, 2)
        chip_top = top + theme.px(STRIP_HEIGHT) + 3
        at = (grid.centre_of(column), chip_top, f"t = {column}", 0, self.width())
        chip = paint.chip_area(*at).adjusted(-4, 0, 4, 0)
        for _, label in paint.index_labels(grid, chip_top - 1, theme.px(16)):
            if label.intersects(chip):  # else half a number would look out from behind the chip
                painter.fillRect(label, colours.sheet)
        paint.paint_chip(painter, *at)

    # Qt overrides

    def sizeHint(self) -> QSize:
        return QSize(400, theme.px(ROW_HEIGHT + ROW_GAP + STRIP_HEIGHT + AXIS_HEIGHT))

    def minimumSizeHint(self) -> QSize:
        return QSize(0, self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        if self._grid.n == len(self._tokens):
            layer = self.static_layer((self._serial, self._grid), self._draw_static)
            painter.drawPixmap(0, 0, layer)
            painter.drawPixmap(0, 0, self.static_layer(self._grid, self._draw_axis, "axis"))
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            if self._cursor is not None and self._grid.shows(self._cursor):
                self._draw_cursor(painter, self._cursor)
        if self.hasFocus():
            top, height = self._strip_top(), theme.px(STRIP_HEIGHT)
            painter.fillRect(QRectF(self._grid.left - 4, top, 2, height), theme.theme().ink)
        painter.end()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._hover(self._grid.column_at(event.position().x()))

    def leaveEvent(self, event: QEvent) -> None:
        self._hover(None)

    def enterEvent(self, event: QEnterEvent) -> None:
        self._hover(self._grid.column_at(event.position().x()))

    def _hover(self, column: int | None) -> None:
        token = -1 if column is None else column
        if token != self._hovered:
            self._hovered = token
            self.column_hovered.emit(token)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        column = self._grid.column_at(event.position().x())
        if event.button() == Qt.MouseButton.LeftButton and column is not None:
            self.column_clicked.emit(column)
            self.token_pressed.emit(column)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.edit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, last = event.key(), len(self._tokens) - 1
        by_word = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        here = -1 if self._cursor is None else self._cursor
        moves = {
            Qt.Key.Key_Left: self._word(here, -1) if by_word else here - 1,
            Qt.Key.Key_Right: self._word(here, 1) if by_word else here + 1,
            Qt.Key.Key_Home: 0,
            Qt.Key.Key_End: last,
        }
        if key in ENTER and self._enter_asks and self._cursor is not None:
            self.token_asked.emit(self._cursor)
        elif key in (*ENTER, Qt.Key.Key_F2):
            self.edit()
        elif key in moves and last >= 0:
            self.column_clicked.emit(min(max(moves[Qt.Key(key)], 0), last))
        else:
            super().keyPressEvent(event)

    def _word(self, here: int, direction: int) -> int:
        """The first token of the next or the previous word."""
        place = here + direction
        while 0 < place < len(self._tokens):
            if self._tokens[place - 1].isspace() and not self._tokens[place].isspace():
                return place
            place += direction
        return place

    def eventFilter(self, watched: object, event: QEvent) -> bool:
        if watched is self._field and self._field is not None:
            if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress and event.key() in ENTER:
                self._accept()  # here, or the strip would hear the same key and open the field again
                return True
            escape = isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape
            if event.type() == QEvent.Type.FocusOut or (event.type() == QEvent.Type.KeyPress and escape):
                if event.type() == QEvent.Type.KeyPress:
                    self.setFocus()
                self._close_field()
                return event.type() == QEvent.Type.KeyPress
        return False
