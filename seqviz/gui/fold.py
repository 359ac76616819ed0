"""A part of a form that is folded away until asked for."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QAbstractButton, QVBoxLayout, QWidget

from seqviz.gui import theme


class FoldHead(QAbstractButton):
    """A chevron and a word."""

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setText(title)
        self.setCheckable(True)
        self.setAccessibleName(title)
        theme.theme_changed.changed.connect(self._measure)
        self._measure()

    @Slot()
    def _measure(self) -> None:
        self.setFixedHeight(theme.px(26))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(theme.px(120), theme.px(26))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, colours = QPainter(self), theme.theme()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(colours.ink2, 1.5))
        middle = self.height() / 2
        down = [QPointF(1, middle - 2), QPointF(5, middle + 2), QPointF(9, middle - 2)]
        side = [QPointF(3, middle - 4), QPointF(7, middle), QPointF(3, middle + 4)]
        painter.drawPolyline(QPolygonF(down if self.isChecked() else side))
        painter.setPen(colours.ink if self.underMouse() or self.hasFocus() else colours.ink2)
        painter.setFont(theme.font(12))
        area = QRectF(theme.px(16), 0, self.width(), self.height())
        painter.drawText(area, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), self.text())
        painter.end()


class Fold(QWidget):
    """`opened` comes the first time, so that its content can be made then."""

    opened = Signal()

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.head = FoldHead(title)
        self._body = QWidget()
        self._filled = False
        self._inner = QVBoxLayout(self._body)
        self._inner.setContentsMargins(0, 0, 0, 0)
        self._inner.setSpacing(0)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        box.addWidget(self.head)
        box.addWidget(self._body)
        self._body.hide()
        self.head.toggled.connect(self._show)

    def add(self, widget: QWidget) -> None:
        self._inner.addWidget(widget)

    @Slot(bool)
    def _show(self, on: bool) -> None:
        if on and not self._filled:
            self._filled = True
            self.opened.emit()
        self._body.setVisible(on)
