"""The words of a slide: what is shown with its colour bar above, what it says below."""

from __future__ import annotations

import re

from PySide6.QtCore import QPointF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from seqviz.gui import theme
from seqviz.gui.panels import base
from seqviz.gui.widgets.colour_bar import ColourBar, colour_bar_width, paint_colour_bar
from seqviz.gui.widgets.painted import PaintedWidget

SIZE, LINE, LINES = 20, 30, 2  # of the sentence, px on screen; at most so many lines
SHORTEST = 90  # px on screen: a subtitle cut off earlier says nothing
_WORD = re.compile(r"\S+\s*")

Word = tuple[str, bool]  # text with the space after it, whether it is bold


class Heading(PaintedWidget):
    """Title, then what it shows as far as there is room, then what its colours mean."""

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title, self._subtitle = title, ""
        self._bar: ColourBar | None = None
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(title)

    def say(self, subtitle: str, bar: base.ColourBar | None) -> None:
        shown = None
        if bar is not None:
            shown = ColourBar(bar.quantity, bar.low, bar.high, bar.colours, centre=bar.colours == "diverging")
        if (subtitle, shown) != (self._subtitle, self._bar):
            self._subtitle, self._bar = subtitle, shown
            self.setAccessibleDescription(subtitle)
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(200, theme.px(22))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, colours, title = QPainter(self), theme.theme(), theme.metrics(13, bold=True)
        middle = self.height() / 2
        base_line = middle + title.capHeight() / 2
        painter.setFont(theme.font(13, bold=True))
        painter.setPen(colours.ink2)
        painter.drawText(QPointF(0, base_line), self._title)
        left, right = title.horizontalAdvance(self._title) + 20.0, float(self.width())
        if self._bar is not None and right - colour_bar_width(self._bar) > left:
            right = paint_colour_bar(painter, right, middle, self._bar) - 20
        if right - left > SHORTEST:
            small = theme.metrics(11)
            painter.setFont(theme.font(11))
            painter.setPen(colours.ink2)
            words = small.elidedText(self._subtitle, Qt.TextElideMode.ElideRight, right - left)
            painter.drawText(QPointF(left, base_line), words)
        painter.end()


class Sentence(PaintedWidget):
    """The live reading in large type, on two lines where one is too short; `**...**` is bold."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text = ""
        self._rows = 1
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def say(self, text: str) -> None:
        if text != self._text:
            self._text = text
            self.setAccessibleName(text.replace("**", ""))
            self._fit()
            self.update()

    def lines(self) -> list[list[Word]]:
        """Words of each line."""
        room, used = float(self.width()), 0.0
        rows: list[list[Word]] = [[]]
        for word, bold in words_of(self._text):
            wide = theme.metrics(SIZE, bold, scaled=False).horizontalAdvance(word.rstrip())
            if used + wide > room and rows[-1] and len(rows) < LINES:
                rows.append([])
                used = 0.0
            rows[-1].append((word, bold))
            used += theme.metrics(SIZE, bold, scaled=False).horizontalAdvance(word)
        return rows

    def _fit(self) -> None:
        """Never fewer lines than before at this width: a changing number must not move the picture."""
        rows = max(self._rows, len(self.lines()))
        if rows != self._rows:
            self._rows = rows
            self.updateGeometry()

    def sizeHint(self) -> QSize:
        return QSize(200, 10 + LINE * self._rows)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def resizeEvent(self, event: QResizeEvent) -> None:
        if event.size().width() != event.oldSize().width():
            self._rows = 1
            self._fit()
            self.updateGeometry()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, colours = QPainter(self), theme.theme()
        for number, row in enumerate(self.lines()):
            x = 0.0
            for word, bold in row:
                painter.setFont(theme.font(SIZE, bold, scaled=False))
                painter.setPen(colours.ink if bold else colours.ink2)
                painter.drawText(QPointF(x, 27 + number * LINE), word)
                x += theme.metrics(SIZE, bold, scaled=False).horizontalAdvance(word)
        painter.end()


def words_of(text: str) -> list[Word]:
    """Words with the spaces that follow them, bold ones between `**`."""
    found: list[Word] = []
    for number, part in enumerate(text.split("**")):
        lead = part[: len(part) - len(part.lstrip())]
        if lead and found:
            found[-1] = (found[-1][0] + lead, found[-1][1])
        found += [(word, number % 2 == 1) for word in _WORD.findall(part)]
    return found
