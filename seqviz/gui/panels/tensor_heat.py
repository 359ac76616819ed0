"""Tensors by steps: one figure of every weight tensor through the whole run as a heat map."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QMouseEvent, QPainter

from seqviz.core.tensor_names import tensor_title
from seqviz.gui import theme
from seqviz.gui.colour_maps import BLANK, MASKED
from seqviz.gui.panels.base import ColourBar, Cursor, Explanation, Quantity, TimePanel, panels
from seqviz.gui.panels.loss import planned_steps
from seqviz.gui.panels.parameter_cells import FIGURE_WORDS, figure_text
from seqviz.gui.panels.parameter_views import ParameterView
from seqviz.gui.parameter_history import over_steps
from seqviz.gui.widgets import plot_painting as plot
from seqviz.gui.widgets.axes import Axis
from seqviz.gui.widgets.colour_bar import ColourBar as PaintedBar
from seqviz.gui.widgets.colour_bar import colour_bar_width, paint_colour_bar
from seqviz.gui.widgets.matrix_view import index_image, paint_matrix
from seqviz.gui.widgets.step_plot import axis_of_steps, horizon_of

Floats = NDArray[np.float64]
BAR = 20  # px at scale 1 under the map


@dataclass(frozen=True)
class Figure:
    """What the map may show, on a fixed range, so that colours mean the same in every run."""

    key: str
    option: str
    low: float
    high: float
    scale: Literal["linear", "log10"]
    colours: str
    low_text: str
    high_text: str


FIGURES = (
    Figure("gradient_norm", "gradient norm", 1e-5, 1e2, "log10", "viridis", "10⁻⁵", "10²"),
    Figure("update_ratio", "update / weight", 1e-5, 1e-1, "log10", "diverging", "10⁻⁵", "10⁻¹"),
    Figure("signal_to_noise", "signal / noise", 0.0, 1.0, "linear", "viridis", "0", "1"),
    Figure("angle", "angle to the last gradient", 0.0, 180.0, "linear", "diverging", "0°", "180°"),
    Figure("zero_share", "zeros in the gradient", 0.0, 1.0, "linear", "cividis", "0", "100 %"),
)
_FORMULAE = {
    "gradient_norm": r"\left\| \frac{\partial L}{\partial \theta} \right\|",
    "update_ratio": r"\frac{\| \Delta \theta \|}{\| \theta \|}",
    "signal_to_noise": r"\frac{1}{n} \sum_i \frac{| \mu_i |}{\sigma_i}",
    "angle": r"\cos \alpha = \frac{g_k \cdot g_{k-1}}{\| g_k \| \| g_{k-1} \|}",
    "zero_share": r"\frac{\# \{ i : g_i = 0 \}}{n}",
}


@panels.register("tensor_heat")
class TensorHeatPanel(ParameterView, TimePanel):
    """One figure of every weight tensor over all training steps: layers that stop learning show as dark rows."""

    name = "tensor_heat"
    title = "All tensors"
    question = "Which layers stop learning?"
    rooms = {"weights": 30}
    order = 68
    weight = 36
    minimum_height = 140
    ghost = "One row for each weight tensor, one column for each step"

    def __init__(self) -> None:
        super().__init__()
        self.figure = FIGURES[0]
        self.steps: Floats = np.empty(0)
        self.values: Floats = np.empty((0, 0))

    def prepare(self) -> None:
        self.steps, self.values = over_steps(self.snapshot.history.parameters, self.figure.key)

    # geometry

    def gutter(self) -> float:
        """Room for the tensors' names."""
        measure = theme.metrics(11, bold=True)  # of the chosen one
        widest = max((measure.horizontalAdvance(tensor_title(n)) for n in self.names), default=0.0)
        return min(widest + theme.px(12), self.width() * 0.42)

    def area(self) -> QRectF:
        left, top, bottom = round(self.gutter()), theme.px(4), theme.px(22 + BAR)
        return QRectF(left, top, max(self.width() - left - theme.px(14), 1), max(self.height() - top - bottom, 1))

    def x_axis(self) -> Axis:
        last = int(self.steps[-1]) if len(self.steps) else 0
        return axis_of_steps(horizon_of(planned_steps(self.snapshot.run), last), log=True)

    def columns(self, count: int) -> Floats:
        """(tensor, column): the newest measured step at or before each column's end; nan before the first, after the
        last.
        """
        axis = self.x_axis()
        edges = np.array([axis.value(place) for place in np.arange(1, count + 1) / count])
        starts = np.array([axis.value(place) for place in np.arange(count) / count])
        places = np.searchsorted(self.steps, edges, side="right") - 1
        found = self.values[np.maximum(places, 0)].T.copy()  # (tensor, column)
        found[:, (places < 0) | (starts > self.steps[-1])] = np.nan
        return found

    # painting

    def paint(self, painter: QPainter) -> None:
        key = (self.newest.step if self.newest else 0, self.figure.key, self.tensor, len(self.steps), self.names)
        painter.drawPixmap(0, 0, self.static_layer(key, self._paint_all))

    def _paint_all(self, painter: QPainter) -> None:
        area, figure = self.area(), self.figure
        columns = self.columns(max(int(area.width()), 2))
        indices = index_image(columns, figure.low, figure.high, figure.scale)
        indices[indices == BLANK] = MASKED
        painter.fillRect(area, theme.theme().ghost)
        paint_matrix(painter, area, indices, theme.colour_table(figure.colours))
        self._paint_names(painter, area)
        plot.paint_x_labels(painter, area, self.x_axis())
        bar = PaintedBar(figure.option, figure.low_text, figure.high_text, figure.colours)
        if colour_bar_width(bar) > area.right():
            bar = replace(bar, quantity="")  # the header says it
        paint_colour_bar(painter, area.right(), self.height() - theme.px(BAR) / 2, bar)

    def _paint_names(self, painter: QPainter, area: QRectF) -> None:
        """As many names as have room; the chosen one always."""
        high = area.height() / max(len(self.names), 1)
        every = max(1, int(np.ceil(theme.px(12) / high)))
        flag = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        for row, name in enumerate(self.names):
            chosen = name == self.tensor
            near = abs(row - self.index) < every and not chosen
            if row and high > 4:
                painter.fillRect(
                    QRectF(area.left(), round(area.top() + row * high), area.width(), 1), theme.theme().sheet
                )
            if (row % every or near) and not chosen and every > 1:
                continue
            painter.setFont(theme.font(11, bold=chosen))
            painter.setPen(theme.theme().ink if chosen else theme.theme().ink3)
            room = area.left() - theme.px(6)
            text = theme.metrics(11, chosen).elidedText(tensor_title(name), Qt.TextElideMode.ElideMiddle, room)
            painter.drawText(QRectF(0, area.top() + (row + 0.5) * high - 10, room, 20), flag, text)

    # words

    def subtitle(self) -> str:
        return self.figure.option if self.newest else ""

    def reading(self) -> str:
        if self.newest is None:
            return ""
        values = self.newest.figures[self.figure.key]
        if not np.isfinite(values).any():
            return "not known before **10 measured steps**" if self.figure.key == "signal_to_noise" else ""
        most = int(np.nanargmax(values))
        value = figure_text(self.figure.key, float(values[most]))
        return f"highest: **{tensor_title(self.names[most])}**, {value}"

    def colour_bar(self) -> ColourBar | None:
        return None  # under the map: the column is narrow

    def explain(self, cursor: Cursor) -> Explanation:
        sentence = (
            f"Each row is a weight tensor, each column a training step, coloured by its {self.figure.option}. "
            "Grey: not measured yet. Click a row to choose its tensor."
        )
        formula = _FORMULAE[self.figure.key]
        if self.newest is None:
            return Explanation(self.title, formula, sentence)
        rows = [Quantity("tensor", tensor_title(self.tensor))]
        rows += [
            Quantity(FIGURE_WORDS[f.key], figure_text(f.key, float(self.newest.figures[f.key][self.index])))
            for f in FIGURES
        ]
        return Explanation(self.title, formula, sentence, tuple(rows))

    def export(self) -> Mapping[str, np.ndarray]:
        if not len(self.steps):
            return {}
        return {"step": self.steps, **{name: self.values[:, i].copy() for i, name in enumerate(self.names)}}

    # menu and mouse

    def menu_choices(self) -> tuple[tuple[str, tuple[str, ...], str], ...]:
        return (("colour", tuple(f.option for f in FIGURES), self.figure.option), *super().menu_choices())

    def choose(self, key: str, option: str) -> None:
        super().choose(key, option)
        if key == "colour":
            self.figure = next(figure for figure in FIGURES if figure.option == option)
            self.renew()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        area = self.area()
        if self.names and area.top() <= event.position().y() < area.bottom():
            row = int((event.position().y() - area.top()) / area.height() * len(self.names))
            self.pick(self.names[row])
