"""Names at line ends instead of a legend, and the values under the mouse."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QLineF, QPointF, QRectF
from PySide6.QtGui import QColor, QPainter, QPen

from seqviz.gui import theme
from seqviz.gui.widgets.axes import spread_labels
from seqviz.gui.widgets.curve_painting import paint_marker
from seqviz.gui.widgets.plot_painting import NAME_GAP


@dataclass(frozen=True)
class SeriesStyle:
    """How a curve looks. Widths: shown value 2.5, noise 1.5 at 47 % opacity, other runs 1.5.

    `colour`: "family:lstm", "gate:forget_gate" or a token ("ink2"), so that a theme change needs no new style.
    `name` stands at the line's end, with the last value unless `with_value` is False; "" for none.
    """

    name: str
    colour: str = "ink"
    width: float = 2.5
    opacity: float = 1.0
    dash: tuple[float, ...] = ()
    marker: str = "none"
    bold: bool = True
    with_value: bool = True


@dataclass(frozen=True)
class LineEnd:
    """Where a visible curve ends, in pixels, and its value there."""

    style: SeriesStyle
    x: float
    y: float
    value: float

    def text(self, room: float) -> str:
        """Name and value, or the name alone where both are too wide."""
        measure = theme.metrics(11, self.style.bold)
        full = f"{self.style.name} {theme.short(self.value)}"
        fits = self.style.with_value and measure.horizontalAdvance(full) <= room
        return full if fits else self.style.name


def colour_of(spec: str, text: bool = False) -> QColor:
    """The colour of a spec: "family:NAME", "gate:NAME" or a token of the theme; "@0.4" mixes in so much ink."""
    spec, _, share = spec.partition("@")
    if share:
        return theme.mixed(colour_of(spec, text), theme.theme().ink, float(share))
    kind, _, name = spec.partition(":")
    if kind == "family":
        return theme.family_colour(name, text)
    if kind == "gate":
        return theme.gate_colour(name, text)
    found = theme.theme().tokens().get(spec)
    assert found is not None, f"no colour {spec!r}"
    return found


def paint_line_ends(painter: QPainter, area: QRectF, width: float, ends: Sequence[LineEnd]) -> None:
    """Markers, and names in the gutter right of `area`, kept 14.5 px apart, joined to their curves."""
    wanted = [min(max(end.y, area.top()), area.bottom()) for end in ends]
    places = spread_labels(wanted, NAME_GAP * theme.scale(), area.top() + 4, area.bottom() - 2)
    for end, place in zip(ends, places, strict=True):
        colour, x = colour_of(end.style.colour), min(end.x, area.right())
        if area.top() <= end.y <= area.bottom():
            if area.right() - x > 6:
                painter.setPen(QPen(theme.faded(colour, 0.6), 1))
                painter.drawLine(QLineF(x, end.y, area.right() + 2, place))
            paint_marker(painter, x, end.y, colour, end.style.marker, theme.px(8))
        painter.setFont(theme.font(11, end.style.bold))
        painter.setPen(colour_of(end.style.colour, text=True))
        baseline = place + theme.metrics(11, end.style.bold).capHeight() / 2
        painter.drawText(QPointF(area.right() + 4, baseline), end.text(width - area.right() - 4))


def paint_readout(painter: QPainter, area: QRectF, x: float, width: float, rows: Sequence[tuple[str, QColor]]) -> None:
    """A hairline at pixel `x` and a small box with one coloured line of text per curve."""
    colours, measure = theme.theme(), theme.metrics(11)
    painter.setPen(QPen(colours.ink3, 1))
    painter.drawLine(QLineF(x, area.top(), x, area.bottom()))
    line = theme.px(15)
    box_width = max(measure.horizontalAdvance(text) for text, _ in rows) + 12
    left = x + 8 if x + 8 + box_width <= width else x - 8 - box_width
    box = QRectF(left, area.top() + 2, box_width, line * len(rows) + 6)
    painter.setPen(QPen(colours.line, 1))
    painter.setBrush(theme.faded(colours.sheet, 0.94))
    painter.drawRoundedRect(box, 3, 3)
    painter.setFont(theme.font(11))
    for number, (text, colour) in enumerate(rows):
        painter.setPen(colour)
        painter.drawText(QPointF(left + 6, box.top() + 3 + line * number + measure.ascent()), text)
