"""Total gradient: how much of the whole loss's gradient arrives at each position of the probe."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter

from seqviz.gui import theme
from seqviz.gui.number_text import power_label
from seqviz.gui.panels.base import Cursor, Explanation, Quantity, Snapshot, panels
from seqviz.gui.panels.gates import step_line
from seqviz.gui.panels.painted_sheet import PaintedSheetPanel
from seqviz.gui.panels.state_names import symbol, titles_of
from seqviz.gui.widgets.axes import Axis, stepped_range

_TOTAL = "gradient.total."


@panels.register("gradient_norms")
class GradientNormsPanel(PaintedSheetPanel):
    """Norm of the gradient of the whole loss at each position: not the picture that shows vanishing."""

    name = "gradient_norms"
    title = "Total gradient"
    rooms = {"backprop": 40}
    question = "Where does the loss pull?"
    wants = ("gradient.total.*",)
    needs = wants
    without_gradients = ""
    order = 15
    weight = 14
    minimum_height = 60
    shown_by_default = False
    ghost = "Total gradient: how much of the whole loss's gradient arrives at each position."

    def __init__(self) -> None:
        super().__init__()
        self._sites: dict[str, str] = {}
        self._site = ""
        self._values: NDArray[np.floating] | None = None
        self._range: tuple[float, float] | None = None

    @property
    def site(self) -> str:
        known = list(self._sites.values())
        return self._site if self._site in known else (known[0] if known else "")

    def prepare(self, old: Snapshot) -> None:
        found = self.snapshot.matching(f"{_TOTAL}*")
        self._sites = titles_of(name.removeprefix(_TOTAL) for name in found)
        self._values = found.get(_TOTAL + self.site)
        if self._values is None:
            return
        known = self._values[np.isfinite(self._values) & (self._values > 0)]
        if len(known):
            self._range = stepped_range(float(known.min()), float(known.max()), self._range, log=True)

    def ready(self) -> bool:
        return self._values is not None and self._range is not None and len(self._values) == self.grid.n

    def axis(self) -> Axis:
        assert self._range is not None
        return Axis(*self._range, log=True)

    def paint(self, painter: QPainter) -> None:
        assert self._values is not None
        area = QRectF(self.grid.left, 6, self.grid.width, max(self.height() - 14, 1))
        key = (self._range, self.grid)
        painter.drawPixmap(0, 0, self.static_layer(key, lambda p: self._paint_axis(p, area)))
        places = np.clip(np.nan_to_num(self.axis().places(self.seen(self._values))), 0.0, 1.0)
        ys = np.rint(area.bottom() - places * area.height())
        family = "" if self.snapshot.run is None else self.snapshot.run.family
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        for rect in step_line(self.grid.left, self.grid.cell, ys.tolist(), theme.px(2.25)):
            painter.fillRect(rect, theme.family_colour(family))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)

    def _paint_axis(self, painter: QPainter, area: QRectF) -> None:
        painter.fillRect(area, theme.theme().ghost)
        for value, text in ((self.axis().high, "top"), (self.axis().low, "bottom")):
            y = area.top() + theme.px(4) if text == "top" else area.bottom() - theme.px(4)
            self.paint_gutter(painter, power_label(value), y)

    # words

    def subtitle(self) -> str:
        letter = {"h": "hₜ", "c": "cₜ", "e": "eₜ"}.get(symbol(self.site), "xₜ") if self.site else "hₜ"
        return f"‖∂L/∂{letter}‖, L the whole loss: flat in a language model, as every position has a loss of its own"

    def reading(self) -> str:
        if self._values is None or len(self._values) < 8:
            return ""
        known = self._values[np.isfinite(self._values) & (self._values > 0)]
        if len(known) < 8:
            return ""
        quarter = len(known) // 4
        ratio = float(np.median(known[:quarter]) / np.median(known[-quarter:]))
        return f"the first quarter of the text gets **{theme.short(ratio)} times** the gradient of the last"

    def explain(self, cursor: Cursor) -> Explanation:
        letter = symbol(self.site) if self.site else "h"
        formula = rf"\left\| \frac{{\partial L}}{{\partial {letter}_t}} \right\|_2, \quad L = \sum_t \ell_t"
        sentence = (
            "The gradient of all losses together. Every position has a loss of its own right beside it, so this "
            "looks flat even when nothing flows back; the gradient map tells near from far."
        )
        t = cursor.column
        if self._values is None or not 0 <= t < len(self._values):
            return Explanation(self.title, formula, sentence)
        place = Quantity(f"t = {t}", self.place_words(t))
        return Explanation(self.title, formula, sentence, (place,), theme.short(float(self._values[t])), "norm at t")

    def export(self) -> Mapping[str, np.ndarray]:
        return {} if self._values is None else {_TOTAL + self.site: self._values}

    # menu

    def menu_choices(self) -> tuple[tuple[str, tuple[str, ...], str], ...]:
        if len(self._sites) < 2:
            return ()
        current = next(title for title, site in self._sites.items() if site == self.site)
        return (("gradient with respect to", tuple(self._sites), current),)

    def choose(self, key: str, option: str) -> None:
        self._site, self._range = self._sites.get(option, self._site), None
        self.refresh()
