"""Words along a line between two: which side of the axis each lies on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QLineF, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen

from seqviz.gui import theme
from seqviz.gui.widgets.painted import PaintedWidget

ROWS, _ROW, _HEAD, _FOOT = 4, 15, 16, 16  # px at scale 1
LIMITS = (0.5, 1.0)  # cosines; the wider where a word lies beyond the narrower
_LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
_MIDDLE = int(Qt.AlignmentFlag.AlignCenter)


@dataclass(frozen=True)
class Leaning:
    """A word and its cosine with the axis; above 0 on the right."""

    word: str
    value: float


class WordAxis(PaintedWidget):
    """`low` and `high` are the words at the ends."""

    def __init__(self) -> None:
        super().__init__()
        self._words: tuple[Leaning, ...] = ()
        self._ends = ("", "")
        self._limit = LIMITS[0]
        self.setAccessibleName("words along an axis")

    @property
    def words(self) -> tuple[Leaning, ...]:
        return self._words

    def set_words(self, words: Sequence[Leaning], low: str, high: str) -> None:
        made = (tuple(words), (low, high))
        if made != (self._words, self._ends):
            self._words, self._ends = made
            largest = max((abs(one.value) for one in words), default=0.0)
            self._limit = next((limit for limit in LIMITS if largest <= limit), LIMITS[-1])
            self.update()

    def x_of(self, value: float) -> float:
        margin = theme.px(6)
        half = self.width() / 2 - margin
        return margin + half * (1 + min(max(value / self._limit, -1.0), 1.0))

    def rows(self) -> list[tuple[Leaning, QRectF, int]]:
        """Each word, the place of its name and its row: names stay on their side of their tick, rows do not overlap."""
        measure, ends, found = theme.metrics(11), [-1.0] * ROWS, []
        for one in sorted(self._words, key=lambda w: w.value):
            width = measure.horizontalAdvance(one.word) + theme.px(6)
            left = min(max(self.x_of(one.value) - width / 2, 0.0), self.width() - width)
            row = next((r for r in range(ROWS) if ends[r] <= left), None)
            if row is not None:
                ends[row] = left + width
                found.append((one, QRectF(left, theme.px(_HEAD + _ROW * row + 4), width, theme.px(_ROW)), row))
        return found

    # Qt overrides

    def sizeHint(self) -> QSize:
        return QSize(theme.px(220), theme.px(_HEAD + _FOOT + _ROW * ROWS + 6))

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.px(80), theme.px(_HEAD + _FOOT + _ROW * ROWS + 6))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, colours = QPainter(self), theme.theme()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self._words:
            line = float(theme.px(_HEAD))
            painter.setFont(theme.font(11, bold=True))
            painter.setPen(colours.ink)
            head = QRectF(0, 0, self.width(), line - 2)
            painter.drawText(head, _LEFT, f"← {self._ends[0]}")
            painter.drawText(head, _RIGHT, f"{self._ends[1]} →")
            painter.setPen(QPen(colours.track, 1.5))
            painter.drawLine(QLineF(self.x_of(-self._limit), line, self.x_of(self._limit), line))
            rows = self.rows()
            bottom = max((box.bottom() for _, box, _ in rows), default=line)
            painter.setPen(QPen(colours.line, 1))
            painter.drawLine(QLineF(self.x_of(0), line, self.x_of(0), bottom))
            self._paint_words(painter, rows, line)
            self._paint_numbers(painter, bottom)
        painter.end()

    def _paint_words(self, painter: QPainter, rows: list[tuple[Leaning, QRectF, int]], line: float) -> None:
        colours = theme.theme()
        painter.setFont(theme.font(11))
        for one, box, _ in rows:
            x = self.x_of(one.value)
            painter.setPen(QPen(colours.line, 1))
            painter.drawLine(QLineF(x, line, x, box.top() + 1))
        for one, box, _ in rows:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colours.ink2)
            painter.drawEllipse(QPointF(self.x_of(one.value), line), theme.px(3), theme.px(3))
            painter.fillRect(box, colours.sheet)
            painter.setPen(colours.ink2)
            painter.drawText(box, _MIDDLE, one.word)

    def _paint_numbers(self, painter: QPainter, top: float) -> None:
        painter.setFont(theme.font(11))
        painter.setPen(theme.theme().ink3)
        foot = QRectF(0, top + 2, self.width(), theme.px(_FOOT))
        limit = f"{self._limit:.1f}"
        painter.drawText(foot, _LEFT, f"−{limit}")
        painter.drawText(foot, _MIDDLE, "cosine")
        painter.drawText(foot, _RIGHT, f"+{limit}")
