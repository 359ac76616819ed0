"""Remedies: the same run with one thing changed, trained beside the original from the same step on the same batches."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from PySide6.QtCore import QTimer, Slot
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from seqviz.gui import theme
from seqviz.gui.icon_button import IconButton
from seqviz.gui.lab.twin_maps import TwinMaps
from seqviz.gui.lab.twin_session import TwinSession
from seqviz.gui.labels import TextLabel
from seqviz.gui.panels.base import ColourBar, Cursor, Explanation, FreePanel, Quantity, Snapshot, panels
from seqviz.gui.panels.gradient_map import HIGH, LOW
from seqviz.gui.race.clocks import clock_named
from seqviz.gui.race.decay_plot import DecayPlot
from seqviz.gui.race.learning_plot import LearningPlot
from seqviz.gui.race.racer import Racer
from seqviz.gui.race.standings import number_text, unit_of
from seqviz.gui.session import RunSession

PLOT_SHARE = 0.4
REFRESH_MS = 240  # between two paintings of the plots: a step is too short to be seen
EMPTY = "Flip a remedy: a twin that has just that changed is put beside a copy of this run."


@panels.register("twin")
class TwinPanel(FreePanel):
    """The same run with one thing changed, beside the original: both curves and both gradient maps."""

    name = "twin"
    title = "Original and twin"
    question = "What does the remedy change?"
    place = "sheet"
    needs = ("gradient.itemised.*",)
    without_gradients = ": there is none to remedy"
    rooms = {"twin": 10}
    weight = 100
    minimum_height = 420
    shown_by_default = False

    def __init__(self) -> None:
        super().__init__()
        self.pair: TwinSession | None = None
        self.learning, self.decay, self.maps = LearningPlot(), DecayPlot(), TwinMaps()
        self.learning.ghost = "The loss of both on text that neither has seen. Press T once there is a twin to train."
        self.learning.setAccessibleName("loss of original and twin")
        self.decay.setAccessibleName("gradient decay of original and twin")
        self.learning_title = TextLabel("loss on unseen text, by optimiser step", 11, "ink2")
        self.play = IconButton("play", "Train original and twin (T)", "primary", "Play")
        self.step = IconButton("step", "One step of both (Shift+T)")
        self.end = IconButton("close", "Close the pair; the run itself was never touched", "flat")
        self.words = TextLabel(EMPTY, 12, "ink2", wrap=True)
        self.notes = TextLabel("", 11, "ink2", wrap=True)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(REFRESH_MS)
        self._timer.timeout.connect(self.refresh)
        self._build()
        self.setMinimumHeight(theme.px(self.minimum_height))
        self.setAccessibleName(self.title)

    def _build(self) -> None:
        box = QVBoxLayout(self)
        box.setContentsMargins(0, theme.px(4), 0, theme.px(4))
        box.setSpacing(theme.px(6))
        head = QHBoxLayout()
        head.setSpacing(theme.px(8))
        for button in (self.play, self.step):
            head.addWidget(button)
        told = QVBoxLayout()
        told.setSpacing(0)
        told.addWidget(self.words)
        told.addWidget(self.notes)
        head.addLayout(told, 1)
        head.addWidget(self.end)
        box.addLayout(head)
        plots = QHBoxLayout()
        plots.setSpacing(theme.px(12))
        plots.addWidget(_titled(self.learning_title, self.learning), 1)
        decay_title = TextLabel("mean gradient by distance, 1 at the position itself", 11, "ink2")
        plots.addWidget(_titled(decay_title, self.decay), 1)
        box.addLayout(plots, round(100 * PLOT_SHARE))
        box.addWidget(self.maps, round(100 * (1 - PLOT_SHARE)))

    # the pair

    def join(self, session: RunSession) -> None:
        pair = self.pair = TwinSession.of(session)
        self.play.clicked.connect(self.play_or_pause)
        self.step.clicked.connect(self.step_both)
        self.end.clicked.connect(pair.leave)
        pair.switches_changed.connect(self.refresh)
        pair.pair_made.connect(self.refresh)
        pair.race_started.connect(self.refresh)
        pair.state_changed.connect(self.refresh)
        pair.changed.connect(self._refresh_soon)
        self.maps.pointed.connect(self._point)
        self.refresh()

    @Slot()
    def play_or_pause(self) -> None:
        """Train both on, or hold both."""
        if self.pair is not None:
            self.pair.play_or_pause()

    @Slot()
    def step_both(self) -> None:
        """One optimiser step of both."""
        if self.pair is not None and self.pair.racers:
            self.pair.step_on()

    @Slot()
    def _refresh_soon(self) -> None:
        if self.isVisible() and not self._timer.isActive():
            self._timer.start()

    @Slot()
    def refresh(self) -> None:
        """Show the pair as it stands."""
        if self.pair is None:
            return
        racers, clock = self.pair.racers, clock_named("steps")
        if racers:
            unit = unit_of(racers[0].run.unit)
            self.learning.show_race(racers, clock, unit, log=False, selected=1)
            self.learning_title.setText(f"loss on unseen text, {unit.axis}, by optimiser step")
        else:
            self.learning.set_lines((), *self.learning.axes, "")
        self.decay.show_race(racers, selected=1)
        self.maps.show_pair(racers)
        running = self.pair.running
        self.play.set_sign("pause" if running else "play", "Pause" if running else "Play", "Original and twin (T)")
        self.play.setEnabled(self.pair.state in ("paused", "running"))
        self.step.setEnabled(self.pair.state == "paused")
        self.end.setVisible(bool(racers))
        self._say()
        self.header_changed.emit()

    def _say(self) -> None:
        assert self.pair is not None
        made = self.pair.made
        if made is None:
            self.words.setText(self.pair.refusal or EMPTY)
            self.notes.setText("")
            return
        where = "both from step 0" if made.step == 0 else f"both from step {theme.thousands(made.step)} on"
        self.words.setText(f"{made.words}; {where}, on the same batches. The run on the first page is not touched.")
        self.notes.setText(self.pair.refusal or " ".join(made.notes))

    @Slot(object)
    def _point(self, cell: tuple[int, int] | None) -> None:
        if cell is not None:
            self.cursor_moved.emit(Cursor(cell[0], cell[0], cell[1]))

    # the contract

    def present(self, snapshot: Snapshot) -> None:
        """The pair is told by its own session."""

    def clear(self) -> None:
        self.refresh()

    def subtitle(self) -> str:
        return "" if self.pair is None else self.pair.words()

    def colour_bar(self) -> ColourBar | None:
        return ColourBar("‖∂ℓₜ/∂hₛ‖, 1 = diagonal mean", theme.power_label(LOW), "viridis", theme.short(HIGH))

    def reading(self) -> str:
        pair = self._both()
        if pair is None:
            return ""
        original, twin = pair
        words = [f"after {theme.thousands(twin.step)} steps"]
        gap = _gap(original, twin)
        if twin.out:
            words.append(f"the twin **{twin.state}** {twin.ending}")
        elif gap is not None:
            unit = unit_of(twin.run.unit)
            better = "better" if gap < 0 else "worse"
            far = f"{abs(unit.convert(np.float64(gap))):.3g}"
            words.append(f"the twin is **{far} {unit.short} {better}**" if float(far) else "the twin is **as good**")
        lives = [racer.tail()[0] for racer in (original, twin)]
        if all(not math.isnan(life) for life in lives):
            token = twin.run.unit.token
            words.append(f"its gradient halves every **{_life(lives[1])} {token}s** (original {_life(lives[0])})")
        return ", ".join(words) if len(words) > 1 else ""

    def _both(self) -> tuple[Racer, Racer] | None:
        if self.pair is None or len(self.pair.racers) < 2:
            return None
        return self.pair.racers[0], self.pair.racers[1]

    def explain(self, cursor: Cursor) -> Explanation:
        sentence = (
            "Two copies of the run go on side by side. They differ in what was flipped and in nothing else: the same "
            "seed, the same batches, the same probe."
        )
        pair = self._both()
        if pair is None:
            return Explanation(self.title, "", sentence)
        rows = [Quantity("", self.pair.words() if self.pair is not None else "")]
        for racer in pair:
            unit = unit_of(racer.run.unit)
            rows.append(Quantity(f"{racer.label}: loss", f"{number_text(unit, racer.nats)} {unit.short}"))
            life = racer.tail()[0]
            if not math.isnan(life):
                rows.append(Quantity(f"{racer.label}: half-life", f"{_life(life)} {racer.run.unit.token}s"))
        rows += self._cell_rows()
        return Explanation(
            self.title, r"G_{t,s} = \left\| \frac{\partial \ell_t}{\partial h_s} \right\|", sentence, tuple(rows)
        )

    def _cell_rows(self) -> list[Quantity]:
        if self.maps.cell is None or self.pair is None:
            return []
        row, column = self.maps.cell
        found = [Quantity("at", self.maps.cell_words())]
        for racer, values in zip(self.pair.racers, self.maps.values, strict=False):
            if values is not None and row < len(values) and column < values.shape[1]:
                found.append(Quantity(f"{racer.label}, of the diagonal", theme.short(float(values[row, column]))))
        return found

    def export(self) -> Mapping[str, np.ndarray]:
        found: dict[str, Any] = {}
        for racer, values in zip(self.pair.racers if self.pair is not None else (), self.maps.values, strict=False):
            found[f"{racer.label} step"] = racer.history.steps.values.copy()
            found[f"{racer.label} loss"] = racer.history.series["loss"].values.copy()
            decay = racer.decay()
            if decay is not None:
                found[f"{racer.label} decay"] = decay
            if values is not None:
                found[f"{racer.label} gradient map"] = values
        return found

    # Qt overrides

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self.pair is not None:
            self.pair.watch(True)
            self.refresh()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._timer.stop()
        if self.pair is not None:
            self.pair.watch(False)


def _titled(title: TextLabel, content: QWidget) -> QWidget:
    holder = QWidget()
    box = QVBoxLayout(holder)
    box.setContentsMargins(0, 0, 0, 0)
    box.setSpacing(theme.px(2))
    box.addWidget(title)
    box.addWidget(content, 1)
    return holder


def _gap(original: Racer, twin: Racer) -> float | None:
    """Nats per token by which the twin's loss is above the original's: of unseen text, else of the last 20 batches."""
    if original.nats is not None and twin.nats is not None:
        ours, theirs = twin.history.valid_steps.values[-1], original.history.valid_steps.values[-1]
        if ours == theirs and twin.nats != original.nats:  # else the loss at the step where they were one
            return twin.nats - original.nats
    means = [racer.history.series["loss"].values[-20:] for racer in (original, twin)]
    if not all(len(values) for values in means) or original.step != twin.step:
        return None
    return float(means[1].mean() - means[0].mean())


def _life(value: float) -> str:
    return "-" if math.isnan(value) else "∞" if math.isinf(value) else f"{value:.1f}"
