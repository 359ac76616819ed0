"""Backprop debugger: one optimiser step on the probe, walked sub-step by sub-step, forward and back."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from PySide6.QtCore import Qt, QTimer, Slot
from PySide6.QtGui import QHideEvent, QKeyEvent, QMouseEvent

from seqviz.core.events import RunStarted
from seqviz.gui import theme
from seqviz.gui.axes_of_frame import main_axis
from seqviz.gui.lab.anatomy import ACTED, GATE, SINGULAR, SLOPE, Anatomy, read_anatomy
from seqviz.gui.lab.debugger_canvas import DebuggerCanvas
from seqviz.gui.lab.step_totals import explain_clip, explain_loss, explain_update
from seqviz.gui.lab.step_words import explain_lane, sentence
from seqviz.gui.lab.sub_steps import SubSteps
from seqviz.gui.number_text import power_label
from seqviz.gui.panels.base import Cursor, Explanation, Snapshot, panels

FACTORS = (ACTED, SINGULAR, GATE, SLOPE)
SINGULAR_WANT = "backprop.layers.*.factor.singular"
PLAY_MS, SHORTEST_MS = 8000, 20  # a played step takes about so long
_CTRL, _SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


@panels.register("backprop_debugger")
class BackpropDebuggerPanel(DebuggerCanvas):
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
    follows = ("backprop.",)
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
        self._fresh: Anatomy | None = None  # the newest step, where an older one is held
        self.bar.asked.connect(self.obey)
        self.bar.chosen.connect(self._go)
        self.timer = QTimer(self)
        self.timer.timeout.connect(self._play_on)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    # data

    def prepare(self, old: Snapshot) -> None:
        fresh = read_anatomy(self.snapshot)
        axis = main_axis(self.snapshot)
        same = self.snapshot.run is old.run and self.snapshot.labels(axis) == old.labels(axis)
        held = self.held and same and self.snapshot.run is not None
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
            if not 0.5 * self.highest < top <= self.highest:  # fixed until the losses leave it
                self.highest = max(1.15 * top, 1e-9)
        self._show()

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
        self.place_bar()
        self.tell_header()
        self.update()

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
        more = any(model.get(knob) for knob in ("residual", "layer_norm")) or int(model.get("transition_depth", 1)) > 1
        activation = "" if more else str(model.get("activation", ""))
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
        return (("factor on the arrows", tuple(self._factors().values()), self._factors()[self.factor]),)

    def _factors(self) -> dict[str, str]:
        """What can stand under the arrows of this model -> what the menu calls it."""
        lanes = () if self.anatomy is None else self.anatomy.lanes
        known = {ACTED, SINGULAR, self.factor}.union(*(lane.factors for lane in lanes))
        gate = next((lane.gate for lane in lanes if lane.gate), "forget_gate").replace("_", " ")
        return {factor: f"mean {gate}" if factor == GATE else factor for factor in FACTORS if factor in known}

    def choose(self, key: str, option: str) -> None:
        factor = next((factor for factor, title in self._factors().items() if title == option), self.factor)
        if factor != self.factor:
            self.factor = factor
            self.wants_changed.emit()
            self._show()

    @classmethod
    def reason_unserved(cls, run: RunStarted) -> str | None:
        if super().reason_unserved(run) is None:
            return None
        return f"{run.title} has no recurrent layer that reads the text one way"

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
        if not self.take_key(event):
            super().keyPressEvent(event)

    def take_key(self, event: QKeyEvent) -> bool:
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
            return False
        self.obey("first" if what == "next" and self.steps.at_end else what)  # it opens at the end: begin anew
        return True

    def hideEvent(self, event: QHideEvent) -> None:
        self.timer.stop()  # nobody looks
        super().hideEvent(event)
