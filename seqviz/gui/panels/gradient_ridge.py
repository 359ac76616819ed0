"""How large the entries of one tensor's gradient are, step after step: a ridge of histograms, the newest in front."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen

from seqviz.core.lab_events import ParametersMeasured
from seqviz.core.tensor_names import tensor_title
from seqviz.gui import theme
from seqviz.gui.panels.base import Cursor, Explanation, Quantity, TimePanel, panels
from seqviz.gui.panels.parameter_views import ParameterView
from seqviz.gui.reading import fitting
from seqviz.gui.widgets import plot_painting as plot
from seqviz.gui.widgets.axes import Axis
from seqviz.gui.widgets.curve_painting import polygon

RIDGES = 14
OVERLAP = 2.2  # how many rows a full ridge reaches over
_FORMULA = r"p\left( \log_{10} \left| \frac{\partial L}{\partial \theta_i} \right| \right)"

Floats = NDArray[np.float64]


@panels.register("gradient_ridge")
class GradientRidgePanel(ParameterView, TimePanel):
    """The sizes of one tensor's gradient entries as histograms, one behind the other through the training steps."""

    name = "gradient_ridge"
    title = "Sizes of the entries"
    question = "How is this gradient spread?"
    rooms = {"weights": 20}
    order = 66
    weight = 34
    minimum_height = 150
    ghost = "Histograms of one tensor's gradient, step behind step"

    def __init__(self) -> None:
        super().__init__()
        self.picked: list[ParametersMeasured] = []

    def prepare(self) -> None:
        """Steps that are shown: the first, the newest, and between them evenly on the logarithm of the step."""
        kept = [e for e in self.snapshot.history.parameters if e.names == self.names]
        if not kept:
            self.picked = []
            return
        steps = np.array([event.step for event in kept], dtype=np.float64)
        wanted = np.geomspace(max(steps[0], 1.0), max(steps[-1], 1.0), min(RIDGES, len(kept)))
        places = np.clip(np.searchsorted(steps, wanted * (1 - 1e-9)), 0, len(kept) - 1)
        self.picked = [kept[i] for i in dict.fromkeys([*places.tolist(), len(kept) - 1])]

    def area(self) -> QRectF:
        left, top, bottom = theme.px(40), theme.px(14), theme.px(36)
        return QRectF(left, top, max(self.width() - left - theme.px(14), 1), max(self.height() - top - bottom, 1))

    def x_axis(self) -> Axis:
        """Sizes that any shown histogram reaches, whole decades."""
        assert self.newest is not None
        edges = self.newest.edges
        seen = np.sum([event.histograms[self.index] for event in self.picked], axis=0) > 1e-4
        if not seen.any():
            return Axis(1e-6, 1.0, log=True)
        first, last = np.flatnonzero(seen)[[0, -1]]
        low, high = float(np.floor(edges[first])), float(np.ceil(edges[last + 1]))
        return Axis(10.0**low, 10.0 ** max(high, low + 2), log=True)

    def paint(self, painter: QPainter) -> None:
        area, axis = self.area(), self.x_axis()
        still = (axis, area.width(), area.height())
        painter.drawPixmap(0, 0, self.static_layer(still, lambda p: self._paint_axis(p, area, axis)))
        count = len(self.picked)
        row = area.height() / (max(count - 1, 0) + OVERLAP)
        painter.setClipRect(area.adjusted(0, -2, 0, 2))
        for place, event in enumerate(self.picked):
            base = area.top() + (OVERLAP + place) * row
            tallest = max(float(event.histograms[self.index].max()), 1e-9)
            self._paint_ridge(painter, event, axis, base, OVERLAP * row / tallest, place == count - 1)
        painter.setClipping(False)
        self._paint_steps(painter, area, row)

    def _paint_axis(self, painter: QPainter, area: QRectF, axis: Axis) -> None:
        plot.paint_x_labels(painter, area, axis)
        painter.setFont(theme.font(11))
        painter.setPen(theme.theme().ink3)
        words = QRectF(area.left(), area.bottom() + theme.px(19), area.width(), theme.px(15))
        painter.drawText(words, int(Qt.AlignmentFlag.AlignCenter), "size of an entry |g|")
        painter.drawText(
            QRectF(0, 0, area.left() - theme.px(6), theme.px(13)), int(Qt.AlignmentFlag.AlignRight), "step"
        )
        painter.setPen(QPen(theme.theme().line, 1))
        for value, _ in axis.labels():
            x = plot.pixel_x(area, axis, value)
            painter.drawLine(QLineF(x, area.top(), x, area.bottom()))

    def _paint_ridge(
        self, painter: QPainter, event: ParametersMeasured, axis: Axis, base: float, per: float, newest: bool
    ) -> None:
        area, family, colours = self.area(), theme.family_colour(self.family), theme.theme()
        shares = event.histograms[self.index].astype(np.float64)
        xs = area.left() + axis.places(10.0 ** (event.edges[:-1] + np.diff(event.edges) / 2)) * area.width()
        ys = base - shares * per
        outline = polygon(np.concatenate([[xs[0]], xs, [xs[-1]]]), np.concatenate([[base], ys, [base]]))
        painter.setPen(QPen(colours.sheet, 1.25))
        painter.setBrush(family if newest else theme.mixed(family, colours.sheet, 0.55))
        painter.drawPolygon(outline)

    def _paint_steps(self, painter: QPainter, area: QRectF, row: float) -> None:
        """The step of every ridge that has room for its number; the newest always."""
        painter.setFont(theme.font(11))
        painter.setPen(theme.theme().ink3)
        before = 1e9
        for place in reversed(range(len(self.picked))):
            y = area.top() + (OVERLAP + place) * row
            if before - y < theme.px(14):
                continue
            before = y
            box = QRectF(0, y - theme.px(8), area.left() - theme.px(6), theme.px(14))
            flag = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            painter.drawText(box, flag, str(self.picked[place].step))

    def median(self, event: ParametersMeasured) -> float:
        """The size that half of the entries that are not zero reach, from the histogram; nan where all are zero."""
        shares = event.histograms[self.index].astype(np.float64)
        if not shares.sum() > 0:
            return float("nan")
        done = np.concatenate([[0.0], np.cumsum(shares)]) / shares.sum()
        return float(10.0 ** np.interp(0.5, done, event.edges))

    def subtitle(self) -> str:
        return f"of {tensor_title(self.tensor)}" if self.newest else ""

    def reading(self) -> str:
        if self.newest is None:
            return ""
        size = self.median(self.newest)
        if not np.isfinite(size):
            return "**every entry is zero**"
        zeros = float(self.newest.figures["zero_share"][self.index])
        text, brief = f"half of its entries are smaller than **{theme.short(size)}**", f"median **{theme.short(size)}**"
        full = (f"{text}; {100 * zeros:.0f} % are zero",) if zeros >= 0.005 else ()
        return fitting(self.width(), *full, text, brief)

    def explain(self, cursor: Cursor) -> Explanation:
        sentence = (
            "Each hill is the histogram of how large the entries of this gradient were at one step, on a logarithmic "
            "axis, all hills equally high; zeros are left out. A hill that walks left vanishes, one that walks right "
            "explodes, a wide one has units that learn and units that do not."
        )
        if self.newest is None or not self.picked:
            return Explanation(self.title, _FORMULA, sentence)
        rows = (
            Quantity("tensor", tensor_title(self.tensor)),
            Quantity(f"median at step {self.picked[0].step}", theme.short(self.median(self.picked[0]))),
            Quantity("largest entry", theme.short(float(self.newest.figures["gradient_max"][self.index]))),
            Quantity("zeros", f"{100 * float(self.newest.figures['zero_share'][self.index]):.0f} %"),
        )
        now = theme.short(self.median(self.newest))
        return Explanation(self.title, _FORMULA, sentence, rows, now, f"is the median size at step {self.newest.step}")

    def export(self) -> Mapping[str, np.ndarray]:
        if self.newest is None:
            return {}
        found: dict[str, np.ndarray] = {"log10 size from": self.newest.edges[:-1].copy()}
        return found | {f"step {event.step}": event.histograms[self.index].copy() for event in self.picked}
