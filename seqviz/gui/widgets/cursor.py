"""The token cursor: one column through all rows of the sheet, and frames on maps."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from seqviz.gui import theme

_BLACK = QColor("#000000")
_WHITE = QColor("#FFFFFF")


def paint_cursor_column(painter: QPainter, x: float, cell: float, top: float, bottom: float) -> None:
    """Two ink lines around a column with a sheet halo, the column itself tinted 6 %.

    Filled rectangles on whole pixels: antialiased lines of this length take Qt many times as long.
    """
    colours = theme.theme()
    smooth = painter.testRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    height = bottom - top
    painter.fillRect(QRectF(x, top, cell, height), theme.faded(colours.ink, 0.06))
    for edge in (x, x + cell):
        painter.fillRect(QRectF(edge - 1, top, 3, height), colours.sheet)
        painter.fillRect(QRectF(edge, top, 1, height), colours.ink2)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, smooth)


def paint_map_cursor(painter: QPainter, rect: QRectF, pinned: bool = False) -> None:
    """Frame of a cell or row on a colour map: black inside white, so that it shows on every colour."""
    width = 2.0 if pinned else 1.25
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for colour, pen_width in ((_WHITE, width + 2.0), (_BLACK, width)):
        pen = QPen(colour, pen_width)
        pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
        painter.setPen(pen)
        painter.drawRect(rect)
