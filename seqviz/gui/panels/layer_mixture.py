"""Which layers a task reads: the weights that mix them, of a model that hands all its layers on."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from PySide6.QtWidgets import QVBoxLayout

from seqviz.gui import theme
from seqviz.gui.panels.base import Cursor, Explanation, FreePanel, Quantity, Snapshot, panels
from seqviz.gui.widgets.bar_list import ROW_HEIGHT, Bar, BarList

WEIGHTS, SCALE = "mixture.weight", "mixture.scale"


@panels.register("layer_mixture")
class LayerMixturePanel(FreePanel):
    """How much of each layer goes into what the task's own layer reads."""

    name = "layer_mixture"
    title = "Mixture of layers"
    question = "Which layers does the task read?"
    needs = (WEIGHTS,)
    wants = (WEIGHTS, SCALE)
    weight = 16
    order = 35
    minimum_height = 3 * ROW_HEIGHT

    def __init__(self) -> None:
        super().__init__()
        self._weights = np.zeros(0)
        self._scale = 1.0
        self.bars = BarList(self)
        self.bars.set_empty("a bar for each layer, adding up to 1")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.bars)
        self.setAccessibleName(self.title)

    def present(self, snapshot: Snapshot) -> None:
        weights, scale = snapshot.array(WEIGHTS), snapshot.array(SCALE)
        fresh = np.zeros(0) if weights is None else weights
        if np.array_equal(fresh, self._weights):
            return
        self._weights = fresh
        self._scale = 1.0 if scale is None else float(scale[0])
        self.bars.set_bars([Bar(n, float(w), f"{w:.2f}") for n, w in zip(self.names(), fresh, strict=True)])
        self.header_changed.emit()

    def clear(self) -> None:
        self.present(Snapshot())

    def names(self) -> list[str]:
        """The words' own vectors, then the layers from the bottom."""
        count = len(self._weights)
        return ["words", *(f"layer {number}" for number in range(1, count))][:count]

    def subtitle(self) -> str:
        return "weights of a sum, 1 together" if len(self._weights) else ""

    def reading(self) -> str:
        if not len(self._weights):
            return ""
        even = 1 / len(self._weights)
        if float(np.ptp(self._weights)) < 0.1 * even:
            return f"all alike, **{even:.2f}** each: nothing was taught yet"
        best = int(self._weights.argmax())
        return f"most of **{self.names()[best]}**, {self._weights[best]:.2f} against {even:.2f} if all were alike"

    def explain(self, cursor: Cursor) -> Explanation:
        rows = [Quantity(f"s of {n}", f"{w:.3f}") for n, w in zip(self.names(), self._weights, strict=True)]
        if len(self._weights):
            rows.append(Quantity("γ, the scale of the sum", f"{self._scale:.3f}"))
        return Explanation(
            self.title,
            r"\gamma \sum_j s_j h_{t,j}",
            "Words by themselves, and what each layer made of them in their sentence: the task learns how much of "
            "each it wants. Reading without labels leaves the weights alike.",
            tuple(rows),
        )

    def export(self) -> Mapping[str, np.ndarray]:
        return {"layer": np.array(self.names()), "weight": self._weights}

    def on_theme_changed(self) -> None:
        super().on_theme_changed()
        self.setMinimumHeight(theme.px(self.minimum_height))
