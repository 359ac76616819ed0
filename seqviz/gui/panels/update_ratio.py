"""Update against weight, tensor by tensor over the steps: one number for a learning rate that is too high or low."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QVBoxLayout

from seqviz.core.tensor_names import tensor_title
from seqviz.gui import theme
from seqviz.gui.panels.base import Cursor, Explanation, Quantity, TimePanel, panels
from seqviz.gui.panels.loss import planned_steps
from seqviz.gui.panels.parameter_cells import GUIDE
from seqviz.gui.panels.parameter_table import BAND
from seqviz.gui.panels.parameter_views import ParameterView
from seqviz.gui.parameter_history import over_steps
from seqviz.gui.reading import fitting
from seqviz.gui.widgets import plot_painting as plot
from seqviz.gui.widgets.axes import Axis
from seqviz.gui.widgets.plot_painting import Baseline
from seqviz.gui.widgets.series_plot import SeriesPlot, SeriesStyle
from seqviz.gui.widgets.step_plot import axis_of_steps, horizon_of

_FORMULA = r"r = \frac{\| \theta_{k+1} - \theta_k \|}{\| \theta_k \|} \approx 10^{-3}"
TITLE_ROOM = 18  # px at scale 1 above the plot, for the chosen tensor's name


class RatioPlot(SeriesPlot):
    """Curves over a band to stay in. Where there are many the mouse tells the chosen one and the two extremes."""

    band = BAND
    chosen = ""

    def area(self) -> QRectF:
        left, top, bottom = theme.px(34), theme.px(TITLE_ROOM), theme.px(22)
        return QRectF(left, top, max(self.width() - left - theme.px(12), 1), max(self.height() - top - bottom, 1))

    def _draw_static(self, painter: QPainter, x_axis: Axis, y_axis: Axis) -> None:
        area = self.area()
        low, high = (plot.pixel_y(area, y_axis, min(max(v, y_axis.low), y_axis.high)) for v in self.band)
        painter.fillRect(QRectF(area.left(), high, area.width(), low - high), theme.faded(theme.theme().ink3, 0.20))
        super()._draw_static(painter, x_axis, y_axis)

    def _values_at(self, x: float) -> list[tuple[str, QColor]]:
        rows = [(f"step {theme.thousands(x)}", theme.theme().ink)]
        found = []
        for key in self.keys():
            pyramid = self.pyramid(key)
            index = int(np.searchsorted(pyramid.xs, x, side="right")) - 1
            if index >= 0 and np.isfinite(pyramid.ys[index]):
                found.append((float(pyramid.ys[index]), key))
        shown = {key: value for value, key in [max(found), min(found)]} if found else {}
        shown |= {key: value for value, key in found if key == self.chosen}
        for key, value in sorted(shown.items(), key=lambda item: -item[1]):
            colours = theme.theme()
            rows.append(
                (f"{tensor_title(key)}: {theme.short(value)}", colours.ink if key == self.chosen else colours.ink2)
            )
        return rows


@panels.register("update_ratio")
class UpdateRatioPanel(ParameterView, TimePanel):
    """How far each step moves every tensor against its own size; about a thousandth is a good sign."""

    name = "update_ratio"
    title = "Update / weight"
    question = "Is the learning rate about right?"
    rooms = {"weights": 10}
    order = 64
    weight = 30
    minimum_height = 140
    ghost = "How far each step moves every tensor, against its size"

    def __init__(self) -> None:
        super().__init__()
        self.plot = RatioPlot()
        self.plot.set_y_axis(None, log=True)
        self.plot.set_baselines((Baseline("10⁻³", GUIDE, side="right"),))
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.addWidget(self.plot)
        self.plot.setVisible(False)

    def prepare(self) -> None:
        self.plot.setVisible(self.newest is not None)
        steps, ratios = over_steps(self.snapshot.history.parameters, "update_ratio")
        for key in set(self.plot.keys()) - set(self.names):
            self.plot.remove_series(key)
        if self.newest is None:
            return
        self.plot.chosen = self.tensor
        ratios = np.where(ratios > 0, ratios, np.nan)
        self.plot.set_x_axis(axis_of_steps(horizon_of(planned_steps(self.snapshot.run), int(steps[-1])), log=True))
        for index in sorted(range(len(self.names)), key=lambda i: self.names[i] == self.tensor):  # the chosen on top
            name = self.names[index]
            if name == self.tensor:
                self.plot.remove_series(name)
            self.plot.add_series(name, self._style(name))
            self.plot.set_data(name, steps, ratios[:, index])

    def _style(self, name: str) -> SeriesStyle:
        if name == self.tensor:
            return SeriesStyle("", f"family:{self.family}", 2.5)
        return SeriesStyle("", "ink3", 1.25, opacity=0.55)

    def paint(self, painter: QPainter) -> None:
        """Above the plot: which tensor the strong line is."""
        painter.setFont(theme.font(11, bold=True))
        painter.setPen(theme.family_colour(self.family, text=True))
        text = f"{tensor_title(self.tensor)}: {theme.short(self._ratio())}"
        area, rest = self.plot.area(), "others thin; band: 10⁻³ by a factor of 2"
        painter.drawText(round(area.left()), theme.px(12), text)
        x = area.left() + theme.metrics(11, bold=True).horizontalAdvance(text) + theme.px(10)
        if x + theme.metrics(11).horizontalAdvance(rest) < self.width():
            painter.setFont(theme.font(11))
            painter.setPen(theme.theme().ink3)
            painter.drawText(round(x), theme.px(12), rest)

    def _ratio(self) -> float:
        assert self.newest is not None
        return float(self.newest.figures["update_ratio"][self.index])

    def subtitle(self) -> str:
        return "per step" if self.newest else ""

    def reading(self) -> str:
        if self.newest is None:
            return ""
        ratio = self._ratio()
        if not ratio > 0:
            return f"{tensor_title(self.tensor)} **does not move**"
        times = f"{theme.short(round(ratio / GUIDE, 2))} times the guide"
        side = "in the band" if BAND[0] <= ratio <= BAND[1] else times
        full = f"{tensor_title(self.tensor)} moves by **{theme.short(ratio)}** of its size a step: {side}"
        return fitting(self.width(), full, f"**{theme.short(ratio)}** a step: {side}")

    def explain(self, cursor: Cursor) -> Explanation:
        sentence = (
            "The length of a step's update against the length of the weights it moves. A rule of thumb (Karpathy, "
            "CS231n): around 10⁻³. Much higher is restless, much lower hardly learns; biases that start at nothing may "
            "stand higher for long."
        )
        if self.newest is None:
            return Explanation(self.title, _FORMULA, sentence)
        figures, index = self.newest.figures, self.index
        rows = (
            Quantity("tensor", tensor_title(self.tensor)),
            Quantity("norm of the update", theme.short(float(figures["update_norm"][index]))),
            Quantity("norm of the weights", theme.short(float(figures["weight_norm"][index]))),
        )
        return Explanation(self.title, _FORMULA, sentence, rows, theme.short(self._ratio()), "update / weight")

    def export(self) -> Mapping[str, np.ndarray]:
        steps, ratios = over_steps(self.snapshot.history.parameters, "update_ratio")
        return {"step": steps, **{name: ratios[:, i].copy() for i, name in enumerate(self.names)}} if len(steps) else {}
