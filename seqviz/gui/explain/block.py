"""One model's answer: its name and bits, the truth, then every witness on the same columns."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QHelpEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from seqviz.gui import theme
from seqviz.gui.explain import bars
from seqviz.gui.explain.asking import Lane
from seqviz.gui.explain.rows import BITS_LOW, GAP, GHOST, HEAD, TABLE, WeightRow, block_height, rows_of, told
from seqviz.gui.explain.words import bits_words
from seqviz.gui.race.column import RacerColumn
from seqviz.gui.widgets.column_grid import ColumnGrid
from seqviz.gui.widgets.cursor import paint_cursor_column
from seqviz.gui.widgets.curve_labels import colour_of
from seqviz.gui.widgets.ghost import paint_ghost
from seqviz.gui.widgets.painted import PaintedWidget
from seqviz.gui.widgets.panel_header import paint_reading

SIDE_GAP = 16


class ExplainBlock(PaintedWidget):
    """`column_hovered` and `column_clicked` carry a token; `side` px at the right are for sentences (0: none)."""

    column_hovered = Signal(int)
    column_clicked = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lane: Lane | None = None
        self._rows: list[WeightRow] = []
        self._tokens: tuple[str, ...] = ()
        self._grid = ColumnGrid(0, 0, 9, 0, 0)
        self._position, self._side, self._top, self._stretch = 0, 0, 1.0, 1.0
        self._cursor: int | None = None
        self._serial = 0
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_lane(self, lane: Lane, tokens: tuple[str, ...], position: int, top: float) -> None:
        """What this model answered about the token at `position`; `top`: bits that fill the truth's row."""
        if (lane, tokens, position, top) == (self._lane, self._tokens, self._position, self._top):
            return
        self._lane, self._tokens, self._position, self._top = lane, tokens, position, top
        self._rows = rows_of(lane)
        self._changed()
        self.setFixedHeight(self.sizeHint().height())
        self.setAccessibleName(lane.who.label)
        self.setAccessibleDescription(told(lane.explained, self._rows) or self._ghost_words())

    def set_columns(self, grid: ColumnGrid, side: int) -> None:
        if (grid, side) != (self._grid, self._side):
            self._grid, self._side = grid, side
            self._changed()

    def set_stretch(self, stretch: float) -> None:
        """How many times the height they need the bars have."""
        if stretch != self._stretch:
            self._stretch = stretch
            self._changed()
            self.setFixedHeight(self.sizeHint().height())

    def set_cursor(self, column: int | None) -> None:
        if column != self._cursor:
            self._cursor = column
            self.update()

    @property
    def rows(self) -> list[WeightRow]:
        return list(self._rows)

    @property
    def lane(self) -> Lane | None:
        return self._lane

    @property
    def cursor_column(self) -> int | None:
        return self._cursor

    def row_top(self, index: int) -> float:
        """Where a row begins."""
        return theme.px(HEAD) + sum(self._total(row) for row in self._rows[:index])

    def bed(self, index: int) -> QRectF:
        """The earlier tokens' part of a row."""
        row = self._rows[index]
        return bars.bed_of(self._grid, self._position, self.row_top(index), self._height(row))

    def _height(self, row: WeightRow) -> int:
        return theme.px(row.bed_height(self._stretch))

    def _total(self, row: WeightRow) -> int:
        return theme.px(row.total_height(self._stretch))

    def _changed(self) -> None:
        self._serial += 1
        self.update()

    def _ghost_words(self) -> str:
        return "" if self._lane is None else self._lane.refusal or "asking ..."

    # painting

    def _draw(self, painter: QPainter) -> None:
        self._draw_head(painter)
        if not self._rows:
            area = QRectF(self._grid.left, theme.px(HEAD), max(self._grid.width, 200), theme.px(GHOST))
            paint_ghost(painter, area, self._ghost_words())
        for index, row in enumerate(self._rows):
            self._draw_gutter(painter, row, self.row_top(index))
            self._draw_bed(painter, row, self.bed(index))
            self._draw_side(painter, row, self.row_top(index))
            self._draw_table(painter, row, self.row_top(index) + self._height(row))

    def _draw_head(self, painter: QPainter) -> None:
        lane, base, measure = self._lane, theme.px(16), theme.metrics(13, bold=True)
        if lane is None:
            return
        who = lane.who
        RacerColumn.draw_swatch(painter, who.style, 0, base - measure.capHeight() / 2)
        left = float(theme.px(28))
        room = self._grid.left - left - theme.px(8)
        painter.setFont(theme.font(13, bold=True))
        painter.setPen(colour_of(who.style.colour, text=True))
        painter.drawText(QPointF(left, base), measure.elidedText(who.label, Qt.TextElideMode.ElideRight, room))
        if lane.explained is not None:
            words = f"**{bits_words(lane.explained.bits).replace(', ', '**, ', 1)}"
            words = words if words.count("**") == 2 else words.replace("**", "")
            paint_reading(painter, self._grid.left, base, words, max(self.width() - self._grid.left, 1))

    def _draw_gutter(self, painter: QPainter, row: WeightRow, top: float) -> None:
        """Title and verdict at the left, the ends of the scale at the columns."""
        colours, right = theme.theme(), self._grid.left - theme.px(8)
        first, second = top + theme.px(12), top + theme.px(26)
        scale = ("", "")
        if row.weighs and not row.flat:
            scale = (f"{self._top:g} bits", f"{BITS_LOW:g}") if row.item.unit == "bits" else ("100 %", "0.1 %")
        measure = theme.metrics(11)
        painter.setFont(theme.font(11))
        painter.setPen(colours.ink3)
        bottom = top + self._height(row) - 2
        for text, base in zip(scale, (top + theme.px(10), bottom), strict=True):
            painter.drawText(QPointF(right - measure.horizontalAdvance(text), base), text)
        taken = max(map(measure.horizontalAdvance, scale)) + theme.px(4)
        bold = theme.metrics(11, bold=True)
        painter.setFont(theme.font(11, bold=True))
        painter.setPen(colours.ink)
        title = bold.elidedText(row.item.title, Qt.TextElideMode.ElideRight, right - taken)
        painter.drawText(QPointF(0, first), title)
        if not row.flat:
            paint_reading(painter, 0, second, row.verdict, right - taken, 11)

    def _draw_bed(self, painter: QPainter, row: WeightRow, bed: QRectF) -> None:
        grid, item = self._grid, row.item
        bars.paint_bed(painter, bed)
        if row.weighs:
            bars.paint_bars(painter, grid, bed, row.places(self._top), colours=row.truth)
            if row.shares is not None and not row.flat:
                bars.paint_truth_line(painter, grid, bed, row.shares)
        elif item.labels:
            bars.paint_labels(painter, grid, bed, item.labels)
        else:
            painter.setFont(theme.font(11))
            painter.setPen(theme.theme().ink3)
            painter.drawText(bed, int(Qt.AlignmentFlag.AlignCenter), "no number can be given here")
        bars.paint_asked(painter, grid, bed, self._tokens[self._position], self._position)

    def _draw_side(self, painter: QPainter, row: WeightRow, top: float) -> None:
        if self._side:
            painter.setFont(theme.font(11))
            painter.setPen(theme.theme().ink2)
            gap, flags = theme.px(SIDE_GAP), int(Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignTop)
            area = QRectF(self.width() - self._side + gap, top - 2, self._side - gap, self._height(row) + theme.px(5))
            text = row.sentence
            if row.flat:  # one line of room
                text = theme.metrics(11).elidedText(text, Qt.TextElideMode.ElideRight, area.width())
            painter.drawText(area, flags, text)

    def _draw_table(self, painter: QPainter, row: WeightRow, top: float) -> None:
        if not row.item.rows:
            return
        painter.setFont(theme.font(11))
        painter.setPen(theme.theme().ink2)
        measure, right = theme.metrics(11), self._grid.left - theme.px(8)
        title = measure.elidedText(row.item.rows_title, Qt.TextElideMode.ElideRight, right)
        painter.drawText(QPointF(0, top + theme.px(16)), title)
        area = QRectF(self._grid.left, top + theme.px(4), self.width() - self._grid.left, theme.px(TABLE - 6))
        bars.paint_table(painter, area, row.item.rows, chances="chance" in row.item.rows_title)

    # Qt overrides

    def sizeHint(self) -> QSize:
        return QSize(theme.px(500), theme.px(block_height(self._rows, self._stretch)))

    def on_theme_changed(self) -> None:
        self.setFixedHeight(self.sizeHint().height())
        super().on_theme_changed()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.drawPixmap(0, 0, self.static_layer(self._serial, self._draw))
        column, grid = self._cursor, self._grid
        if column is not None and grid.shows(column) and self._rows:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            for index, row in enumerate(self._rows):
                bed = self.bed(index)
                end = bed.bottom() + (0 if row.item.rows else theme.px(GAP))
                paint_cursor_column(painter, grid.x_of(column), grid.cell, bed.top(), end)
                text = row.value_at(column)
                if text:
                    bars.paint_value(painter, grid, bed, column, text)
        painter.end()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        column = self._grid.column_at(event.position().x())
        if column is not None:
            self.column_hovered.emit(column)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        column = self._grid.column_at(event.position().x())
        if event.button() == Qt.MouseButton.LeftButton and column is not None:
            self.column_clicked.emit(column)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            QToolTip.showText(event.globalPos(), self._tip_at(event.pos().y()), self)
            return True
        return super().event(event)

    def _tip_at(self, y: int) -> str:
        for index, row in enumerate(self._rows):
            if self.row_top(index) <= y < self.row_top(index) + self._total(row):
                return row.tip
        return ""
