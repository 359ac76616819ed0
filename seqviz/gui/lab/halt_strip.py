"""The text of the batch at which a run halted, around the position that is marked."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from seqviz.gui import theme
from seqviz.gui.widgets.painted import PaintedWidget
from seqviz.gui.widgets.strip_painting import is_characters, shown_token

HEIGHT, AXIS = 26, 15
_CENTRE = int(Qt.AlignmentFlag.AlignCenter)


class HaltStrip(PaintedWidget):
    """One line of labels; the marked one stands in a box of ink with its position under it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._labels: tuple[str, ...] = ()
        self._position = -1
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def show_text(self, labels: tuple[str, ...], position: int) -> None:
        """Labels of a row, and the place in it that is meant (-1: none)."""
        self._labels, self._position = labels, position
        place = f", position {position}: {shown_token(labels[position])}" if 0 <= position < len(labels) else ""
        self.setAccessibleName(f"text of the batch{place}")
        self.update()

    def cells(self) -> list[tuple[int, QRectF]]:
        """Labels that fit and where they stand, the marked one near the middle."""
        if not self._labels:
            return []
        centre = max(self._position, 0)
        widths = [self._width_of(label) for label in self._labels]
        first = last = centre
        used = widths[centre]
        while True:  # the nearer side first, as long as there is room
            left = first > 0 and used + widths[first - 1] <= self.width()
            right = last + 1 < len(widths) and used + widths[last + 1] <= self.width()
            if left and (centre - first <= last - centre or not right):
                first -= 1
                used += widths[first]
            elif right:
                last += 1
                used += widths[last]
            else:
                break
        x, found = 0.0, []
        for index in range(first, last + 1):
            found.append((index, QRectF(x, 0, widths[index], theme.px(HEIGHT))))
            x += widths[index]
        return found

    def _width_of(self, label: str) -> float:
        width = theme.metrics(13, bold=True).horizontalAdvance(shown_token(label))
        return max(width + 2, theme.px(9)) if is_characters(self._labels) else width + theme.px(8)

    # Qt overrides

    def on_theme_changed(self) -> None:
        super().on_theme_changed()
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        return QSize(theme.px(200), theme.px(HEIGHT + AXIS))

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.px(80), theme.px(HEIGHT + AXIS))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, colours = QPainter(self), theme.theme()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for index, area in self.cells():
            marked = index == self._position
            if marked:
                painter.setPen(QPen(colours.ink, 1))
                painter.setBrush(colours.ink)
                painter.drawRoundedRect(area.adjusted(0.5, 2, -0.5, -2), 3, 3)
            painter.setFont(theme.font(13, bold=marked))
            painter.setPen(colours.sheet if marked else colours.ink2)
            painter.drawText(area, _CENTRE, shown_token(self._labels[index]))
            if marked:
                painter.setFont(theme.font(11))
                painter.setPen(colours.ink3)
                under = QRectF(area.center().x() - 40, area.bottom(), 80, theme.px(AXIS))
                under.moveLeft(min(max(under.left(), -30.0), self.width() - 50.0))
                painter.drawText(under, _CENTRE, f"t = {index}")
        painter.end()
