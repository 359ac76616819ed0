"""The bar of a colour map: quantity, low, 110 px of colours, high."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter

from seqviz.gui import theme
from seqviz.gui.colour_maps import DATA_LEVELS
from seqviz.gui.widgets.matrix_view import paint_matrix

BAR_WIDTH = 110
BAR_HEIGHT = 8
_RAMP = np.arange(DATA_LEVELS, dtype=np.uint8)[None, :]


@dataclass(frozen=True)
class ColourBar:
    """What a map's colours mean. `low`, `high`: ready text; `centre` marks the middle (diverging maps)."""

    quantity: str
    low: str
    high: str
    colours: str = "viridis"
    centre: bool = False


def colour_bar_width(bar: ColourBar, colours: float | None = None) -> float:
    """Pixels that `paint_colour_bar` will use; `colours`: of the coloured bar itself."""
    measure = theme.metrics(11)
    words = sum(measure.horizontalAdvance(t) for t in (bar.quantity, bar.low, bar.high))
    return words + (theme.px(BAR_WIDTH) if colours is None else colours) + theme.px(8 + 6 + 6)


def paint_colour_bar(
    painter: QPainter, right: float, centre_y: float, bar: ColourBar, most: float | None = None
) -> float:
    """Paint right-aligned at `right`, vertically centred on `centre_y`, the colours `most` px wide at most.

    Returns the left edge.
    """
    colours, measure = theme.theme(), theme.metrics(11)
    painter.setFont(theme.font(11))
    baseline = centre_y + measure.capHeight() / 2
    x = right - measure.horizontalAdvance(bar.high)
    painter.setPen(colours.ink2)
    painter.drawText(QPointF(x, baseline), bar.high)
    width, height = min(theme.px(BAR_WIDTH), most or math.inf), theme.px(BAR_HEIGHT)
    x -= theme.px(6) + width
    frame = QRectF(round(x), round(centre_y - height / 2), width, height)
    paint_matrix(painter, frame, _RAMP, theme.colour_table(bar.colours))
    if bar.centre:
        middle = frame.center().x()
        painter.fillRect(QRectF(middle - 0.5, frame.top() - 2, 1, frame.height() + 4), colours.ink3)
    x = frame.left() - theme.px(6) - measure.horizontalAdvance(bar.low)
    painter.setPen(colours.ink2)
    painter.drawText(QPointF(x, baseline), bar.low)
    x -= theme.px(8) + measure.horizontalAdvance(bar.quantity)
    painter.setPen(colours.ink3)
    painter.drawText(QPointF(x, baseline), bar.quantity)
    painter.setPen(Qt.PenStyle.NoPen)
    return x
