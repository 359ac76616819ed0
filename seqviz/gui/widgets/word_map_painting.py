"""How a map of words is painted: dots, trails, arrows, names where there is room, shares along the axes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from seqviz.gui import theme
from seqviz.gui.widgets.word_labels import Placed, Wanted, place_labels

TRIED = 260  # names, the most important first; the rest stay points
MOST_TRAILS = 400  # with more points, only those with a name have a trail
FOOT = 20  # px at scale 1, below the map: what lies along it
_DOT, _EDGE = 4, 18
_CENTRE = int(Qt.AlignmentFlag.AlignCenter)

Places = NDArray[np.floating]  # (n, 2) in px


@dataclass(frozen=True)
class Arrow:
    """From a word to a word."""

    start: int
    end: int


@dataclass(frozen=True, eq=False)
class MapPicture:
    """`points` (n, 2) and `trails` (K, n, 2), now last, in units of the map; `names` of at least n words."""

    points: NDArray[np.floating]
    names: tuple[str, ...]
    trails: NDArray[np.floating] = field(default_factory=lambda: np.empty((0, 0, 2)))
    chosen: int | None = None
    near: tuple[int, ...] = ()
    asked: tuple[int, ...] = ()
    arrows: tuple[Arrow, ...] = ()
    across: str = ""  # what lies along each axis; "" where the axes mean nothing
    up: str = ""
    family: str = ""
    framed: tuple[int, ...] = ()  # the view is fitted to these words; none: to all

    def order(self) -> list[int]:
        """Words that should have a name, the most important first: the commonest after those asked about."""
        first = [] if self.chosen is None else [self.chosen]
        return list(dict.fromkeys([*first, *self.asked, *self.near, *range(min(len(self.points), TRIED))]))[:TRIED]

    def bold(self, word: int) -> bool:
        return word == self.chosen or word in self.asked


def placed_names(picture: MapPicture, places: Places, area: QRectF) -> list[Placed]:
    """Names inside `area` that do not overlap."""
    wanted, left = [], words_left_of_an_arrow(picture, places)
    for word in picture.order():
        x, y = (float(value) for value in places[word])
        if area.contains(x, y):
            width = theme.metrics(12, picture.bold(word)).horizontalAdvance(picture.names[word]) + 2
            wanted.append(Wanted(word, x, y, width, word in left))
    edge = theme.px(_EDGE) if picture.up else 0
    box = (area.left() + edge, area.top(), area.right(), area.bottom())
    return place_labels(wanted, theme.metrics(12).height() * 0.86, theme.px(5), box)


def words_left_of_an_arrow(picture: MapPicture, places: Places) -> set[int]:
    """Ends of arrows whose name should stand left of them, off the arrow."""
    pairs = [(arrow.start, arrow.end) for arrow in picture.arrows]
    return {min(pair, key=lambda word: float(places[word][0])) for pair in pairs}


def paint_ground(painter: QPainter, picture: MapPicture, area: QRectF, origin: QPointF) -> None:
    """The bed, and where the axes mean something, the axes through the mean of all and what lies along them."""
    colours = theme.theme()
    painter.fillRect(area, colours.ghost if colours.dark else colours.rail)
    if not picture.across:
        return
    painter.setPen(QPen(colours.line, 1))
    painter.drawLine(QLineF(area.left(), origin.y(), area.right(), origin.y()))
    painter.drawLine(QLineF(origin.x(), area.top(), origin.x(), area.bottom()))
    painter.setFont(theme.font(11))
    painter.setPen(colours.ink3)
    painter.drawText(QRectF(0, area.bottom() + 2, area.width(), theme.px(FOOT) - 2), _CENTRE, picture.across)
    painter.save()
    painter.translate(theme.px(10), area.center().y())
    painter.rotate(-90)
    half = area.height() / 2
    painter.drawText(QRectF(-half, -theme.px(8), 2 * half, theme.px(16)), _CENTRE, picture.up)
    painter.restore()


def paint_dots(painter: QPainter, picture: MapPicture, places: Places) -> None:
    """Every word; its nearest in the hue of the net; many words stand back."""
    colours = theme.theme()
    _dots(painter, places, colours.ink3 if len(places) < TRIED else colours.track, theme.px(_DOT))
    near = places[list(picture.near)] if picture.near else places[:0]
    _dots(painter, near, theme.family_colour(picture.family), theme.px(_DOT + 3))


def _dots(painter: QPainter, places: Places, colour: QColor, size: int) -> None:
    painter.setPen(QPen(colour, size, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
    painter.drawPoints(QPolygonF([QPointF(x, y) for x, y in places.tolist()]))


def paint_trails(painter: QPainter, paths: NDArray[np.floating]) -> None:
    """`paths` (K, m, 2) in px, now last: fainter the longer ago; a word that rests has none."""
    moments = len(paths)
    for moment in range(moments - 1):
        share = 0.12 + 0.4 * (moment + 1) / moments
        painter.setPen(QPen(theme.faded(theme.theme().ink3, share), 1.25))
        ends = np.concatenate([paths[moment], paths[moment + 1]], axis=1)
        moved = np.abs(ends[:, :2] - ends[:, 2:]).max(axis=1) > 0.7
        painter.drawLines([QLineF(*end) for end in ends[moved].tolist()])


def paint_arrows(painter: QPainter, picture: MapPicture, places: Places) -> None:
    pen = QPen(theme.theme().ink, 1.75)
    for arrow in picture.arrows:
        line = QLineF(_point(places, arrow.start), _point(places, arrow.end))
        if line.length() < theme.px(10):
            continue
        line.setLength(line.length() - theme.px(5))
        painter.setPen(pen)
        painter.drawLine(line)
        back = QLineF(line.p2(), line.p1())
        back.setLength(theme.px(9))
        for turn in (24, -24):
            head = QLineF(back)
            head.setAngle(back.angle() + turn)
            painter.drawLine(head)


def paint_names(painter: QPainter, picture: MapPicture, names: Iterable[Placed]) -> None:
    colours, near = theme.theme(), set(picture.near)
    ascent = theme.metrics(12).ascent() * 0.92
    hue = theme.family_colour(picture.family, text=True)
    for one in names:
        strong = picture.bold(one.word)
        painter.setFont(theme.font(12, strong))
        painter.setPen(colours.ink if strong else hue if one.word in near else colours.ink2)
        painter.drawText(QPointF(one.left, one.top + ascent), picture.names[one.word])


def paint_chosen(painter: QPainter, picture: MapPicture, places: Places) -> None:
    """The word looked at: a dot of ink with a ring of the sheet."""
    if picture.chosen is not None:
        painter.setBrush(theme.theme().ink)
        painter.setPen(QPen(theme.theme().sheet, 2))
        painter.drawEllipse(_point(places, picture.chosen), theme.px(5), theme.px(5))


def paint_chip(painter: QPainter, text: str, at: QPointF, width: float) -> None:
    """The word under the mouse over everything; it stays within `width`."""
    colours = theme.theme()
    wide, height = theme.metrics(12, bold=True).horizontalAdvance(text) + theme.px(10), theme.px(20)
    left = min(max(at.x() + theme.px(8), 0), width - wide)
    box = QRectF(left, max(at.y() - height / 2, 0), wide, height)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colours.ink)
    painter.drawRoundedRect(box, 3, 3)
    painter.drawEllipse(at, theme.px(3), theme.px(3))
    painter.setFont(theme.font(12, bold=True))
    painter.setPen(colours.sheet)
    painter.drawText(box, _CENTRE, text)


def _point(places: Places, word: int) -> QPointF:
    x, y = places[word].tolist()
    return QPointF(x, y)
