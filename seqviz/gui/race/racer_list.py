"""The racers of a race as a list: a piece of each line, its name, what it is; one is chosen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from seqviz.gui import theme
from seqviz.gui.race.column import RacerColumn
from seqviz.gui.race.styles import RacerStyle
from seqviz.gui.widgets.painted import PaintedWidget

ROW = 34


@dataclass(frozen=True)
class Entry:
    """`detail`: its size in words, the architecture where it has none; `title`: the architecture."""

    label: str
    detail: str
    style: RacerStyle
    title: str = ""


class RacerList(PaintedWidget):
    """A click or the up and down keys choose; the cross or Delete removes."""

    chosen = Signal(int)
    removed = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._entries: tuple[Entry, ...] = ()
        self._current, self._removable = 0, True
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("racers")

    def show_entries(self, entries: Sequence[Entry], current: int, removable: bool) -> None:
        wanted = (tuple(entries), current, removable)
        if wanted != (self._entries, self._current, self._removable):
            self._entries, self._current, self._removable = wanted
            self.setAccessibleDescription(", ".join(entry.label for entry in entries))
            self.updateGeometry()
            self.update()

    @property
    def entries(self) -> tuple[Entry, ...]:
        return self._entries

    @property
    def current(self) -> int:
        return self._current

    def row_area(self, row: int) -> QRectF:
        return QRectF(0, row * theme.px(ROW), self.width(), theme.px(ROW))

    def cross_area(self, row: int) -> QRectF:
        """Where the cross of a row stands."""
        side, area = theme.px(20), self.row_area(row)
        return QRectF(area.right() - side, area.center().y() - side / 2, side, side)

    # Qt overrides

    def sizeHint(self) -> QSize:
        return QSize(theme.px(180), theme.px(ROW) * max(len(self._entries), 1))

    def event(self, event: QEvent) -> bool:
        """A tool tip says in full what the row under the mouse is."""
        if isinstance(event, QHelpEvent):
            row = int(event.pos().y() // theme.px(ROW))
            if 0 <= row < len(self._entries):
                entry = self._entries[row]
                words = dict.fromkeys(filter(None, (entry.label, entry.title, entry.detail)))
                QToolTip.showText(event.globalPos(), ", ".join(words), self)
            return True
        return super().event(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        row = int(event.position().y() // theme.px(ROW))
        if not 0 <= row < len(self._entries):
            return
        if self._removable and self.cross_area(row).contains(event.position()):
            self.removed.emit(row)
        else:
            self.chosen.emit(row)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        by = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}.get(Qt.Key(event.key()), 0)
        if by and self._entries:
            self.chosen.emit(min(max(self._current + by, 0), len(self._entries) - 1))
        elif event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace) and self._removable:
            self.removed.emit(self._current)
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, colours = QPainter(self), theme.theme()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for row, entry in enumerate(self._entries):
            self._paint_row(painter, row, entry)
        if self.hasFocus() and self._entries:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(colours.ink, 2))
            painter.drawRoundedRect(self.row_area(self._current).adjusted(1, 1, -1, -1), 5, 5)
        painter.end()

    def _paint_row(self, painter: QPainter, row: int, entry: Entry) -> None:
        colours, area, margin = theme.theme(), self.row_area(row), theme.px(6)
        if row == self._current:
            painter.setPen(QPen(colours.line, 1))
            painter.setBrush(colours.sheet)
            painter.drawRoundedRect(area.adjusted(0.5, 0.5, -0.5, -0.5), 5, 5)
        RacerColumn.draw_swatch(painter, entry.style, margin, area.center().y())
        left = area.left() + margin + theme.px(28)
        room = area.width() - left - theme.px(22)
        bold, small = theme.metrics(12, bold=True), theme.metrics(11)
        painter.setFont(theme.font(12, bold=True))
        painter.setPen(colours.ink)
        label = bold.elidedText(entry.label, Qt.TextElideMode.ElideRight, room)
        painter.drawText(QPointF(left, area.top() + theme.px(15)), label)
        painter.setFont(theme.font(11))
        painter.setPen(colours.ink2)
        detail = small.elidedText(entry.detail, Qt.TextElideMode.ElideRight, room)
        painter.drawText(QPointF(left, area.top() + theme.px(28)), detail)
        if self._removable:
            cross, half = self.cross_area(row).center(), theme.px(3.5)
            painter.setPen(QPen(colours.ink3, 1.5))
            painter.drawLine(cross + QPointF(-half, -half), cross + QPointF(half, half))
            painter.drawLine(cross + QPointF(-half, half), cross + QPointF(half, -half))
