"""Saturation: which units are stuck at the ends of their squashing function, at which positions."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QRectF
from PySide6.QtGui import QImage, QMouseEvent, QPainter

from seqviz.gui import theme
from seqviz.gui.panels.base import ColourBar, Cursor, Explanation, Quantity, Snapshot, panels
from seqviz.gui.panels.health_checks import percent
from seqviz.gui.panels.painted_sheet import PaintedSheetPanel
from seqviz.gui.panels.saturation_lanes import Lane, lanes_of, places_of
from seqviz.gui.widgets.matrix_view import index_image, matrix_image, paint_matrix

LIGHT_LOW, LIGHT_HIGH = -1.3, 1.3  # the two classes stop short of the ends of the colour map: softer on the eye
GAP = 5


@panels.register("saturation")
class SaturationPanel(PaintedSheetPanel):
    """A lane for each gate and squashed state: rows are units, those stuck high on top, those stuck low below."""

    name = "saturation"
    title = "Saturation"
    question = "Which units are stuck?"
    wants = ("health.saturation.*",)
    needs = wants
    lacking = "has no gates and no tanh that could be stuck"
    shown_by_default = False
    rooms = {"health": 10}
    order = 42
    weight = 60
    minimum_height = 120
    ghost = "Units stuck at the ends of their gate or tanh, at each token."

    def __init__(self) -> None:
        super().__init__()
        self._layer = ""
        self._arrays: dict[str, NDArray[np.integer]] = {}
        self.lanes: tuple[Lane, ...] = ()
        self.hovered = -1
        self._images: tuple[object, tuple[QImage, ...]] | None = None

    @property
    def places(self) -> dict[str, str]:
        """Title -> layer (and direction) that has something to saturate, the top one first."""
        return places_of(self._arrays)

    @property
    def layer(self) -> str:
        known = list(self.places.values())
        return self._layer if self._layer in known else (known[0] if known else "")

    def prepare(self, old: Snapshot) -> None:
        found = self.snapshot.matching("health.saturation.*")
        self._arrays = {n.removeprefix("health.saturation."): a for n, a in found.items() if a.ndim == 2}
        self.lanes = lanes_of(self._arrays, self.layer)
        self.hovered = min(self.hovered, len(self.lanes) - 1)

    def ready(self) -> bool:
        return bool(self.lanes) and all(lane.stuck.shape[1] == self.grid.n for lane in self.lanes)

    # painting

    def areas(self) -> list[QRectF]:
        """Rectangle of each lane."""
        gap, bottom, count = theme.px(GAP), self.height() - theme.px(6), len(self.lanes)
        high = (bottom - 2 - gap * (count - 1)) / max(count, 1)
        return [QRectF(self.grid.left, round(2 + i * (high + gap)), self.grid.width, round(high)) for i in range(count)]

    def paint(self, painter: QPainter) -> None:
        key = (self.serial, self.grid, theme.version())
        if self._images is None or self._images[0] != key:
            table, first = theme.colour_table("diverging"), self.grid.first
            images = (
                matrix_image(
                    index_image(lane.stuck[:, first : first + self.grid.visible], LIGHT_LOW, LIGHT_HIGH), table
                )
                for lane in self.lanes
            )
            self._images = (key, tuple(images))
        for area, image in zip(self.areas(), self._images[1], strict=True):
            paint_matrix(painter, area, image)
        said = tuple((lane.label, lane.high, lane.low) for lane in self.lanes)
        painter.drawPixmap(0, 0, self.static_layer((self.grid, said, self.serial), self._paint_words, name="words"))

    def _paint_words(self, painter: QPainter) -> None:
        for area, lane in zip(self.areas(), self.lanes, strict=True):
            self._paint_shares(painter, area, lane)
            middle, line = area.center().y(), theme.px(13)
            room = area.height()
            self.paint_gutter(painter, lane.label, middle, bold=True)
            if room >= theme.px(46):
                self.paint_gutter(painter, f"{lane.up} {percent(lane.high)}", area.top() + line / 2 + 1)
                self.paint_gutter(painter, f"{lane.down} {percent(lane.low)}", area.bottom() - line / 2 - 1)
            elif room >= theme.px(28):
                self.paint_gutter(painter, f"{percent(lane.high + lane.low)} stuck", middle + line)

    def _paint_shares(self, painter: QPainter, area: QRectF, lane: Lane) -> None:
        """At the right end a bar for each unit: at what share of the positions it is stuck, either way."""
        room = theme.px(14)
        bed = QRectF(area.right() + theme.px(4), area.top(), room, area.height())
        painter.fillRect(bed, theme.theme().ghost)
        rows = max(int(area.height()), 1)
        units = np.minimum(np.arange(rows) * len(lane.shares) // rows, len(lane.shares) - 1)
        for row, share in enumerate(lane.shares[units].tolist()):
            width = round(share * room)
            if width:
                painter.fillRect(QRectF(bed.left(), bed.top() + row, width, 1), theme.theme().ink3)

    # words

    def subtitle(self) -> str:
        where = next((f"{title}: " for title, place in self.places.items() if place == self.layer), "")
        where = where if len(self.places) > 1 else ""
        return f"{where}units from stuck high to stuck low; bars at the right: share of positions"

    def colour_bar(self) -> ColourBar:
        return ColourBar("stuck", "low", "diverging", "high")

    def reading(self) -> str:
        if not self.lanes:
            return ""
        worst = max(self.lanes, key=lambda lane: lane.high + lane.low)
        share = worst.high + worst.low
        if share < 0.005:
            return "**hardly anything** is stuck: every unit lets its gradient through"
        units = len(worst.shares)
        always = int((worst.shares == 1).sum())
        stays = f", {always} of {units} units at every {self.token_word}" if always else ""
        return f"most in the {worst.title}: **{percent(share)}** of its values are stuck{stays}"

    def explain(self, cursor: Cursor) -> Explanation:
        place = self.hovered if self.hovered >= 0 else 0
        lane = self.lanes[place] if 0 <= place < len(self.lanes) else None
        gate = lane is None or lane.gate
        formula = r"\sigma'(a) = g (1 - g) < 0.09" if gate else r"\tanh'(a) = 1 - \tanh^2(a) < 0.06"
        sentence = (
            "A gate under 0.1 or over 0.9 is stuck: hardly any gradient comes through it. Gates may well be; a memory "
            "that is kept needs an open gate." if gate else
            "A tanh beyond 0.97 is stuck: less than 6 % of the gradient comes through it, at each position anew."
        )  # fmt: skip
        if lane is None or not self.ready():
            return Explanation(self.title, formula, sentence)
        column = lane.stuck[:, cursor.column] if 0 <= cursor.column < lane.stuck.shape[1] else lane.stuck[:, 0]
        quantities = (
            Quantity(lane.title, f"{len(lane.shares)} units"),
            Quantity(f"{lane.up} at t = {cursor.column}", str(int((column > 0).sum()))),
            Quantity(f"{lane.down} at t = {cursor.column}", str(int((column < 0).sum()))),
            Quantity(f"stuck at every {self.token_word}", str(int((lane.shares == 1).sum()))),
        )
        return Explanation(
            self.title, formula, sentence, quantities, percent(lane.high + lane.low), "of its values are stuck"
        )

    def export(self) -> Mapping[str, np.ndarray]:
        return dict(self._arrays)

    # menu

    def menu_choices(self) -> tuple[tuple[str, tuple[str, ...], str], ...]:
        if len(self.places) < 2:
            return ()
        current = next(title for title, place in self.places.items() if place == self.layer)
        return (("layer", tuple(self.places), current),)

    def choose(self, key: str, option: str) -> None:
        self._layer = self.places.get(option, self._layer)
        self.refresh()

    # Qt overrides

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        y = event.position().y()
        self._hover(next((i for i, area in enumerate(self.areas()) if area.top() <= y < area.bottom()), -1))
        super().mouseMoveEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        self._hover(-1)

    def _hover(self, lane: int) -> None:
        if lane != self.hovered:
            self.hovered = lane
            self.tell_header()
