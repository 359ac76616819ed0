"""Head of a panel: title, one line of what it shows, the colour bar, and a live reading in words."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter

from seqviz.gui import theme
from seqviz.gui.widgets.colour_bar import ColourBar, colour_bar_width, paint_colour_bar

HEADER_HEIGHT = 52
NARROWEST_BAR = 36  # px of colours that can still be told apart
HEADER_HEIGHT_WITHOUT_READING = 34
_BOLD = re.compile(r"\*\*(.+?)\*\*")


@dataclass(frozen=True)
class Header:
    """Hashable, so that it can be the key of a static layer. In `reading`, `**10 characters**` is bold."""

    title: str
    subtitle: str = ""
    reading: str = ""
    bar: ColourBar | None = None


def header_height(reading: bool = True) -> int:
    return theme.px(HEADER_HEIGHT if reading else HEADER_HEIGHT_WITHOUT_READING)


def paint_header(painter: QPainter, rect: QRectF, header: Header) -> None:
    """Paint into the top of `rect` (its left and right edges are where text and bar end)."""
    colours = theme.theme()
    centre_y = rect.top() + theme.px(19)
    right, title = rect.right(), theme.metrics(13, bold=True)
    bar = header.bar
    if bar is not None:
        room = rect.width() - title.horizontalAdvance(header.title) - theme.px(12)
        if colour_bar_width(bar, theme.px(NARROWEST_BAR)) > room:  # the word goes before the ends of the range do
            bar = replace(bar, quantity="")
        colours_room = room - colour_bar_width(bar, 0.0)
        right = paint_colour_bar(painter, right, centre_y, bar, max(colours_room, theme.px(NARROWEST_BAR)))
        right -= theme.px(12)
    baseline = centre_y + title.capHeight() / 2
    painter.setFont(theme.font(13, bold=True))
    painter.setPen(colours.ink)
    painter.drawText(QPointF(rect.left(), baseline), header.title)
    x = rect.left() + title.horizontalAdvance(header.title) + theme.px(10)
    small = theme.metrics(11)
    subtitle = small.elidedText(header.subtitle, Qt.TextElideMode.ElideRight, max(right - x, 0.0))
    painter.setFont(theme.font(11))
    painter.setPen(colours.ink3)
    painter.drawText(QPointF(x, baseline), subtitle)
    if header.reading:
        paint_reading(painter, rect.left(), rect.top() + theme.px(43), header.reading, rect.width())


def paint_reading(painter: QPainter, x: float, baseline: float, text: str, width: float, size: float = 12) -> float:
    """One line of words, `**...**` in bold ink, the rest ink2; elided at `width`. Returns its right edge."""
    colours, start = theme.theme(), x
    for number, part in enumerate(_BOLD.split(text)):
        bold = number % 2 == 1
        measure = theme.metrics(size, bold)
        room = start + width - x
        shown = measure.elidedText(part, Qt.TextElideMode.ElideRight, max(room, 0.0))
        painter.setFont(theme.font(size, bold))
        painter.setPen(colours.ink if bold else colours.ink2)
        painter.drawText(QPointF(x, baseline), shown)
        x += measure.horizontalAdvance(shown)
        if shown != part:
            break
    return x
