"""Painting of the network unrolled over the probe: losses above, states below, the gradient running right to left.

Cells fill with the size of the state as the forward pass reads; each arrow back is as thick as the gradient (log): as
it leaves a position at its right end, as it arrives one before at its left end. The arrows from above are what is
born at a position.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from seqviz.gui import theme
from seqviz.gui.lab.anatomy import Anatomy, Lane
from seqviz.gui.lab.sub_steps import SubSteps
from seqviz.gui.widgets.column_grid import ColumnGrid

CENTRE = int(Qt.AlignmentFlag.AlignCenter)


@dataclass(frozen=True)
class LanePlace:
    """Heights of one lane's parts, from top to bottom."""

    lane: Lane
    top: float  # what is born comes down from here
    cells: QRectF
    arrows: QRectF
    labels: float  # baseline of the factors; nan where there is no room

    @property
    def area(self) -> QRectF:
        return QRectF(self.cells.left(), self.top, self.cells.width(), self.arrows.bottom() - self.top)


@dataclass(frozen=True)
class NetPlaces:
    """Where everything stands. `losses` is the row of loss bars."""

    losses: QRectF
    lanes: tuple[LanePlace, ...]

    def lane_at(self, y: float) -> int | None:
        """Index of the lane at a height."""
        for index, place in enumerate(self.lanes):
            if place.top <= y <= place.arrows.bottom() + theme.px(16):
                return index
        return None


def places(anatomy: Anatomy, grid: ColumnGrid, top: float, height: float) -> NetPlaces:
    """Share a height among losses and lanes."""
    losses = min(max(0.16 * height, theme.px(20)), theme.px(64))
    count = max(len(anatomy.lanes), 1)
    each = max((height - losses) / count, theme.px(26))
    text = theme.metrics(11).height()
    labelled = each >= theme.px(40) + text
    lanes, y = [], top + losses
    for lane in anatomy.lanes:
        room = each - (text if labelled else 0) - theme.px(4)
        gap = min(0.26 * room, theme.px(76))
        high, band = min(0.30 * room, theme.px(56)), min(0.42 * room, theme.px(116))
        spare = max(each - gap - high - band - (text if labelled else 0) - theme.px(4), 0.0) / 2
        cells = QRectF(grid.left, y + gap + spare * 0.6, grid.width, high)
        arrows = QRectF(grid.left, cells.bottom() + theme.px(3), grid.width, band)
        labels = arrows.bottom() + text * 0.8 if labelled else math.nan
        lanes.append(LanePlace(lane, y, cells, arrows, labels))
        y += each
    return NetPlaces(QRectF(grid.left, top, grid.width, losses), tuple(lanes))


class NetPainter:
    """Paints one anatomy as it stands at a sub-step."""

    def __init__(self, anatomy: Anatomy, grid: ColumnGrid, where: NetPlaces, steps: SubSteps, hue: QColor) -> None:
        self.anatomy, self.grid, self.where, self.steps, self.hue = anatomy, grid, where, steps, hue
        self._ink = theme.theme()
        self._largest = {lane.state: self._largest_of(lane.state) for lane in anatomy.lanes}

    def _largest_of(self, state: str) -> float:
        """The largest state of this kind in any layer: what is filled fullest."""
        sizes = np.concatenate([lane.size for lane in self.anatomy.lanes if lane.state == state])
        known = sizes[np.isfinite(sizes)]
        return (float(known.max()) if len(known) else 1.0) or 1.0

    # the losses

    def paint_losses(self, painter: QPainter, highest: float) -> None:
        """Bars of the losses, nats up to `highest`; hollow until they are computed."""
        area, now = self.where.losses, self.steps.now
        painter.setPen(Qt.PenStyle.NoPen)
        room = area.height() - theme.px(3)
        for t in self.grid.columns():
            loss = float(self.anatomy.losses[t])
            if math.isnan(loss) or t >= self.steps.read:
                continue
            high = room * min(loss / highest, 1.0) if math.isfinite(loss) else room
            box = QRectF(self.grid.x_of(t) + 1, area.bottom() - high, self.grid.cell - 2, max(high, 1.0))
            known = self.steps.done("loss")
            colour = self._ink.ink2 if now.kind == "loss" else self._ink.track
            if not math.isfinite(loss):
                colour = self._ink.warn
            if known or now.t == t:
                painter.fillRect(box, colour)
            else:
                painter.fillRect(box, self._ink.ghost)
        painter.fillRect(QRectF(area.left(), area.bottom(), area.width(), 1), self._ink.line)

    # the states

    def paint_lane(self, painter: QPainter, place: LanePlace) -> None:
        self._paint_forward(painter, place)
        self._paint_cells(painter, place)
        for t in self._returned():
            self._paint_born(painter, place, t)
        for t in self._returned():
            if t > 0:
                self._paint_arrow(painter, place, t)

    def _paint_forward(self, painter: QPainter, place: LanePlace) -> None:
        """The line the forward pass runs along, as far as it has come."""
        y = round(place.cells.center().y())
        columns = self.grid.columns()
        start = self.grid.centre_of(columns.start) if len(columns) else 0.0
        whole = self.grid.centre_of(columns.stop - 1) if len(columns) else 0.0
        reached = self.grid.centre_of(min(max(self.steps.read - 1, columns.start), columns.stop - 1))
        painter.fillRect(QRectF(start, y, whole - start, 1), self._ink.line)
        if self.steps.read > columns.start:
            painter.fillRect(QRectF(start, y, reached - start, 1), self._ink.ink3)

    def cell_box(self, place: LanePlace, t: int) -> QRectF:
        """The box of a state."""
        width = min(max(0.66 * self.grid.cell, 5.0), 1.4 * place.cells.height())
        return QRectF(self.grid.centre_of(t) - width / 2, place.cells.top(), width, place.cells.height())

    def _paint_cells(self, painter: QPainter, place: LanePlace) -> None:
        now, radius = self.steps.now, theme.px(3)
        for t in self.grid.columns():
            box = self.cell_box(place, t)
            read = t < self.steps.read
            painter.setPen(QPen(self._ink.ink if now.t == t else self._ink.track, 2.0 if now.t == t else 1.0))
            painter.setBrush(self._fill(place.lane, t) if read else self._ink.sheet)
            painter.drawRoundedRect(box, radius, radius)

    def _fill(self, lane: Lane, t: int) -> QColor:
        size = float(lane.size[t])
        if not math.isfinite(size):
            return self._ink.warn
        return theme.mixed(self._ink.ghost, self.hue, 0.08 + 0.72 * min(size / self._largest[lane.state], 1.0))

    # the gradient

    def _returned(self) -> Iterator[int]:
        """Positions on screen that the gradient has reached."""
        columns = self.grid.columns()
        yield from reversed(range(max(self.steps.came_back, columns.start), columns.stop))

    def _wide(self, norm: float, room: float) -> float:
        share = self.anatomy.thickness(norm)
        return room if math.isnan(share) else share * room

    def _paint_born(self, painter: QPainter, place: LanePlace, t: int) -> None:
        """What the loss, or what stands above, adds at t: an arrow down into the cell."""
        born = float(place.lane.born[t])
        if not born > 0:
            return
        wide = max(self._wide(born, min(0.5 * self.grid.cell, theme.px(12))), 0.75)
        x, tip = self.grid.centre_of(t), place.cells.top() - 1
        head = min(wide / 2 + theme.px(2.5), 0.48 * self.grid.cell)
        start, neck = place.top + theme.px(2), tip - min(theme.px(5), 0.6 * (tip - place.top))
        colour = self._ink.ink if self._is_now(t) else theme.mixed(self._ink.ink3, self._ink.sheet, 0.25)
        self._fill_shape(
            painter,
            colour,
            [(x - wide / 2, start), (x - wide / 2, neck), (x - head, neck), (x, tip), (x + head, neck),
             (x + wide / 2, neck), (x + wide / 2, start)],
        )  # fmt: skip

    def _paint_arrow(self, painter: QPainter, place: LanePlace, t: int) -> None:
        """From t to t - 1: at the right what left, at the left what arrived."""
        left_norm, right_norm = float(place.lane.arriving[t - 1]), float(place.lane.total[t])
        if right_norm == 0 and left_norm == 0:
            return
        band = place.arrows
        right, left = self._wide(right_norm, band.height()), self._wide(left_norm, band.height())
        x0, x1 = self.grid.centre_of(t - 1) + 1, self.grid.centre_of(t) - 1
        head = min(theme.px(7), 0.45 * (x1 - x0))
        y, neck = band.center().y(), x0 + head
        half = max(right, 0.9) / 2, max(left, 0.9) / 2
        spread = min(half[1] + theme.px(2), band.height() / 2)
        broken = not (math.isfinite(left_norm) and math.isfinite(right_norm))
        colour = self._ink.warn if broken else self._ink.ink if self._is_now(t) else self.hue
        self._fill_shape(
            painter,
            colour,
            [(x1, y - half[0]), (neck, y - half[1]), (neck, y - spread), (x0, y), (neck, y + spread),
             (neck, y + half[1]), (x1, y + half[0])],
        )  # fmt: skip

    @staticmethod
    def _fill_shape(painter: QPainter, colour: QColor, points: list[tuple[float, float]]) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        painter.drawPolygon(QPolygonF([QPointF(x, y) for x, y in points]))

    def _is_now(self, t: int) -> bool:
        return self.steps.now.kind == "backward" and self.steps.now.t == t

    # the factors

    def paint_factors(self, painter: QPainter, place: LanePlace, factor: str, cursor: int) -> None:
        """Under the boundary from t to t - 1 what multiplied there; where cells are narrow every few, and the
        cursor's and the one being made in full.
        """
        values = place.lane.factors.get(factor)
        if values is None or math.isnan(place.labels):
            return
        text = {t: factor_text(float(values[t])) for t in self.grid.columns() if t > 0 and t >= self.steps.came_back}
        now = self.steps.now.t if self.steps.now.kind == "backward" else -1
        loud = [t for t in dict.fromkeys((now, cursor)) if t in text]
        taken: list[tuple[float, float]] = []
        for t in loud:
            self._paint_factor(painter, place, t, text[t], True, taken)
        widest = max((theme.metrics(11).horizontalAdvance(words) for words in text.values()), default=0.0)
        every = max(1, math.ceil((widest + theme.px(6)) / max(self.grid.cell, 1)))
        for t in sorted(text, reverse=True):
            if (self.anatomy.n - 1 - t) % every == 0 and t not in loud:
                self._paint_factor(painter, place, t, text[t], False, taken)

    def paint_loss_number(self, painter: QPainter, t: int, text: str) -> None:
        """The loss at the cursor, over its bar or beside it."""
        area, bold = self.where.losses, theme.metrics(11, bold=True)
        if not text or t >= self.steps.read or not self.grid.shows(t):
            return
        x = float(self.grid.x_of(t) + self.grid.cell + theme.px(3))
        if x + bold.horizontalAdvance(text) > self.grid.right:
            x = self.grid.x_of(t) - theme.px(3) - bold.horizontalAdvance(text)
        painter.setFont(theme.font(11, bold=True))
        self._backed(painter, x, area.top() + bold.ascent(), text, True)

    def _backed(self, painter: QPainter, x: float, baseline: float, text: str, loud: bool) -> None:
        """Words on a ground of their own, so that no line runs through them."""
        measure = theme.metrics(11, loud)
        wide = measure.horizontalAdvance(text)
        ground = QRectF(x - 2, baseline - measure.ascent(), wide + 4, measure.height())
        painter.fillRect(ground, self._ink.sheet)
        painter.setFont(theme.font(11, loud))
        painter.setPen(self._ink.ink if loud else self._ink.ink3)
        painter.drawText(QPointF(x, baseline), text)

    def _paint_factor(
        self, painter: QPainter, place: LanePlace, t: int, text: str, loud: bool, taken: list[tuple[float, float]]
    ) -> None:
        width = theme.metrics(11, loud).horizontalAdvance(text)
        left = self.grid.x_of(t) - width / 2
        left = min(max(left, self.grid.left), self.grid.right - width)
        if any(left < end + theme.px(8) and start < left + width + theme.px(8) for start, end in taken):
            return
        taken.append((left, left + width))
        self._backed(painter, left, place.labels, text, loud)


def factor_text(value: float) -> str:
    """A factor as it stands under an arrow: `0.83`, `1.2`, `.004` as 4e-3; an en dash where it is not known."""
    return theme.short(value) if not math.isnan(value) else "–"
