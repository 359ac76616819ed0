"""Buttons with a drawn sign: sharp at every scale, without a font or a file of icons."""

from __future__ import annotations

import math
from collections.abc import Callable

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Slot
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QAbstractButton, QWidget

from seqviz.gui import theme


def _play(painter: QPainter, colour: QColor) -> None:
    painter.setBrush(colour)
    painter.drawPolygon(QPolygonF([QPointF(3, 1), QPointF(14, 8), QPointF(3, 15)]))


def _pause(painter: QPainter, colour: QColor) -> None:
    painter.setBrush(colour)
    painter.drawRoundedRect(QRectF(3, 2, 3.4, 12), 1, 1)
    painter.drawRoundedRect(QRectF(9.6, 2, 3.4, 12), 1, 1)


def _step(painter: QPainter, colour: QColor) -> None:
    painter.setBrush(colour)
    painter.drawPolygon(QPolygonF([QPointF(3, 2), QPointF(11, 8), QPointF(3, 14)]))
    painter.drawRect(QRectF(11.4, 2, 2.2, 12))


def _reset(painter: QPainter, colour: QColor) -> None:
    painter.setPen(QPen(colour, 2.0, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawArc(QRectF(2.5, 3.5, 11, 11), 60 * 16, 300 * 16)
    tip = QPointF(8 + 5.5 * math.cos(math.radians(60)), 9 - 5.5 * math.sin(math.radians(60)))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    painter.drawPolygon(QPolygonF([tip + QPointF(-5.2, -3.6), tip + QPointF(1.6, 0.4), tip + QPointF(-4.6, 3.6)]))


def _menu(painter: QPainter, colour: QColor) -> None:
    for y in (3.0, 7.25, 11.5):
        painter.fillRect(QRectF(2, y, 12, 1.5), colour)


def _more(painter: QPainter, colour: QColor) -> None:
    painter.setBrush(colour)
    for x in (3.0, 8.0, 13.0):
        painter.drawEllipse(QPointF(x, 8), 1.4, 1.4)


def _close(painter: QPainter, colour: QColor) -> None:
    painter.setPen(QPen(colour, 1.6))
    painter.drawLine(QPointF(4, 4), QPointF(12, 12))
    painter.drawLine(QPointF(4, 12), QPointF(12, 4))


def _side(painter: QPainter, colour: QColor) -> None:
    painter.setPen(QPen(colour, 1.5))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRoundedRect(QRectF(2, 3, 12, 10), 1.5, 1.5)
    painter.fillRect(QRectF(9.5, 3, 4.5, 10), colour)


def _mirrored(draw: Callable[[QPainter, QColor], None]) -> Callable[[QPainter, QColor], None]:
    def mirror(painter: QPainter, colour: QColor) -> None:
        painter.translate(16, 0)
        painter.scale(-1, 1)
        draw(painter, colour)

    return mirror


def _one(painter: QPainter, colour: QColor) -> None:
    painter.setPen(QPen(colour, 2.2, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawPolyline([QPointF(5.5, 2.5), QPointF(11, 8), QPointF(5.5, 13.5)])


def _to_cursor(painter: QPainter, colour: QColor) -> None:
    painter.setBrush(colour)
    painter.drawPolygon(QPolygonF([QPointF(1, 3), QPointF(7.5, 8), QPointF(1, 13)]))
    painter.drawRect(QRectF(9, 1, 1.6, 14))
    painter.drawRect(QRectF(13.4, 1, 1.6, 14))


SIGNS: dict[str, Callable[[QPainter, QColor], None]] = {
    "play": _play, "pause": _pause, "step": _step, "reset": _reset,
    "menu": _menu, "more": _more, "close": _close, "side": _side,
    "first": _mirrored(_step), "back": _mirrored(_one), "next": _one, "to_cursor": _to_cursor, "last": _step,
}  # fmt: skip


class IconButton(QAbstractButton):
    """`kind` "primary" is ink with words, "plain" a white field, "flat" only the sign until the mouse comes."""

    def __init__(self, sign: str, tip: str, kind: str = "plain", text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        assert sign in SIGNS, sign
        self._sign, self._kind = sign, kind
        self.setText(text)
        self.setToolTip(tip)
        self.setAccessibleName(text or tip)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        theme.theme_changed.changed.connect(self.follow_theme)
        self.follow_theme()

    @property
    def sign(self) -> str:
        return self._sign

    def set_sign(self, sign: str, text: str, tip: str) -> None:
        if (sign, text) != (self._sign, self.text()):
            self._sign = sign
            self.setText(text)
            self.setToolTip(tip)
            self.setAccessibleName(text or tip)
            self.follow_theme()

    @Slot()
    def follow_theme(self) -> None:
        self.setFixedSize(self.sizeHint())
        self.update()

    def _colours(self) -> tuple[QColor | None, QColor, QColor]:
        """Ground (None: none), frame, sign."""
        t = theme.theme()
        if not self.isEnabled():
            return (None if self._kind == "flat" else t.sheet), t.line, t.ink3
        if self._kind == "primary":
            return (t.ink2 if self.isDown() or self.underMouse() else t.ink), t.ink, t.sheet
        ground = t.well if self.isDown() or self.underMouse() else t.sheet
        if self._kind == "flat":
            return (ground if self.underMouse() or self.isDown() else None), ground, t.ink2
        return ground, t.line, t.ink

    # Qt overrides

    def sizeHint(self) -> QSize:
        if self._kind == "primary":
            words = theme.metrics(12, bold=True).horizontalAdvance(self.text())
            return QSize(max(theme.px(92), math.ceil(words) + theme.px(44)), theme.px(32))
        side = theme.px(20 if self._kind == "flat" else 36)
        return QSize(side, side if self._kind == "flat" else theme.px(32))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ground, frame, sign = self._colours()
        if ground is not None:
            area = QPainterPath()
            area.addRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
            painter.fillPath(area, ground)
            if self._kind != "flat" or self.hasFocus():
                painter.strokePath(area, QPen(frame, 1))
        if self.hasFocus():
            painter.setPen(QPen(theme.theme().track if self._kind == "primary" else theme.theme().ink, 2))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(2, 2, -2, -2), 5, 5)
        self._paint_content(painter, sign)
        painter.end()

    def _paint_content(self, painter: QPainter, colour: QColor) -> None:
        size, text = theme.px(16 if self._kind != "flat" else 14), self.text()
        measure = theme.metrics(12, bold=True)
        gap = theme.px(8) if text else 0
        width = size + gap + measure.horizontalAdvance(text)
        x = (self.width() - width) / 2
        painter.save()
        painter.translate(x, (self.height() - size) / 2)
        painter.scale(size / 16, size / 16)
        painter.setPen(Qt.PenStyle.NoPen)
        SIGNS[self._sign](painter, colour)
        painter.restore()
        if text:
            painter.setPen(colour)
            painter.setFont(theme.font(12, bold=True))
            flags = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
            painter.drawText(QRectF(x + size + gap, 0, self.width(), self.height()), flags, text)
