"""The debugger's picture: bar, losses, unrolled net, clip and update, laid out on the columns of the sheet."""

from __future__ import annotations

import math

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter, QResizeEvent

from seqviz.gui import theme
from seqviz.gui.lab.anatomy import ACTED, GATE, SINGULAR, SLOPE, Anatomy, Lane
from seqviz.gui.lab.debugger_bar import DebuggerBar
from seqviz.gui.lab.step_ends import paint_clip, paint_update
from seqviz.gui.lab.step_words import GATE_LETTERS
from seqviz.gui.lab.sub_steps import SubSteps
from seqviz.gui.lab.unrolled_net import NetPainter, NetPlaces, places
from seqviz.gui.number_text import loss_text
from seqviz.gui.panels.painted_sheet import PaintedSheetPanel
from seqviz.gui.widgets.column_grid import ColumnGrid


class DebuggerCanvas(PaintedSheetPanel):
    """Paints `anatomy` as it stands at `steps`; who walks and what is said belongs to the panel."""

    def __init__(self) -> None:
        super().__init__()
        self.anatomy: Anatomy | None = None
        self.steps = SubSteps(0)
        self.factor = ACTED
        self.pointed: tuple[int, bool] | None = None  # lane clicked or pointed at, and whether at its way back
        self.highest = 1.0  # nats, top of the loss bars
        self.bar = DebuggerBar(self)
        self.bar.hide()

    def ready(self) -> bool:
        return self.anatomy is not None and self.anatomy.n == self.grid.n

    @property
    def lane(self) -> Lane:
        """The lane that words and equations are about: the one pointed at, else the top one."""
        assert self.anatomy is not None
        at = self.pointed[0] if self.pointed is not None else 0
        return self.anatomy.lanes[min(at, len(self.anatomy.lanes) - 1)]

    # places

    def set_grid(self, grid: ColumnGrid) -> None:
        super().set_grid(grid)
        self.place_bar()

    def place_bar(self) -> None:
        left = self.gutter_left if self.grid.visible else theme.px(16)
        self.bar.setGeometry(left, 0, max(self.width() - left - theme.px(20), 10), self.bar.natural_height)

    @property
    def _ends_height(self) -> int:
        return min(theme.px(108), max(self.height() // 4, theme.px(84)))

    def places(self) -> NetPlaces:
        """Where losses and lanes stand now."""
        assert self.anatomy is not None
        top = self.bar.natural_height + theme.px(4)
        bottom = self.height() - (self._ends_height + theme.px(12) if self.anatomy.figures is not None else 0)
        return places(self.anatomy, self.grid, top, max(bottom - top, theme.px(80)))

    # painting

    def _net(self, where: NetPlaces) -> NetPainter:
        assert self.anatomy is not None
        family = "" if self.snapshot.run is None else self.snapshot.run.family
        return NetPainter(self.anatomy, self.grid, where, self.steps, theme.family_colour(family))

    def paint(self, painter: QPainter) -> None:
        anatomy, where = self.anatomy, self.places()
        assert anatomy is not None
        net = self._net(where)
        self._paint_now(painter, where)
        bottom = where.lanes[-1].arrows.bottom() if where.lanes else where.losses.bottom()
        self.paint_cursor(painter, self.bar.natural_height, min(bottom, self.height()))
        net.paint_losses(painter, self.highest)
        self._paint_loss_words(painter, where.losses)
        for place in where.lanes:
            painter.save()
            painter.setClipRect(QRectF(self.grid.left, 0, self.grid.width, self.height()))
            net.paint_lane(painter, place)
            painter.restore()
            lane = place.lane
            name = f"{lane.letter}, layer {lane.layer + 1}" if anatomy.layers > 1 else lane.letter
            self.paint_gutter(painter, name, place.cells.center().y(), bold=True)
            if place.arrows.height() >= theme.px(12):
                self.paint_gutter(painter, f"∂L/∂{lane.letter}", place.arrows.center().y())
            if not math.isnan(place.labels):
                self.paint_gutter(painter, self._factor_word(lane), place.labels - theme.px(4))
        self._paint_ends(painter)

    def _paint_loss_words(self, painter: QPainter, area: QRectF) -> None:
        unit = None if self.snapshot.run is None else self.snapshot.run.unit
        name = "nats" if unit is None else unit.name
        two = area.height() >= theme.px(30) and theme.metrics(11).horizontalAdvance(name) < self.grid.left - theme.px(6)
        self.paint_gutter(painter, "loss", area.center().y() - (theme.px(7) if two else 0), bold=True)
        if two:
            self.paint_gutter(painter, name, area.center().y() + theme.px(8))

    def _factor_word(self, lane: Lane) -> str:
        short = {
            ACTED: "× acted",
            SINGULAR: "σ max",
            GATE: f"mean {GATE_LETTERS.get(lane.gate, '')}ₜ",
            SLOPE: "mean |φ′|",
        }
        return short[self.factor] if self.factor in lane.factors else "–"

    def _paint_now(self, painter: QPainter, where: NetPlaces) -> None:
        """The column of the sub-step that stands."""
        t = self.steps.now.t
        if t >= 0 and self.grid.shows(t):
            bottom = where.lanes[-1].arrows.bottom() if where.lanes else where.losses.bottom()
            column = QRectF(self.grid.x_of(t), where.losses.top(), self.grid.cell, bottom - where.losses.top())
            painter.fillRect(column, theme.theme().well)

    def _paint_ends(self, painter: QPainter) -> None:
        anatomy = self.anatomy
        assert anatomy is not None
        if anatomy.figures is None:
            return
        left, right = self.gutter_left, self.width() - theme.px(20)
        top = self.height() - self._ends_height
        painter.fillRect(QRectF(left, top - theme.px(8), right - left, 1), theme.theme().line)
        clip = min(0.32 * (right - left), theme.px(340))
        paint_clip(painter, QRectF(left, top, clip, self._ends_height - 4), anatomy.figures, self.steps.done("clip"))
        start = left + clip + theme.px(24)
        area = QRectF(start, top, right - start, self._ends_height - 4)
        unit = None if self.snapshot.run is None else self.snapshot.run.unit
        paint_update(painter, area, anatomy, self.steps.done("update"), unit)

    def paint_over(self, painter: QPainter) -> None:
        """Numbers that no line may run through; the cursor's column runs under the picture."""
        where = self.places()
        net = self._net(where)
        for place in where.lanes:
            net.paint_factors(painter, place, self.factor, self.column)
        assert self.anatomy is not None
        loss = float(self.anatomy.losses[self.column])
        unit = None if self.snapshot.run is None else self.snapshot.run.unit
        words = "" if math.isnan(loss) else loss_text(loss * (unit.per_nat if unit is not None else 1.0))
        net.paint_loss_number(painter, self.column, words)

    # Qt overrides

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.place_bar()

    def on_theme_changed(self) -> None:
        super().on_theme_changed()
        self.place_bar()
