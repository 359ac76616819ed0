"""A map of words: a point each, names where there is room, trails of where they came from, arrows between them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QWheelEvent

from seqviz.gui import theme
from seqviz.gui.widgets import word_map_painting as paint
from seqviz.gui.widgets.ghost import paint_ghost
from seqviz.gui.widgets.painted import PaintedWidget
from seqviz.gui.widgets.word_map_painting import MapPicture

REACH = 14  # px at scale 1: a word is pointed at from so far
ZOOMS = (1.0, 40.0)
HEADROOM = 1.2  # vectors grow, and names need room


class WordMap(PaintedWidget):
    """`word_clicked` carries a word. The wheel zooms about the mouse, dragging moves, a double click shows all."""

    word_clicked = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self._picture: MapPicture | None = None
        self._middle, self._half = (0.0, 0.0), (0.0, 0.0)  # what is shown unzoomed, in the units of the points
        self._zoom, self._away = 1.0, (0.0, 0.0)  # how far the view was moved
        self._hovered: int | None = None
        self._drag: QPointF | None = None
        self._moved = False
        self._serial = 0
        self.ghost = "Where each word lies"
        self.setMouseTracking(True)
        self.setAccessibleName("map of words")

    @property
    def hovered(self) -> int | None:
        return self._hovered

    @property
    def zoom(self) -> float:
        return self._zoom

    def set_picture(self, picture: MapPicture | None) -> None:
        self._picture = picture
        self._serial += 1
        if picture is None:
            self._hovered = None
            self.forget_scale()
        else:
            framed = list(picture.framed)
            self._fit(picture.points[framed] if framed else picture.points, 1.6 if framed else 1)
            if self._hovered is not None and self._hovered >= len(picture.points):
                self._hovered = None
        self.update()

    def forget_scale(self) -> None:
        """The next picture is of something else: fit it anew."""
        self._middle, self._half = (0.0, 0.0), (0.0, 0.0)
        self.show_all()

    def show_all(self) -> None:
        self._zoom, self._away = 1.0, (0.0, 0.0)
        self._serial += 1
        self.update()

    def _fit(self, points: NDArray[np.floating], room: float) -> None:
        """Vectors grow while they are learned: the view follows in jumps, so that it seldom changes."""
        low, high = points.min(axis=0), points.max(axis=0)
        size = np.maximum(high - low, 1e-9 * (1 + np.abs(points).max()))
        middle, half = np.array(self._middle), np.array(self._half)
        inside = bool((low >= middle - half).all() and (high <= middle + half).all())
        if not inside or (room * size < 0.6 * 2 * half).all():
            self._middle = tuple(((low + high) / 2).tolist())
            self._half = tuple((room * HEADROOM * size / 2).tolist())

    # places

    def area(self) -> QRectF:
        return QRectF(0, 0, self.width(), max(self.height() - theme.px(paint.FOOT), 1))

    def _scale(self) -> float:
        area, (across, up) = self.area(), self._half
        return self._zoom * min(area.width() / max(2 * across, 1e-12), area.height() / max(2 * up, 1e-12))

    def _centre(self) -> NDArray[np.floating]:
        return np.add(self._middle, self._away)

    def pixels(self, points: NDArray[np.floating]) -> NDArray[np.floating]:
        """(..., 2) in the units of the map -> in px; both axes have the same scale."""
        middle, scale = self.area().center(), self._scale()
        offset = np.array([middle.x(), middle.y()])
        return np.asarray((points - self._centre()) * np.array([scale, -scale]) + offset)

    def place_of(self, word: int) -> QPointF:
        assert self._picture is not None
        x, y = self.pixels(self._picture.points[word])
        return QPointF(float(x), float(y))

    def word_at(self, at: QPointF) -> int | None:
        """The word nearest to the mouse, if it is near."""
        if self._picture is None or not len(self._picture.points):
            return None
        gaps = np.hypot(*(self.pixels(self._picture.points) - np.array([at.x(), at.y()])).T)
        best = int(gaps.argmin())
        return best if gaps[best] <= theme.px(REACH) else None

    # painting

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self._picture is None:
            paint_ghost(painter, QRectF(self.rect()), self.ghost)
        else:
            painter.drawPixmap(0, 0, self.static_layer(self._serial, self._draw))
            if self._hovered is not None:
                name = self._picture.names[self._hovered]
                paint.paint_chip(painter, name, self.place_of(self._hovered), self.width())
        painter.end()

    def _draw(self, painter: QPainter) -> None:
        picture, area = self._picture, self.area()
        assert picture is not None
        origin = self.pixels(np.zeros(2)).tolist()
        paint.paint_ground(painter, picture, area, QPointF(*origin))
        painter.setClipRect(area)
        places = self.pixels(picture.points)
        names = paint.placed_names(picture, places, area)
        if len(picture.trails) > 1:
            many = len(places) > paint.MOST_TRAILS
            with_trail = [one.word for one in names] if many else list(range(len(places)))
            paint.paint_trails(painter, self.pixels(picture.trails[:, with_trail]))
        paint.paint_dots(painter, picture, places)
        paint.paint_arrows(painter, picture, places)
        paint.paint_names(painter, picture, names)
        paint.paint_chosen(painter, picture, places)

    # the mouse

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._drag, self._moved = event.position(), False

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._drag is None:
            found = self.word_at(event.position())
            if found != self._hovered:
                self._hovered = found
                self.update()
            return
        by = event.position() - self._drag
        if self._moved or by.manhattanLength() > theme.px(4):
            self._moved, self._drag = True, event.position()
            scale = self._scale()
            self._look_at(self._away[0] - by.x() / scale, self._away[1] + by.y() / scale)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        pressed, self._drag = self._drag, None
        word = self.word_at(event.position())
        if pressed is not None and not self._moved and word is not None:
            self.word_clicked.emit(word)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.show_all()

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self._picture is not None and event.angleDelta().y():
            self.zoom_about(event.position(), 1.25 ** (event.angleDelta().y() / 120))
        event.accept()

    def zoom_about(self, at: QPointF, factor: float) -> None:
        """What lies under `at` stays there."""
        area, before = self.area(), self._scale()
        self._zoom = min(max(self._zoom * factor, ZOOMS[0]), ZOOMS[1])
        away, after = at - area.center(), self._scale()
        shift = 1 / before - 1 / after
        self._look_at(self._away[0] + away.x() * shift, self._away[1] - away.y() * shift)

    def _look_at(self, x: float, y: float) -> None:
        across, up = self._half
        self._away = (min(max(x, -across), across), min(max(y, -up), up))
        self._serial += 1
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        if self._hovered is not None:
            self._hovered = None
            self.update()
