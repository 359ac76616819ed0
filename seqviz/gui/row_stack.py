"""Rows one under the other that share the height by weight, with edges the mouse can drag."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QScrollArea, QSizePolicy, QSpacerItem, QVBoxLayout, QWidget

from seqviz.gui import theme
from seqviz.gui.widgets.cursor import paint_cursor_column
from seqviz.gui.widgets.painted import PaintedWidget


class _UpAndDown(QScrollArea):
    """Leaves the keys of the token cursor to the window: nothing scrolls sideways here."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Home, Qt.Key.Key_End):
            event.ignore()
        else:
            super().keyPressEvent(event)


def scrolled(inner: QWidget) -> QScrollArea:
    """`inner` in a frameless area that scrolls up and down where there is too little height, and lets the ground
    show through.
    """
    area = _UpAndDown()
    area.setWidgetResizable(True)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setWidget(inner)
    inner.setAutoFillBackground(False)
    area.viewport().setAutoFillBackground(False)
    return area


class RowEdge(PaintedWidget):
    """The border between two rows; `moved` carries how far the mouse pulled it, in px."""

    moved = Signal(int)
    released = Signal()

    def __init__(self, height: int, line: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._line, self._last = line, 0.0
        self._column: tuple[int, int] | None = None
        self.setFixedHeight(height)
        self.setCursor(Qt.CursorShape.SplitVCursor)
        self.setAccessibleName("edge between two panels")

    def set_column(self, column: tuple[int, int] | None) -> None:
        """Left edge and width of the cursor's column where it runs through this edge."""
        if column != self._column:
            self._column = column
            self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._last = event.globalPosition().y()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        step = round(event.globalPosition().y() - self._last)
        if step and event.buttons() & Qt.MouseButton.LeftButton:
            self._last += step
            self.moved.emit(step)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self.released.emit()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        if self._line:
            margin = theme.px(16)
            painter.fillRect(margin, self.height() // 2, self.width() - 2 * margin, 1, theme.theme().line)
        if self._column is not None:
            paint_cursor_column(painter, *self._column, 0, self.height())
        painter.end()


@dataclass(frozen=True)
class Row:
    """`weight` 0: the row has a height of its own and cannot be pulled."""

    widget: QWidget
    weight: int
    line_above: bool = True


class RowStack(QWidget):
    """`set_rows` lays out; `weights_now` gives the heights back for the layout store."""

    resized = Signal()  # the user pulled an edge

    def __init__(self, gap: int, lines: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._gap, self._lines = gap, lines
        self._rows: list[Row] = []
        self._edges: list[tuple[RowEdge, QWidget]] = []
        self._spacer: QSpacerItem | None = None
        self._box = QVBoxLayout(self)
        self._box.setContentsMargins(0, 0, 0, 0)
        self._box.setSpacing(0)

    def mark_columns(self, column_of: Callable[[QWidget], tuple[int, int] | None]) -> None:
        """Let the cursor's column run through those edges whose row below says so."""
        for edge, below in self._edges:
            edge.set_column(column_of(below))

    @property
    def rows(self) -> list[Row]:
        return list(self._rows)

    def set_rows(self, rows: list[Row]) -> None:
        """Show these rows in this order; widgets no longer among them are hidden, not destroyed."""
        for old in self._rows:
            self._box.removeWidget(old.widget)
            if all(old.widget is not new.widget for new in rows) and old.widget.parent() is self:
                old.widget.hide()
        for edge, _ in self._edges:
            self._box.removeWidget(edge)
            edge.hide()
            edge.deleteLater()
        self._rows, self._edges = list(rows), []
        for index, row in enumerate(rows):
            if index and row.line_above:
                self._add_edge(index)
            self._box.addWidget(row.widget, row.weight)
            row.widget.show()
        self._fill(not any(row.weight for row in rows))

    def _fill(self, needed: bool) -> None:
        """Rows that all have a height of their own stand at the top."""
        if self._spacer is not None:
            self._box.removeItem(self._spacer)
            self._spacer = None
        if needed:
            self._spacer = QSpacerItem(0, 0, QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Expanding)
            self._box.addItem(self._spacer)

    def _add_edge(self, index: int) -> None:
        edge = RowEdge(theme.px(self._gap), self._lines, self)
        edge.moved.connect(lambda by: self._pull(index, by))
        edge.released.connect(self.resized)
        self._edges.append((edge, self._rows[index].widget))
        self._box.addWidget(edge)
        edge.show()

    def _pull(self, index: int, by: int) -> None:
        """Rows above `index` give to rows below, or take from them; the nearest that can change do."""
        above = next((i for i in range(index - 1, -1, -1) if self._rows[i].weight), None)
        below = next((i for i in range(index, len(self._rows)) if self._rows[i].weight), None)
        if above is None or below is None:
            return
        heights = {i: row.widget.height() for i, row in enumerate(self._rows) if row.weight}
        least = {i: max(self._rows[i].widget.minimumSizeHint().height(), 40) for i in (above, below)}
        by = max(least[above] - heights[above], min(by, heights[below] - least[below]))
        heights[above] += by
        heights[below] -= by
        for i, height in heights.items():
            self.set_weight(i, height)

    def set_weight(self, index: int, weight: int) -> None:
        row = self._rows[index]
        self._rows[index] = Row(row.widget, max(weight, 1), row.line_above)
        self._box.setStretchFactor(row.widget, max(weight, 1))

    def weights_now(self) -> list[tuple[QWidget, int]]:
        return [(row.widget, row.weight) for row in self._rows]
