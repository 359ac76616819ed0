"""Paints the parts of a knob's row: label, ring, value, slider, switch."""

from __future__ import annotations

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from seqviz.gui import theme

ROW_HEIGHT = 36
LABEL_Y, SLIDER_Y = 9, 24
_LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
_WRAPPED = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap)


def paint_label(painter: QPainter, width: float, y: float, label: str, live: bool, room: float) -> None:
    """Label at the left, with a ring beside it when the knob may change while running."""
    colours, measure = theme.theme(), theme.metrics(12)
    ring = theme.px(14) if live else 0
    shown = measure.elidedText(label, Qt.TextElideMode.ElideRight, room - ring)
    painter.setFont(theme.font(12))
    painter.setPen(colours.ink2)
    painter.drawText(QRectF(0, y - 12, width, 24), _LEFT, shown)
    if live:
        paint_ring(painter, measure.horizontalAdvance(shown) + theme.px(9), y)


def paint_ring(painter: QPainter, x: float, y: float) -> None:
    """The mark of a live knob; also for the legend of the form."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(theme.theme().ink3, 1.5))
    painter.drawEllipse(QPointF(x, y + 0.5), theme.px(3.5), theme.px(3.5))


def paint_value(painter: QPainter, width: float, y: float, text: str, wrong: bool, enabled: bool) -> None:
    colours = theme.theme()
    painter.setFont(theme.font(12, bold=True))
    painter.setPen(colours.warn if wrong else colours.ink if enabled else colours.ink3)
    painter.drawText(QRectF(0, y - 12, width, 24), _RIGHT, text)


def paint_slider(
    painter: QPainter,
    left: float,
    right: float,
    y: float,
    place: float,
    before: float | None,
    grown: float,
    focused: bool,
    enabled: bool,
) -> None:
    """Thin track, filled up to an ink handle; a triangle where the value stood `before`."""
    colours = theme.theme()
    x = left + place * (right - left)
    flat = Qt.PenCapStyle.RoundCap
    painter.setPen(QPen(colours.track, theme.px(2.5), Qt.PenStyle.SolidLine, flat))
    painter.drawLine(QLineF(left, y, right, y))
    painter.setPen(QPen(colours.ink2 if enabled else colours.ink3, theme.px(2.5), Qt.PenStyle.SolidLine, flat))
    if x > left:
        painter.drawLine(QLineF(left, y, x, y))
    if before is not None:
        _paint_triangle(painter, left + before * (right - left), y - theme.px(5), colours.ink2)
    painter.setPen(QPen(colours.rail, 2))
    painter.setBrush(colours.ink if enabled else colours.ink3)
    radius = theme.px(5.5) + grown
    painter.drawEllipse(QPointF(x, y), radius + 1, radius + 1)
    if focused:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(colours.ink, 1.5))
        painter.drawEllipse(QPointF(x, y), radius + 3, radius + 3)


def _paint_triangle(painter: QPainter, x: float, tip: float, colour: QColor) -> None:
    half, height = theme.px(4), theme.px(5)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    painter.drawPolygon(QPolygonF([QPointF(x - half, tip - height), QPointF(x + half, tip - height), QPointF(x, tip)]))


def paint_switch(painter: QPainter, right: float, y: float, on: bool, focused: bool, enabled: bool) -> None:
    """A switch whose two states differ in shape and fill, not in hue."""
    colours = theme.theme()
    width, height = theme.px(30), theme.px(16)
    body = QRectF(right - width - 2, y - height / 2, width, height)
    painter.setPen(QPen(colours.ink2 if enabled else colours.ink3, 1.25))
    painter.setBrush((colours.ink if enabled else colours.ink3) if on else colours.sheet)
    painter.drawRoundedRect(body, height / 2, height / 2)
    x = body.right() - height / 2 if on else body.left() + height / 2
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colours.sheet if on else colours.ink2 if enabled else colours.ink3)
    painter.drawEllipse(QPointF(x, y), height / 2 - 3.5, height / 2 - 3.5)
    if focused:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(colours.ink, 1.5))
        painter.drawRoundedRect(body.adjusted(-2.5, -2.5, 2.5, 2.5), height / 2 + 2, height / 2 + 2)


def error_height(text: str, width: float) -> int:
    """Pixels an error takes under its row, 0 for none."""
    if not text:
        return 0
    area = QRectF(0, 0, max(width, 1), 1000)
    return int(theme.metrics(11).boundingRect(area, _WRAPPED, text).height()) + 4


def paint_error(painter: QPainter, width: float, top: float, text: str) -> None:
    painter.setFont(theme.font(11))
    painter.setPen(theme.theme().warn)
    painter.drawText(QRectF(0, top, width, error_height(text, width)), _WRAPPED, text)
