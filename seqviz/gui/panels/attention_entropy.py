"""Attention entropy: how widely every head looks at each position, as a share of as widely as it could."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from seqviz.gui.panels.base import ColourBar, Cursor, Explanation, Quantity, panels
from seqviz.gui.panels.level_rows import LevelRow, LevelRowsPanel
from seqviz.gui.panels.state_names import layer_of

_ENTROPY = "health.attention_entropy."
COLLAPSED = 0.1  # a head whose mean over the probe is lower looks at one position alone, nearly everywhere


@panels.register("attention_entropy")
class AttentionEntropyPanel(LevelRowsPanel):
    """One row a head, the top block above: 0 looks at one position alone, 1 at all it may see alike."""

    name = "attention_entropy"
    title = "Attention entropy"
    question = "Has attention collapsed?"
    wants = (f"{_ENTROPY}*",)
    needs = wants
    lacking = "has no attention"
    shown_by_default = False
    rooms = {"health": 15}
    order = 43
    weight = 30
    limits = (0.0, 1.0)
    ghost = "How widely each attention head looks."

    def rows_now(self) -> tuple[LevelRow, ...]:
        rows = []
        layers = sorted(self.found(), key=lambda name: (layer_of(name + ".") or 0, name), reverse=True)
        for layer in layers:
            heads = self.found()[layer]
            for head, values in enumerate(heads):
                shown = values if self.along_sheet(_ENTROPY + layer) else None
                mean = mean_of(values)
                low = bool(mean < COLLAPSED)
                label = head_label(layer, head, len(heads))
                rows.append(
                    LevelRow(
                        f"{layer}.{head}", label, shown, f"{mean:.2f}", head == 0, self.axis_of(_ENTROPY + layer), low
                    )
                )
        return tuple(rows)

    def found(self) -> dict[str, NDArray[np.floating]]:
        """(head, position) by layer."""
        arrays = self.snapshot.matching(f"{_ENTROPY}*")
        return {n.removeprefix(_ENTROPY): a if a.ndim == 2 else a[None] for n, a in arrays.items()}

    # words

    def subtitle(self) -> str:
        return "share of the largest entropy; numbers: the mean, ▲ under 0.1"

    def colour_bar(self) -> ColourBar:
        return ColourBar("H / log₂ n", "0", "viridis", "1")

    def reading(self) -> str:
        means = [mean_of(values) for heads in self.found().values() for values in heads]
        if not means:
            return ""
        low = sum(mean < COLLAPSED for mean in means)
        if low:
            return f"**{low} of {len(means)}** heads have collapsed: they look at one position alone nearly everywhere"
        lowest = min(zip(means, (row for row in self._labels()), strict=True), key=lambda pair: pair[0])
        return f"no head has collapsed; the narrowest, {lowest[1]}, keeps **{lowest[0]:.2f}** of the largest entropy"

    def _labels(self) -> list[str]:
        """In the order of `found`."""
        return [head_words(layer, head) for layer, heads in self.found().items() for head in range(len(heads))]

    def explain(self, cursor: Cursor) -> Explanation:
        formula = r"\frac{-\sum_s p_{t,s} \log_2 p_{t,s}}{\log_2 n_t}"
        sentence = (
            "n is how many positions t may see. A head at 0 copies one position and its scores get no gradient any "
            "more; when heads fall there together, training becomes unstable (entropy collapse)."
        )
        place = self.hovered if self.hovered >= 0 else 0
        if not self.ready() or not 0 <= place < len(self.rows):
            return Explanation(self.title, formula, sentence)
        row = self.rows[place]
        quantities = [Quantity("head", _in_full(row.label)), Quantity("mean over the probe", row.number)]
        if row.values is None or not 0 <= cursor.column < len(row.values):
            return Explanation(self.title, formula, sentence, tuple(quantities))
        value = float(row.values[cursor.column])
        number = f"{value:.2f}" if np.isfinite(value) else "–"
        meaning = f"at t = {cursor.column} ({self.place_words(cursor.column)})"
        meaning += "" if np.isfinite(value) else ", which sees but one position"
        return Explanation(self.title, formula, sentence, tuple(quantities), number, meaning)


def mean_of(values: NDArray[np.floating]) -> float:
    """Over the positions that have a choice; nan where none has."""
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else float("nan")


def head_label(layer: str, head: int, heads: int) -> str:
    """`block 2, head 1` as short as the gutter wants it: `2 · head 1`."""
    number = layer_of(layer + ".")
    if number is None:
        return "attention" if heads == 1 else f"head {head + 1}"
    return f"{number + 1} · head {head + 1}"


def _in_full(label: str) -> str:
    """`block 2, head 1` of `2 · head 1`."""
    return f"block {label.replace(' · ', ', ')}" if "·" in label else label


def head_words(layer: str, head: int) -> str:
    """`head 1 of block 2` in a sentence."""
    number = layer_of(layer + ".")
    return "the attention" if number is None else f"head {head + 1} of block {number + 1}"
