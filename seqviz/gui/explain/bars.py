"""Paints one row of an explanation: bars over the bed of earlier tokens, the truth's line, labels, the table."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from seqviz.gui import theme
from seqviz.gui.colour_maps import DATA_LEVELS
from seqviz.gui.explain.rows import SHARE_LOW, Floats, log_places
from seqviz.gui.explain.words import value_text
from seqviz.gui.widgets.column_grid import ColumnGrid
from seqviz.gui.widgets.strip_painting import shown_token

_CENTRE = int(Qt.AlignmentFlag.AlignCenter)
ENTRY = 62  # px at scale 1: a cell of the table


def bed_of(grid: ColumnGrid, columns: int, top: float, height: float) -> QRectF:
    """The earlier tokens' part of the grid."""
    end = min(max(columns, grid.first), grid.first + grid.visible)
    return QRectF(grid.left, top, grid.x_of(end) - grid.left, height)


def paint_bed(painter: QPainter, bed: QRectF) -> None:
    painter.fillRect(bed, theme.theme().ghost)


def paint_bars(painter: QPainter, grid: ColumnGrid, bed: QRectF, places: Floats, colours: bool) -> None:
    """One bar for each earlier token, `places` 0 .. 1 of the bed's height; coloured by the map, or neutral."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    table = theme.colour_table("viridis")
    for column in _shown(grid, len(places)):
        place = float(places[column])
        if not place > 0:
            continue
        height = max(1.0, round(place * bed.height()))
        fill = QColor(table[round(place * (DATA_LEVELS - 1))]) if colours else theme.theme().ink3
        painter.fillRect(QRectF(grid.x_of(column) + 1, bed.bottom() - height, grid.cell - 1, height), fill)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)


def paint_truth_line(painter: QPainter, grid: ColumnGrid, bed: QRectF, shares: Floats) -> None:
    """A step line: the truth as shares, on the scale of the bars below it."""
    places = log_places(shares, SHARE_LOW, 1.0)
    run: list[QPointF] = []
    for column in _shown(grid, len(places)):
        place = float(places[column])
        if place > 0:
            y = bed.bottom() - place * bed.height()
            run += [QPointF(grid.x_of(column), y), QPointF(grid.x_of(column) + grid.cell, y)]
        else:  # too small for the scale: no line
            _paint_line(painter, run)
            run = []
    _paint_line(painter, run)


def _paint_line(painter: QPainter, points: Sequence[QPointF]) -> None:
    if not points:
        return
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for colour, width in ((theme.theme().sheet, 3.5), (theme.theme().ink, 1.5)):
        pen = QPen(colour, width * theme.scale())
        pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
        painter.setPen(pen)
        painter.drawPolyline(QPolygonF(points))


def paint_labels(painter: QPainter, grid: ColumnGrid, bed: QRectF, labels: Sequence[str]) -> None:
    """A short word in each cell; where cells are narrow every other one stands lower."""
    measure = theme.metrics(11)
    widest = max((measure.horizontalAdvance(label) for label in labels), default=0.0)
    staggered = widest + 2 > grid.cell
    line = bed.height() / (2 if staggered else 1)
    painter.setFont(theme.font(11))
    painter.setPen(theme.theme().ink)
    for column in _shown(grid, len(labels)):
        top = bed.top() + (line if staggered and column % 2 else 0.0)
        painter.drawText(QRectF(grid.x_of(column) - 10, top, grid.cell + 20, line), _CENTRE, labels[column])


def paint_asked(painter: QPainter, grid: ColumnGrid, bed: QRectF, token: str, column: int) -> None:
    """The token that is explained, at its place behind the bed."""
    if not grid.shows(column):
        return
    painter.setFont(theme.font(12, bold=True))
    painter.setPen(theme.theme().ink)
    area = QRectF(grid.x_of(column) - 6, bed.top(), grid.cell + 12, bed.height())
    text = theme.metrics(12, True).elidedText(shown_token(token), Qt.TextElideMode.ElideRight, area.width())
    painter.drawText(area, _CENTRE, text)


def paint_value(painter: QPainter, grid: ColumnGrid, bed: QRectF, column: int, text: str) -> None:
    """The number at the cursor, beside its column."""
    measure, margin = theme.metrics(11, bold=True), theme.px(4)
    width, height = measure.horizontalAdvance(text) + 2 * margin, theme.px(15)
    x = grid.x_of(column) + grid.cell + 2.0
    if x + width > grid.right:
        x = grid.x_of(column) - width - 2.0
    chip = QRectF(x, bed.top() + 1, width, height)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.theme().sheet)
    painter.drawRoundedRect(chip, 3, 3)
    painter.setFont(theme.font(11, bold=True))
    painter.setPen(theme.theme().ink)
    painter.drawText(chip, _CENTRE, text)


def paint_table(painter: QPainter, area: QRectF, rows: Sequence[tuple[str, float, bool]], chances: bool) -> None:
    """What came next and how often, side by side: a name and a number over a bar; ▸ the true one, in ink."""
    colours, bold = theme.theme(), theme.metrics(11, bold=True)
    named = [(f"{'▸' if true else ''}{shown_token(label)}", value, true) for label, value, true in rows]
    texts = [f"{name} {value_text(value, 'share') if chances else theme.short(value)}" for name, value, _ in named]
    widest = max((bold.horizontalAdvance(text) for text in texts), default=0.0)
    entry = min(max(float(theme.px(ENTRY)), widest + theme.px(10)), theme.px(3 * ENTRY))
    largest = max((value for _, value, _ in rows), default=0.0)
    for index, (text, (_, value, true)) in enumerate(zip(texts, rows, strict=True)):
        left = area.left() + index * entry
        if left + entry > area.right() + 1:
            return
        painter.setFont(theme.font(11, bold=true))
        painter.setPen(colours.ink if true else colours.ink2)
        baseline = area.top() + theme.px(12)
        measure = theme.metrics(11, true)
        name = measure.elidedText(text, Qt.TextElideMode.ElideMiddle, entry - 4)
        painter.drawText(QPointF(left, baseline), name)
        width = (entry - theme.px(8)) * (value / largest if largest > 0 else 0.0)
        bar = QRectF(left, area.top() + theme.px(16), max(width, 1.0), theme.px(5))
        painter.fillRect(bar, colours.ink if true else colours.track)


def _shown(grid: ColumnGrid, columns: int) -> range:
    return range(grid.first, min(columns, grid.first + grid.visible))
