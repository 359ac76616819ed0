"""What panels with a row of colours for each level or head share: a name, a number, and colours by probe position."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QRectF, Qt
from PySide6.QtGui import QImage, QMouseEvent, QPainter

from seqviz.gui import theme
from seqviz.gui.axes_of_frame import main_axis
from seqviz.gui.panels.base import Snapshot
from seqviz.gui.panels.painted_sheet import PaintedSheetPanel
from seqviz.gui.widgets.matrix_view import Scale, index_image, matrix_image, paint_matrix

TWO_LINES = 25  # px at scale 1: a row so high has its number under its name
NAME_FITS = 11
_LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)


@dataclass(frozen=True)
class LevelRow:
    """`values` (n,) as they are coloured; None where its positions are not the sheet's: then `number` alone is said,
    with the name of the axis they lie `along`.

    `starts`: a line above tells it from what is over it. `marked`: its name is bold, with a triangle.
    """

    name: str
    label: str
    values: NDArray[np.floating] | None
    number: str
    starts: bool = False
    along: str = ""
    marked: bool = False


class LevelRowsPanel(PaintedSheetPanel):
    """Subclasses give `rows_now` and say what the colours mean."""

    limits: ClassVar[tuple[float, float]]
    scale: ClassVar[Scale] = "linear"
    colours: ClassVar[Literal["viridis", "diverging"]] = "viridis"
    minimum_height = 90

    def __init__(self) -> None:
        super().__init__()
        self.rows: tuple[LevelRow, ...] = ()
        self.hovered = -1
        self._indices: NDArray[np.uint8] | None = None
        self._drawn: tuple[object, QImage] | None = None

    def rows_now(self) -> tuple[LevelRow, ...]:
        """Rows from the top."""
        raise NotImplementedError

    def limits_now(self) -> tuple[tuple[float, float], Scale, str]:
        """Range of the colours, its scale, the colour map."""
        return self.limits, self.scale, self.colours

    def prepare(self, old: Snapshot) -> None:
        self.rows = self.rows_now()
        self.hovered = min(self.hovered, len(self.rows) - 1)
        (low, high), scale, _ = self.limits_now()
        length = max((len(row.values) for row in self.rows if row.values is not None), default=0)
        blank = np.full(length, np.nan, dtype=np.float32)
        table = [blank if row.values is None or len(row.values) != length else row.values for row in self.rows]
        self._indices = index_image(np.stack(table), low, high, scale) if table and length else None

    def along_sheet(self, name: str) -> bool:
        """Whether an array's last axis is the one the sheet's columns stand for."""
        axis, here = self.axis_of(name), main_axis(self.snapshot)
        return axis in ("", here) or (here == "t" and axis in ("query_pos", "position"))

    def axis_of(self, name: str) -> str:
        """What an array's positions lie along; "" where nothing is known."""
        axes = () if self.snapshot.frame is None else self.snapshot.frame.axes.get(name, ())
        return axes[-1] if axes else ""

    def ready(self) -> bool:
        return self._indices is not None and self._indices.shape[1] == self.grid.n

    # painting

    def area(self) -> QRectF:
        return QRectF(self.grid.left, 2, self.grid.width, max(self.height() - 8, 1))

    def row_rect(self, row: int) -> QRectF:
        """Whole pixels, so that neighbours meet."""
        area, count = self.area(), max(len(self.rows), 1)
        top = round(area.top() + row * area.height() / count)
        return QRectF(area.left(), top, area.width(), round(area.top() + (row + 1) * area.height() / count) - top)

    def paint(self, painter: QPainter) -> None:
        assert self._indices is not None
        key = (self.serial, self.grid, theme.version())
        if self._drawn is None or self._drawn[0] != key:
            seen = self._indices[:, self.grid.first : self.grid.first + self.grid.visible]
            self._drawn = (key, matrix_image(seen, theme.colour_table(self.limits_now()[2])))
        paint_matrix(painter, self.area(), self._drawn[1])
        said = tuple((row.label, row.number, row.marked) for row in self.rows)
        painter.drawPixmap(0, 0, self.static_layer((self.grid, said), self._paint_names, name="names"))

    def paint_over(self, painter: QPainter) -> None:
        super().paint_over(painter)
        if 0 <= self.hovered < len(self.rows):
            rect = self.row_rect(self.hovered)
            painter.fillRect(
                QRectF(rect.left() - theme.px(3), rect.top(), theme.px(2), rect.height()), theme.theme().ink
            )

    def _paint_names(self, painter: QPainter) -> None:
        every = self._every()
        for place, row in enumerate(self.rows):
            rect = self.row_rect(place)
            if row.starts and place:
                painter.fillRect(QRectF(0, rect.top() - 1, self.grid.right, 2), theme.theme().sheet)
            if row.values is None:
                self._paint_elsewhere(painter, rect, row)
            if place % every == 0:
                self._paint_name(painter, rect, row)

    def _every(self) -> int:
        """1 where every row has room for its name, 2 where every other one ..."""
        return max(1, int(np.ceil(theme.px(NAME_FITS) / max(self.row_rect(0).height(), 1.0))))

    def _paint_name(self, painter: QPainter, rect: QRectF, row: LevelRow) -> None:
        """Name and number: side by side where the gutter is wide enough, else one under the other, else the name."""
        left, right = theme.px(6), self.grid.left - theme.px(6)
        name = f"▲ {row.label}" if row.marked else row.label
        needed = theme.metrics(11, row.marked).horizontalAdvance(name) + theme.metrics(11).horizontalAdvance(row.number)
        middle, line = rect.center().y(), theme.px(13)
        if rect.height() < theme.px(TWO_LINES) and needed + theme.px(6) <= right - left:
            whole = QRectF(left, middle - line / 2, right - left, line)
            self._words(painter, whole, name, row.marked, _LEFT)
            self._words(painter, whole, row.number, False, _RIGHT, strong=True)
        elif rect.height() >= theme.px(TWO_LINES) and row.number:
            self._words(painter, QRectF(left, middle - line, right - left, line), name, row.marked, _RIGHT)
            self._words(painter, QRectF(left, middle, right - left, line), row.number, False, _RIGHT, strong=True)
        else:
            self._words(painter, QRectF(left, middle - line / 2, right - left, line), name, row.marked, _RIGHT)

    @staticmethod
    def _words(painter: QPainter, area: QRectF, text: str, bold: bool, flags: int, strong: bool = False) -> None:
        painter.setFont(theme.font(11, bold))
        painter.setPen(theme.theme().ink if bold or strong else theme.theme().ink3)
        shown = theme.metrics(11, bold).elidedText(text, Qt.TextElideMode.ElideRight, area.width())
        painter.drawText(area, flags, shown)

    def _paint_elsewhere(self, painter: QPainter, rect: QRectF, row: LevelRow) -> None:
        if rect.height() < theme.px(NAME_FITS):
            return
        inner = rect.adjusted(theme.px(8), 0, -theme.px(8), 0)
        self._words(painter, inner, f"{row.label}: {row.number}, along the {row.along or 'other'} axis", False, _LEFT)

    # words

    def export(self) -> Mapping[str, np.ndarray]:
        return {row.name: row.values for row in self.rows if row.values is not None}

    # Qt overrides

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._hover(event.position().y())
        super().mouseMoveEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        self._hover(-1.0)

    def _hover(self, y: float) -> None:
        rows = [place for place in range(len(self.rows)) if self.row_rect(place).contains(self.grid.left + 1, y)]
        found = rows[0] if rows else -1
        if found != self.hovered:
            self.hovered = found
            self.tell_header()
            self.update()
