"""The learning rate over training steps: schedule, plateau cuts and live changes as they happened.

A plain x-y plot that few look at: pyqtgraph draws it, imported when it is first needed (that takes 0.2 s, too long
for the start of the program), with frame, menu and automatic ranges off as LOOKS asks.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QVBoxLayout

from seqviz.core.events import RunStarted
from seqviz.gui import theme
from seqviz.gui.history import History
from seqviz.gui.panels.base import Cursor, Explanation, Quantity, Snapshot, TimePanel, panels
from seqviz.gui.panels.loss import planned_steps
from seqviz.gui.widgets.axes import step_axis, stepped_range
from seqviz.gui.widgets.ghost import paint_ghost

_MOST_POINTS = 2000  # columns a curve is thinned to; the rate has no spikes that thinning could lose


@panels.register("learning_rate")
class LearningRatePanel(TimePanel):
    """How large each update was allowed to be: the schedule as it really ran, live changes included."""

    name = "learning_rate"
    title = "Learning rate"
    question = "How large is each step?"
    weight = 20
    order = 60
    minimum_height = 140
    shown_by_default = False

    def __init__(self) -> None:
        super().__init__()
        self._run: RunStarted | None = None
        self._history = History()
        self._revision = -1
        self._range: tuple[float, float] | None = None
        self._plot: Any = None
        self._curve: Any = None
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)

    @classmethod
    def reason_unserved(cls, run: RunStarted) -> str | None:
        return None if run.layer_names else f"{run.title} learns without gradients"

    def present(self, snapshot: Snapshot) -> None:
        if snapshot.run is not self._run:
            self._run, self._range = snapshot.run, None
        if snapshot.history.revision == self._revision and snapshot.history is self._history:
            return
        self._history, self._revision = snapshot.history, snapshot.history.revision
        self._draw()
        self.header_changed.emit()

    def clear(self) -> None:
        self.present(Snapshot())

    def subtitle(self) -> str:
        return "per optimiser step, both axes logarithmic"

    def reading(self) -> str:
        rates = self._rates()
        if not len(rates):
            return ""
        changes = sum(change.key == "optimizer.learning_rate" for change in self._history.knob_changes)
        by_hand = "" if not changes else f"; changed by hand {changes} time{'s' if changes > 1 else ''}"
        return f"now **{theme.short(float(rates[-1]))}**, at most {theme.short(float(rates.max()))}{by_hand}"

    def explain(self, cursor: Cursor) -> Explanation:
        rates = self._rates()
        now = theme.short(float(rates[-1])) if len(rates) else ""
        return Explanation(
            self.title,
            r"\theta_{n+1} = \theta_n - \eta_n \, u_n",
            "The rate multiplies the update that the optimiser makes of the gradient.",
            (Quantity("rate now", now),) if now else (),
        )

    def export(self) -> Mapping[str, np.ndarray]:
        return {"step": self._history.steps.values.copy(), "learning_rate": self._rates().copy()}

    def _rates(self) -> np.ndarray:
        return self._history.series["learning_rate"].values

    # drawing

    def _draw(self) -> None:
        rates, steps = self._rates(), self._history.steps.values
        good = np.isfinite(rates) & (rates > 0)
        if not good.any():
            if self._plot is not None:
                self._plot.setVisible(False)
            self.update()
            return
        self._make_plot()
        self._plot.setVisible(True)
        chosen = np.unique(np.geomspace(1, len(steps), min(len(steps), _MOST_POINTS)).astype(int)) - 1
        chosen = chosen[good[chosen]]
        self._curve.setData(np.log10(steps[chosen]), np.log10(rates[chosen]), skipFiniteCheck=True)
        self._range = stepped_range(float(rates[good].min()), float(rates[good].max()), self._range, log=True)
        low, high = (float(np.log10(edge)) for edge in self._range)
        axis = step_axis(max(planned_steps(self._run), len(steps)))
        item = self._plot.getPlotItem()
        item.setRange(xRange=(0.0, float(np.log10(axis.high))), yRange=(low, high), padding=0)
        item.getAxis("bottom").setTicks([[(float(np.log10(t)), theme.step_label(t)) for t in axis.ticks]])
        powers = range(int(np.floor(low)), int(np.ceil(high)) + 1)
        item.getAxis("left").setTicks([[(float(p), theme.power_label(10.0**p)) for p in powers]])

    def _make_plot(self) -> None:
        if self._plot is not None:
            return
        import pyqtgraph  # late: see the module's docstring

        self._plot = pyqtgraph.PlotWidget(self, background=None)
        self._plot.setFrameShape(self._plot.Shape.NoFrame)
        item = self._plot.getPlotItem()
        item.setMenuEnabled(False)
        item.hideButtons()
        item.disableAutoRange()
        item.setMouseEnabled(x=False, y=False)
        item.showGrid(y=True, alpha=0.15)
        self._curve = item.plot()
        self._layout.addWidget(self._plot)
        self._dress()

    def _dress(self) -> None:
        """Pens and fonts of the theme."""
        import pyqtgraph

        look = theme.theme()
        family = self._run.family if self._run is not None else "lstm"
        self._plot.setBackground(look.sheet)
        self._curve.setPen(pyqtgraph.mkPen(theme.family_colour(family), width=theme.px(2)))
        for name in ("left", "bottom"):
            axis = self._plot.getPlotItem().getAxis(name)
            axis.setStyle(tickLength=0, tickFont=theme.font(11))
            axis.setPen(pyqtgraph.mkPen(look.line))
            axis.setTextPen(pyqtgraph.mkPen(look.ink3))

    def on_theme_changed(self) -> None:
        super().on_theme_changed()
        if self._plot is not None:
            self._dress()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._plot is not None and self._plot.isVisible():
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        paint_ghost(painter, QRectF(self.rect()), "The size of each update, from the first step on.")
        painter.end()
