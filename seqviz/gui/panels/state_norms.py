"""State norms: how long the state vector of every level is at each position of the probe."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from seqviz.gui import theme
from seqviz.gui.panels.base import ColourBar, Cursor, Explanation, Quantity, panels
from seqviz.gui.panels.depth_grid import change_words
from seqviz.gui.panels.level_names import level_label, level_order, level_words, many_layers
from seqviz.gui.panels.level_rows import LevelRow, LevelRowsPanel

_NORM = "health.norm."


@panels.register("state_norms")
class StateNormsPanel(LevelRowsPanel):
    """One row a level, the top one above: a state that grows along the text or from level to level explodes."""

    name = "state_norms"
    title = "State norms"
    question = "Does any state explode?"
    wants = (f"{_NORM}*",)
    needs = wants
    lacking = "has no states that could grow"
    shown_by_default = False
    rooms = {"health": 30}
    order = 44
    weight = 22
    limits = (0.1, 1000.0)
    scale = "log10"
    ghost = "How long the state of each level is at each position."

    def rows_now(self) -> tuple[LevelRow, ...]:
        found = self.found()
        levels = sorted(found, key=level_order, reverse=True)
        many = many_layers(levels)
        rows = []
        for name in levels:
            values = found[name]
            shown = values if self.along_sheet(_NORM + name) else None
            broken = not bool(np.isfinite(values).all())
            number = theme.short(float(values.mean())) if not broken else "not finite"
            rows.append(
                LevelRow(name, level_label(name, many), shown, number, along=self.axis_of(_NORM + name), marked=broken)
            )
        return tuple(rows)

    def found(self) -> dict[str, NDArray[np.floating]]:
        return {n.removeprefix(_NORM): a for n, a in self.snapshot.matching(f"{_NORM}*").items()}

    # words

    def subtitle(self) -> str:
        return f"‖x‖ of every level's state at each {self.token_word}; numbers: the mean"

    def colour_bar(self) -> ColourBar:
        return ColourBar("‖xₜ‖", "0.1", "viridis", "1000")

    def reading(self) -> str:
        levels = [row.name for row in self.rows if row.name != "embedding"]
        if not levels:
            return ""
        found = self.found()
        many = many_layers(levels)
        broken = next((name for name in reversed(levels) if not np.isfinite(found[name]).all()), "")
        if broken:
            return f"the state of {level_words(broken, many)} is **not finite** at some position"
        most = max(levels, key=lambda name: abs(np.log(growth(found[name]))) if growth(found[name]) > 0 else np.inf)
        return (
            f"{level_words(most, many)} {change_words(growth(found[most]))} "
            f"from the first quarter of the text to the last"
        )

    def explain(self, cursor: Cursor) -> Explanation:
        formula = r"\left\| x_t \right\|_2 = \sqrt{\sum_u x_{t,u}^2}"
        sentence = (
            "States squashed by tanh stay short; those of a ReLU net, a cell that only adds and a residual stream may "
            "grow without end, and then so does the gradient."
        )
        place = self.hovered if self.hovered >= 0 else 0
        if not self.ready() or not 0 <= place < len(self.rows):
            return Explanation(self.title, formula, sentence)
        row = self.rows[place]
        values = self.found()[row.name]
        quantities = [Quantity("level", row.label), Quantity("mean over the probe", row.number)]
        if row.values is None or not 0 <= cursor.column < len(values):
            return Explanation(self.title, formula, sentence, tuple(quantities))
        where = f"norm at t = {cursor.column} ({self.place_words(cursor.column)})"
        return Explanation(
            self.title, formula, sentence, tuple(quantities), theme.short(float(values[cursor.column])), where
        )


def growth(values: NDArray[np.floating]) -> float:
    """Mean of the last quarter over that of the first; 1 where there is nothing to divide by."""
    quarter = max(len(values) // 4, 1)
    first, last = float(values[:quarter].mean()), float(values[-quarter:].mean())
    return last / first if first > 0 else 1.0
