"""Breakpoints: conditions at which the run halts before a step is applied, and what it halted at."""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping

import numpy as np
from PySide6.QtCore import QTimer, Slot
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QScrollArea, QVBoxLayout, QWidget

from seqviz.core.breakpoints import BreakpointDescription
from seqviz.core.events import Ready, RunStarted
from seqviz.core.lab_commands import BreakpointSetting
from seqviz.core.lab_events import BreakpointsMeasured, RunHalted
from seqviz.gui import theme
from seqviz.gui.lab.breakpoint_row import HEIGHT, BreakpointRow
from seqviz.gui.lab.halt_card import HaltCard
from seqviz.gui.panels.base import Cursor, Explanation, FreePanel, Quantity, Snapshot, panels
from seqviz.gui.row_stack import scrolled
from seqviz.gui.session import RunSession

PLACE = 45
REST_MS = 60  # until the views around have found their places


@panels.register("breakpoints")
class BreakpointsPanel(FreePanel):
    """Stop when a condition is met: before the update, at the step before, with what it was and where."""

    name = "breakpoints"
    title = "Breakpoints"
    question = "When shall the run halt?"
    rooms = dict.fromkeys(("backprop", "health", "curvature"), PLACE)
    shown_by_default = False
    weight = 30
    order = 96
    minimum_height = 4 * HEIGHT

    def __init__(self) -> None:
        super().__init__()
        self._session: RunSession | None = None
        self._known: tuple[BreakpointDescription, ...] = ()
        self._halt: RunHalted | None = None
        self._rows: dict[str, BreakpointRow] = {}
        self._run_id = ""
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.timeout.connect(self._come_into_view)
        self.card = HaltCard()
        self.card.hide()
        self._body = QWidget()
        self._box = QVBoxLayout(self._body)
        self._box.setContentsMargins(0, 0, theme.px(6), theme.px(6))
        self._box.setSpacing(theme.px(2))
        self._box.addWidget(self.card)
        self._box.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(scrolled(self._body))
        self.card.going_on.connect(self._go_on)
        self.card.view_wanted.connect(self.view_asked)
        self.setAccessibleName(self.title)

    @classmethod
    def reason_unserved(cls, run: RunStarted) -> str | None:
        return None if run.learns_by == "gradient" else f"{run.title} makes no optimiser steps that could be stopped"

    def join(self, session: RunSession) -> None:
        self._session = session
        session.ready.connect(self._take_ready)
        session.breakpoints_measured.connect(self._take_values)
        session.state_changed.connect(self._follow_state)
        if session.parts is not None:
            self._take_ready(session.parts)

    def row(self, name: str) -> BreakpointRow:
        """The row of a condition."""
        return self._rows[name]

    def names(self) -> tuple[str, ...]:
        return tuple(self._rows)

    def armed_names(self) -> tuple[str, ...]:
        return tuple(name for name, row in self._rows.items() if row.armed)

    @Slot(object)
    def _take_ready(self, ready: Ready) -> None:
        if ready.breakpoints != self._known:
            self._known = ready.breakpoints
            self._run_id = ""  # the rows are made anew with the next snapshot

    @Slot(object)
    def _take_values(self, event: BreakpointsMeasured) -> None:
        for name, value in event.values.items():
            if name in self._rows:
                self._rows[name].show_value(value, event.steps[name])

    @Slot()
    def _follow_state(self) -> None:
        if self._session is not None:
            self.present(self._session.snapshot())

    def present(self, snapshot: Snapshot) -> None:
        run = snapshot.run
        if run is not None and run.run_id != self._run_id and self._known:
            self._run_id = run.run_id
            self._build(run)
        standing = self._session is None or self._session.state == "paused"
        halt = snapshot.history.halted if standing else None
        if halt is not self._halt:
            self._halt = halt
            view = panels.get(halt.panel).title if halt is not None and halt.panel in panels.names() else ""
            self.card.show_halt(halt, view)
            self._make_room()
            self.header_changed.emit()

    def _make_room(self) -> None:
        """While the run is halted the whole card is to be seen."""
        high = theme.px(self.minimum_height)
        if self._halt is not None:
            high = max(high, self.card.sizeHint().height() + theme.px(HEIGHT))
            self._later.start(REST_MS)
        self.setMinimumHeight(high)

    @Slot()
    def _come_into_view(self) -> None:
        """Scroll the column to here."""
        around = self.parentWidget()
        while around is not None:
            if isinstance(around, QScrollArea):
                around.ensureWidgetVisible(self, 0, 0)
            around = around.parentWidget()

    def clear(self) -> None:
        self._run_id = ""
        self._halt = None
        self.card.show_halt(None)

    def _build(self, run: RunStarted) -> None:
        """A row for each condition that this run can be asked."""
        for row in self._rows.values():
            row.hide()
            row.deleteLater()
        self._rows = {}
        for about in self._known:
            if serves(about, run):
                self._rows[about.name] = self._make_row(about)
                self._box.insertWidget(self._box.count() - 1, self._rows[about.name])
        self.header_changed.emit()

    def _make_row(self, about: BreakpointDescription) -> BreakpointRow:
        plain = BreakpointSetting(about.name, about.limit, about.distance)
        session = self._session
        typed = plain if session is None else session.breakpoint_settings.get(about.name, plain)
        row = BreakpointRow(about, typed, session is not None and about.name in session.armed)
        row.changed.connect(self._arm)
        return row

    @Slot(object, bool)
    def _arm(self, setting: BreakpointSetting, on: bool) -> None:
        if self._session is not None:
            self._session.arm(setting, on)
        self.header_changed.emit()

    @Slot()
    def _go_on(self) -> None:
        if self._session is not None:
            self._session.play()

    # words

    def subtitle(self) -> str:
        return "halt before the step"

    def reading(self) -> str:
        if self._halt is not None:
            return f"**halted** before step {theme.thousands(self._halt.step)}"
        armed = len(self.armed_names())
        return f"**{armed}** of {len(self._rows)} armed" if armed else "none armed"

    def explain(self, cursor: Cursor) -> Explanation:
        rows = [
            Quantity(row.about.quantity, row.value_text() or "not measured yet")
            for row in self._rows.values()
            if row.armed
        ]
        return Explanation(
            self.title,
            "",
            "Cheap conditions are asked at every step, the others as often as the watch budget allows, of the batch "
            "itself. What meets one is not applied: weights, optimiser, random numbers and the place in the text "
            "stay as they were, so going on makes the very same step.",
            tuple(rows),
        )

    def export(self) -> Mapping[str, np.ndarray]:
        armed = [row for row in self._rows.values() if row.armed]
        return {
            "breakpoint": np.array([row.about.name for row in armed]),
            "limit": np.array([row.setting.limit for row in armed], dtype=float),
        }

    # Qt overrides

    def showEvent(self, event: QShowEvent) -> None:
        session = self._session
        if session is not None and set(self.armed_names()) != session.armed & set(self._rows):
            self._run_id = ""  # armed elsewhere, while this was not seen
            self._follow_state()
        if self._halt is not None:
            self._later.start(REST_MS)

    def hideEvent(self, event: QHideEvent) -> None:
        self._later.stop()

    def on_theme_changed(self) -> None:
        super().on_theme_changed()
        self._make_room()


def serves(about: BreakpointDescription, run: RunStarted) -> bool:
    """Whether a run can be asked this condition."""
    return not about.needs or any(
        fnmatch.fnmatchcase(given, need) or fnmatch.fnmatchcase(need, given)
        for need in about.needs
        for given in run.provides
    )
