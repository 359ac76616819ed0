"""Depth: the gradient at every level between the loss and the input, position by position."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from seqviz.gui import theme
from seqviz.gui.panels.base import ColourBar, Cursor, Explanation, Quantity, Snapshot, panels
from seqviz.gui.panels.level_names import level_label, level_order, level_words
from seqviz.gui.panels.level_rows import LevelRow, LevelRowsPanel
from seqviz.gui.panels.state_names import layer_of
from seqviz.gui.widgets.matrix_view import Scale

LOSSES: dict[str, Literal["total", "last"]] = {"all losses": "total", "the last loss alone": "last"}
STEADY = 1.25  # a factor within this of 1 is no change worth a word


@panels.register("depth_grid")
class DepthGridPanel(LevelRowsPanel):
    """One row a level, the loss on top and the input at the bottom: where the gradient is lost on its way down."""

    name = "depth_grid"
    title = "Gradient by depth"
    question = "Which level loses the gradient?"
    wants = ("depth.total.*", "depth.last.*", "depth.share.*", "depth.dilation.*")
    needs = ("depth.total.*",)
    without_gradients = ": none runs through its levels"
    shown_by_default = False
    rooms = {"depth": 10}
    follows = ("depth.",)
    order = 12
    weight = 60
    minimum_height = 140
    ghost = "The gradient at every level, from the head that reads the states down to the embedding."

    def __init__(self) -> None:
        super().__init__()
        self._chosen = ""  # by the user; "": what suits the model
        self._asked: Literal["total", "last"] = "total"
        self.ratios: dict[str, float] = {}  # level -> norm over all positions, 1 at the top level

    @property
    def losses(self) -> str:
        """Where levels look back at other distances, one loss alone shows which places each of them reads."""
        provides = () if self.snapshot.run is None else self.snapshot.run.provides
        return self._chosen or ("the last loss alone" if "depth.dilation.*" in provides else "all losses")

    @property
    def kind(self) -> Literal["total", "last"]:
        return LOSSES[self.losses]

    def current_wants(self) -> frozenset[str]:
        return frozenset({f"depth.{self.kind}.*", "depth.share.*", "depth.dilation.*"})

    def limits_now(self) -> tuple[tuple[float, float], Scale, str]:
        """Total: from a hundredth to a hundredfold, 1 in the middle; one loss: it falls over the positions too."""
        return ((-2.0, 2.0), "linear", "diverging") if self.kind == "total" else ((1e-6, 2.0), "log10", "viridis")

    def prepare(self, old: Snapshot) -> None:
        if self.kind != self._asked:
            self._asked = self.kind
            self.wants_changed.emit()
        super().prepare(old)

    def rows_now(self) -> tuple[LevelRow, ...]:
        prefix = f"depth.{self.kind}."
        found = {name.removeprefix(prefix): a for name, a in self.snapshot.matching(f"{prefix}*").items()}
        levels = sorted((n for n in found if not n.endswith(".beside")), key=level_order, reverse=True)
        self.ratios = ratios_of(levels, found)
        dilations = {n.removeprefix("depth.dilation."): float(a[0])
                     for n, a in self.snapshot.matching("depth.dilation.*").items()}  # fmt: skip
        many, rows = self.many(levels), []
        reference = reference_of(levels, found, self.kind)
        here = [found[name] for name in levels if self.along_sheet(prefix + name)]
        silent = np.all([values == 0 for values in here], axis=0) if here else np.zeros(0, dtype=bool)
        for name in levels:
            values = np.where(silent, np.nan, found[name]) if len(found[name]) == len(silent) else found[name]
            values = values.astype(np.float64) / reference
            if self.kind == "total":
                with np.errstate(divide="ignore"):
                    values = np.log10(values)
            shown = values if self.along_sheet(prefix + name) else None
            starts = name.endswith((".residual", ".output"))
            rows.append(
                LevelRow(
                    name,
                    level_label(name, many, dilations),
                    shown,
                    times(self.ratios[name]),
                    starts,
                    self.axis_of(prefix + name),
                )
            )
        return tuple(rows)

    @staticmethod
    def many(levels: list[str]) -> bool:
        """Whether a name needs its layer."""
        return len({layer_of(name + ".") for name in levels} - {None}) > 1

    def shares(self) -> dict[str, float]:
        """By branch of a Transformer's block, its part of what meets below it."""
        found = self.snapshot.matching("depth.share.*")
        return {n.removeprefix("depth.share."): float(a[0]) for n, a in found.items() if np.isfinite(a[0])}

    # words

    def subtitle(self) -> str:
        what = "the whole loss" if self.kind == "total" else "the last loss of the probe alone"
        return f"norm of the gradient of {what} by each level; numbers: all of a level, ×1 at the top"

    def colour_bar(self) -> ColourBar:
        if self.kind == "total":
            return ColourBar("‖∂L/∂xₜ‖, 1 = typical at the top", "0.01", "diverging", "100")
        return ColourBar("‖∂ℓ/∂xₜ‖, 1 = at the top", "10⁻⁶", "viridis", "2")

    def reading(self) -> str:
        if len(self.rows) < 2:
            return ""
        names = [row.name for row in self.rows]
        if not all(np.isfinite(ratio) for ratio in self.ratios.values()):
            broken = next(n for n in names if not np.isfinite(self.ratios[n]))
            return f"the gradient at **{level_words(broken, self.many(names))}** is not a number"
        end = self.ratios[names[-1]]
        words = f"from the head to {level_words(names[-1], self.many(names))} the gradient {change_words(end)}"
        shares = self.shares()
        if shares:
            name = max(shares, key=lambda n: shares[n])
            words += f"; {100 * shares[name]:.0f} % of it below block {level_words(name, True).rsplit(' ', 1)[1]} "
            words += f"came through its {'MLP' if name.endswith('mlp') else 'attention'}"
        return words

    def explain(self, cursor: Cursor) -> Explanation:
        loss = "L" if self.kind == "total" else r"\ell_T"
        formula = rf"\left\| \frac{{\partial {loss}}}{{\partial x_t}} \right\|_2"
        if self.shares():
            formula = (
                rf"\frac{{\partial {loss}}}{{\partial x}} = \frac{{\partial {loss}}}{{\partial y}} + "
                rf"\frac{{\partial {loss}}}{{\partial y}} \frac{{\partial f}}{{\partial x}}, \quad y = x + f(x)"
            )
        sentence = (
            "Every level multiplies the gradient once more. A level much fainter than the one above it is where it "
            "dies; one much stronger is where it starts to explode."
        )
        place = self.hovered if self.hovered >= 0 else len(self.rows) - 1
        if not self.ready() or not 0 <= place < len(self.rows):
            return Explanation(self.title, formula, sentence)
        row = self.rows[place]
        array = self.snapshot.array(f"depth.{self.kind}.{row.name}")
        quantities = [Quantity("level", row.label.removeprefix("↳ "))]
        if array is not None and row.values is not None and 0 <= cursor.column < len(array):
            where = f"norm at t = {cursor.column} ({self.place_words(cursor.column)})"
            quantities.append(Quantity(where, theme.short(float(array[cursor.column]))))
        if row.name in self.shares():
            quantities.append(Quantity("share of what meets below", f"{100 * self.shares()[row.name]:.0f} %"))
        meaning = "times the gradient at the top level, over all positions"
        return Explanation(
            self.title, formula, sentence, tuple(quantities), theme.short(self.ratios[row.name]), meaning
        )

    # menu

    def menu_choices(self) -> tuple[tuple[str, tuple[str, ...], str], ...]:
        return (("gradient of", tuple(LOSSES), self.losses),)

    def choose(self, key: str, option: str) -> None:
        self._chosen = option if option in LOSSES else self._chosen
        self.refresh()


def whole_norm(values: NDArray[np.floating]) -> float:
    """Of the norms at all positions (t,) the norm of all of it."""
    return float(np.sqrt((values.astype(np.float64) ** 2).sum()))


def ratios_of(levels: list[str], found: dict[str, NDArray[np.floating]]) -> dict[str, float]:
    """Norm over all positions by level, 1 at the first; nan where the first has none."""
    norms = {name: whole_norm(found[name]) for name in levels}
    top = norms[levels[0]] if levels else 0.0
    return {name: norm / top if top > 0 else float("nan") for name, norm in norms.items()}


def reference_of(levels: list[str], found: dict[str, NDArray[np.floating]], kind: str) -> float:
    """What 1 means: the root mean square of the top level's norms, or of one loss all of it."""
    if not levels:
        return 1.0
    top = found[levels[0]]
    norm = whole_norm(top) / (np.sqrt(max(len(top), 1)) if kind == "total" else 1.0)
    return norm if norm > 0 else float("nan")


def times(ratio: float) -> str:
    """`×0.03`; an en dash where nothing is known."""
    return f"×{theme.short(ratio)}" if np.isfinite(ratio) else "–"


def change_words(ratio: float) -> str:
    """`shrinks **33 times**`, `grows **2.1 times**`, `**keeps its size** (×1.1)`."""
    if ratio == 0:
        return "**dies**: nothing arrives"
    if 1 / STEADY <= ratio <= STEADY:
        return f"**keeps its size** ({times(ratio)})"
    verb, factor = ("grows", ratio) if ratio > 1 else ("shrinks", 1 / ratio)
    return f"{verb} **{theme.short(factor)} times**"
