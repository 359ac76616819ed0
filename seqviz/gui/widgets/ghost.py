"""Empty states: a quiet rectangle that says what will stand there."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter

from seqviz.gui import theme

RADIUS = 3.0


def paint_ghost(painter: QPainter, rect: QRectF, sentence: str = "") -> None:
    """Ghost rectangle with a sentence in its middle, wrapped to fit."""
    colours = theme.theme()
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colours.ghost)
    painter.drawRoundedRect(rect, RADIUS, RADIUS)
    if sentence:
        painter.setPen(colours.ink3)
        painter.setFont(theme.font(12))
        inside = rect.adjusted(12, 2, -12, -2)
        painter.drawText(inside, int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap), sentence)
