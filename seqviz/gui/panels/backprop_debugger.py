"""Backprop debugger: one optimiser step on the probe, walked sub-step by sub-step, forward and back."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from PySide6.QtCore import QRectF, Qt, QTimer, Slot
from PySide6.QtGui import QHideEvent, QKeyEvent, QMouseEvent, QPainter, QResizeEvent

from seqviz.core.events import RunStarted
from seqviz.gui import theme
from seqviz.gui.lab.anatomy import ACTED, GATE, SINGULAR, SLOPE, Anatomy, Lane, read_anatomy
from seqviz.gui.lab.debugger_bar import DebuggerBar
from seqviz.gui.lab.step_ends import paint_clip, paint_update
from seqviz.gui.lab.step_totals import explain_clip, explain_loss, explain_update
from seqviz.gui.lab.step_words import explain_lane, sentence
from seqviz.gui.lab.sub_steps import SubSteps
from seqviz.gui.lab.unrolled_net import NetPainter, NetPlaces, places
from seqviz.gui.number_text import loss_text, power_label
from seqviz.gui.panels.base import Cursor, Explanation, Snapshot, panels
from seqviz.gui.panels.painted_sheet import PaintedSheetPanel
from seqviz.gui.widgets.column_grid import ColumnGrid

FACTORS = (ACTED, SINGULAR, GATE, SLOPE)
SINGULAR_WANT = "backprop.layers.*.factor.singular"
PLAY_MS, SHORTEST_MS = 8000, 20  # a played step takes about so long
_CTRL, _SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


@panels.register("backprop_debugger")
class BackpropDebuggerPanel(PaintedSheetPanel):
    """One optimiser step as in a debugger: forward, loss, backward through time, clip, update."""

    name = "backprop_debugger"
    title = "Backprop debugger"
    question = "How does one mistake become one update?"
    wants = (
        "backprop.losses",
        "backprop.step",
        "backprop.update.*",
        *(f"backprop.layers.*.{part}" for part in ("size", "total", "arriving", "born", "shrinkage")),
        *(f"backprop.layers.*.factor.{name}" for name in ("forget_gate", "update_gate", "carry_gate", "slope")),
    )
    needs = ("backprop.layers.*.total",)
    rooms = {"backprop": 10}
    order = 12
    weight = 80
    minimum_height = 300
    shown_by_default = False
    ghost = (
        "One optimiser step taken apart: the text runs forward, the gradient runs back, is clipped, becomes an update."
    )

    def __init__(self) -> None:
        super().__init__()
        self.anatomy: Anatomy | None = None
        self._fresh: Anatomy | None = None  # the newest step, where an older one is held
        self.steps = SubSteps(0)
        self.factor = ACTED
        self.pointed: tuple[int, bool] | None = None  # lane clicked or pointed at, and whether at its way back
        self._highest = 1.0  # nats, top of the loss bars
        self.bar = DebuggerBar(self)
        self.bar.asked.connect(self.obey)
        self.bar.chosen.connect(self._go)
        self.timer = QTimer(self)
        self.timer.timeout.connect(self._play_on)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.bar.hide()

    # data

    def prepare(self, old: Snapshot) -> None:
        fresh = read_anatomy(self.snapshot)
        same_run = self.snapshot.run is old.run and self.snapshot.run is not None
        held = self.anatomy is not None and not self.steps.at_end and same_run
        if fresh is None:
            if self.snapshot.frame is None or not held:
                self._take(None)
            return
        if held and self.anatomy is not None and self.anatomy.n == fresh.n:
            self._fresh = fresh if fresh.step != self.anatomy.step else None
            if self._fresh is None:
                self.anatomy = fresh  # the same step, with what came later (singular values)
            self._show()
            return
        self._take(fresh)

    def _take(self, anatomy: Anatomy | None) -> None:
        """Show this step; stand at the same sub-step if the text is as long, else at the end."""
        n = anatomy.n if anatomy is not None else 0
        if n != self.steps.n:
            self.timer.stop()
            self.steps = SubSteps(n)
        self.anatomy, self._fresh = anatomy, None
        if anatomy is not None:
            known = anatomy.losses[np.isfinite(anatomy.losses)]
            top = float(known.max()) if len(known) else 1.0
            if not 0.5 * self._highest < top <= self._highest:  # fixed until the losses leave it
                self._highest = max(1.15 * top, 1e-9)
        self._show()

    def ready(self) -> bool:
        return self.anatomy is not None and self.anatomy.n == self.grid.n

    @property
    def held(self) -> bool:
        """Whether the user walks through a step while the run goes on."""
        return self.anatomy is not None and not self.steps.at_end

    # walking

    @Slot(str)
    def obey(self, what: str) -> None:
        """One of the bar's buttons, or the key of one."""
        ways = {
            "first": lambda: self._go(0),
            "back": lambda: self._go(self.steps.at - 1),
            "next": lambda: self._go(self.steps.at + 1),
            "to_cursor": lambda: self._go(self.steps.next_at(self.column)),
            "last": lambda: self._go(self.steps.count - 1),
            "play": self._play_or_stop,
            "renew": self._renew,
        }
        if what not in ("play", "renew"):
            self.timer.stop()
        if self.anatomy is not None:
            ways[what]()

    @Slot(int)
    def _go(self, index: int) -> None:
        moved = self.steps.go(index)
        if not moved:
            return
        self.pointed = None
        if self.steps.at_end:
            self.timer.stop()
            if self._fresh is not None:
                self._take(self._fresh)
        now = self.steps.now
        if now.t >= 0 and now.t != self.snapshot.cursor.column:
            self.cursor_moved.emit(Cursor(now.t, None, self.snapshot.cursor.key))
        self._show()

    def _play_or_stop(self) -> None:
        if self.timer.isActive():
            self.timer.stop()
        else:
            if self.steps.at_end:
                self._go(0)
            self.timer.start(max(SHORTEST_MS, PLAY_MS // max(self.steps.count, 1)))
        self._show()

    @Slot()
    def _play_on(self) -> None:
        self._go(self.steps.at + 1)

    def _renew(self) -> None:
        if self._fresh is not None:
            self._take(self._fresh)
            self.tell_header()

    def _show(self) -> None:
        """The bar and the picture follow."""
        words = ""
        if self.anatomy is not None:
            unit = None if self.snapshot.run is None else self.snapshot.run.unit
            words = sentence(self.anatomy, self.steps, self.lane, unit)
            words = f"{self.steps.at + 1} of {self.steps.count} · {words}"
        self.bar.show_steps(self.steps, words, self.timer.isActive(), self._fresh is not None)
        self.bar.setVisible(self.anatomy is not None)
        self._place_bar()
        self.tell_header()
        self.update()

    @property
    def lane(self) -> Lane:
        """The lane that words and equations are about: the one pointed at, else the top one."""
        assert self.anatomy is not None
        at = self.pointed[0] if self.pointed is not None else 0
        return self.anatomy.lanes[min(at, len(self.anatomy.lanes) - 1)]

    # places

    def set_grid(self, grid: ColumnGrid) -> None:
        super().set_grid(grid)
        self._place_bar()

    def _place_bar(self) -> None:
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
        net.paint_losses(painter, self._highest)
        self._paint_loss_words(painter, where.losses)
        for place in where.lanes:
            painter.save()
            painter.setClipRect(QRectF(self.grid.left, 0, self.grid.width, self.height()))
            net.paint_lane(painter, place)
            painter.restore()
            lane = place.lane
            name = f"{lane.letter} layer {lane.layer + 1}" if anatomy.layers > 1 else lane.letter
            self.paint_gutter(painter, name, place.cells.center().y(), bold=True)
            if place.arrows.height() >= theme.px(12):
                self.paint_gutter(painter, f"∂L/∂{lane.letter}", place.arrows.center().y())
            if not math.isnan(place.labels):
                self.paint_gutter(painter, self._factor_word(lane), place.labels - theme.px(4))
        self._paint_ends(painter)

    def _paint_loss_words(self, painter: QPainter, area: QRectF) -> None:
        unit = None if self.snapshot.run is None else self.snapshot.run.unit
        two = area.height() >= theme.px(30)
        self.paint_gutter(painter, "loss", area.center().y() - (theme.px(7) if two else 0), bold=True)
        if two:
            self.paint_gutter(painter, "nats" if unit is None else unit.name, area.center().y() + theme.px(8))

    def _factor_word(self, lane: Lane) -> str:
        short = {ACTED: "× acted", SINGULAR: "σ max", GATE: f"mean {lane.gate.split('_')[0]}", SLOPE: "mean |φ′|"}
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

    # words

    def subtitle(self) -> str:
        if self.anatomy is None:
            return "one optimiser step whose batch is this text, on a copy"
        held = ", held" if self._fresh is not None else ""
        step, top = theme.thousands(self.anatomy.step), power_label(self.anatomy.top)
        return f"step {step}{held}, were this text its batch; arrows: log of the gradient's length, thickest {top}"

    def reading(self) -> str:
        if self.anatomy is None:
            return ""
        acted = self.lane.factors[ACTED]
        known = acted[np.isfinite(acted) & (acted > 0)]
        if len(known) < 4:
            return ""
        mean = float(np.exp(np.log(known).mean()))
        where = f" of layer {self.lane.layer + 1}" if self.anatomy.layers > 1 else ""
        return (
            f"one position back leaves **{theme.short(mean)}** of the gradient by {self.lane.letter}{where} on the mean"
        )

    def explain(self, cursor: Cursor) -> Explanation:
        anatomy = self.anatomy
        if anatomy is None or not anatomy.n:
            return Explanation(self.title, sentence=self.ghost)
        t = max(0, min(cursor.column, anatomy.n - 1))
        unit = None if self.snapshot.run is None else self.snapshot.run.unit
        config = {} if self.snapshot.run is None else self.snapshot.run.config
        kind = self.steps.now.kind
        if self.pointed is None and kind == "loss":
            return explain_loss(anatomy, t, self.place_words(t), unit)
        if self.pointed is None and kind == "clip":
            return explain_clip(anatomy)
        if self.pointed is None and kind == "update":
            return explain_update(anatomy, config, unit)
        backward = self.pointed[1] if self.pointed is not None else kind == "backward"
        model = config.get("model", {})
        cell = any(lane.state == "cell_state" for lane in anatomy.lanes)
        activation = str(model.get("activation", ""))
        return explain_lane(self.lane, t, backward, self.place_words(t), cell, activation)

    def export(self) -> Mapping[str, np.ndarray]:
        if self.anatomy is None:
            return {}
        found: dict[str, np.ndarray] = {"losses": self.anatomy.losses}
        for lane in self.anatomy.lanes:
            place = f"layers.{lane.layer}.{lane.state}"
            rows = {"size": lane.size, "total": lane.total, "arriving": lane.arriving, "born": lane.born}
            found |= {f"{place}.{name}": values for name, values in rows.items()}
            found |= {f"{place}.{name.replace(' ', '_')}": values for name, values in lane.factors.items()}
        return found

    # menu

    def current_wants(self) -> frozenset[str]:
        dear = (SINGULAR_WANT,) if self.factor == SINGULAR else ()
        return frozenset((*self.wants, *dear))

    def menu_choices(self) -> tuple[tuple[str, tuple[str, ...], str], ...]:
        known = set() if self.anatomy is None else {name for lane in self.anatomy.lanes for name in lane.factors}
        return (("factor on the arrows", tuple(f for f in FACTORS if f in known or f == SINGULAR), self.factor),)

    def choose(self, key: str, option: str) -> None:
        if option in FACTORS and option != self.factor:
            self.factor = option
            self.wants_changed.emit()
            self._show()

    @classmethod
    def reason_unserved(cls, run: RunStarted) -> str | None:
        if super().reason_unserved(run) is None:
            return None
        return f"{run.title} has no recurrent layer that reads the text one way: nothing goes back step by step"

    # Qt overrides

    def _point(self, event: QMouseEvent) -> None:
        """Which cell or arrow the mouse is at."""
        where, y = self.places(), event.position().y()
        lane = where.lane_at(y) if self.grid.column_at(event.position().x()) is not None else None
        pointed = None
        if lane is not None:
            pointed = lane, y >= where.lanes[lane].cells.bottom() or y < where.lanes[lane].cells.top()
        if pointed != self.pointed:
            self.pointed = pointed
            self._show()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        if self.ready() and self.grid.visible:
            self._point(event)
            column = self.grid.column_at(event.position().x())
            if column is not None:
                self.cursor_moved.emit(Cursor(column, None, self.snapshot.cursor.key))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if not self.ready() or self.timer.isActive():
            return
        where, y = self.places(), event.position().y()
        last = where.lanes[-1] if where.lanes else None
        if last is None or not where.losses.top() <= y <= last.arrows.bottom() + theme.px(18):
            return
        before = self.pointed
        self._point(event)
        super().mouseMoveEvent(event)
        if self.pointed != before:  # the card follows from cell to arrow in one column too
            self.cursor_moved.emit(Cursor(self.column, None, self.snapshot.cursor.key))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, held = event.key(), event.modifiers() & (_CTRL | _SHIFT)
        keys = {
            (Qt.Key.Key_F10, Qt.KeyboardModifier.NoModifier): "next",
            (Qt.Key.Key_F10, _SHIFT): "back",
            (Qt.Key.Key_F10, _CTRL): "to_cursor",
            (Qt.Key.Key_F8, Qt.KeyboardModifier.NoModifier): "play",
            (Qt.Key.Key_F5, Qt.KeyboardModifier.NoModifier): "renew",
        }
        letters = {"[": "back", "]": "next", "{": "first", "}": "last"}
        what = keys.get((Qt.Key(key), held)) or letters.get(event.text())
        if what is None:
            super().keyPressEvent(event)
        else:
            self.obey(what)

    def hideEvent(self, event: QHideEvent) -> None:
        self.timer.stop()  # nobody looks
        super().hideEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place_bar()

    def on_theme_changed(self) -> None:
        super().on_theme_changed()
        self._place_bar()
