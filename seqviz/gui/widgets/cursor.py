"""The token cursor: one column through all rows of the sheet, and frames on maps."""

from __future__ import annotations

from PySide6.QtCore import QLineF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from seqviz.gui import theme

_BLACK = QColor("#000000")
_WHITE = QColor("#FFFFFF")


def paint_cursor_column(painter: QPainter, x: float, cell: float, top: float, bottom: float) -> None:
    """Two ink lines around a column with a sheet halo, the column itself tinted 6 %."""
    colours = theme.theme()
    painter.fillRect(QRectF(x, top, cell, bottom - top), theme.faded(colours.ink, 0.06))
    lines = [QLineF(x, top, x, bottom), QLineF(x + cell, top, x + cell, bottom)]
    for colour, width in ((colours.sheet, 3.0), (colours.ink2, 1.25)):
        painter.setPen(QPen(colour, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap))
        painter.drawLines(lines)


def paint_map_cursor(painter: QPainter, rect: QRectF, pinned: bool = False) -> None:
    """Frame of a cell or row on a colour map: black inside white, so that it shows on every colour."""
    width = 2.0 if pinned else 1.25
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for colour, pen_width in ((_WHITE, width + 2.0), (_BLACK, width)):
        pen = QPen(colour, pen_width)
        pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
        painter.setPen(pen)
        painter.drawRect(rect)
