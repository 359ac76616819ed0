"""The chain of back-offs: for each character of the probe, which orders its probability comes from.

A character's own column shows its own probability, as the strip does its own surprisal: the row of arrays one earlier.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QImage, QPainter

from seqviz.gui import theme
from seqviz.gui.panels.base import ColourBar, Cursor, Explanation, Quantity, Snapshot, panels
from seqviz.gui.panels.counting_words import context_text, formula_of, percent, smoothing_of
from seqviz.gui.panels.painted_sheet import PaintedSheetPanel
from seqviz.gui.reading import fitting
from seqviz.gui.widgets.matrix_view import index_image, matrix_image, paint_matrix
from seqviz.gui.widgets.strip_painting import shown_token

_CENTRE = int(Qt.AlignmentFlag.AlignCenter)


@panels.register("backoff_chain")
class BackoffChainPanel(PaintedSheetPanel):
    """Which length of context answers for each character: the share of its probability that every order gives."""

    name = "backoff_chain"
    title = "Which order answers"
    question = "Which order answers?"
    needs = ("backoff.weight",)
    wants = ("backoff.weight", "backoff.probability", "backoff.factor", "backoff.count", "backoff.target_count")
    order = 12
    weight = 30
    minimum_height = 96
    ghost = "Which length of context each character's probability comes from."

    def __init__(self) -> None:
        super().__init__()
        self._weight: NDArray[np.floating] | None = None  # (t, order + 1) of the character at t, blind guessing first
        self._image: QImage | None = None
        self._drawn: object = None

    def prepare(self, old: Snapshot) -> None:
        weight, count = self.snapshot.array("backoff.weight"), self.snapshot.array("backoff.count")
        self._weight = None
        if weight is None or count is None or weight.ndim != 2:
            return
        blind = 1.0 - weight.sum(axis=1, keepdims=True)  # (t, 1)
        parts = np.concatenate([blind, np.where(count > 0, weight, np.nan)], axis=1)  # unseen contexts stay blank
        self._weight = np.full_like(parts, np.nan)
        self._weight[1:] = parts[:-1]

    @property
    def shares(self) -> NDArray[np.floating] | None:
        """(t, order + 1) what part of each character's probability comes from each order; 0: guessing blindly."""
        return self._weight

    @property
    def orders(self) -> int:
        return 0 if self._weight is None else self._weight.shape[1] - 1

    def ready(self) -> bool:
        return self._weight is not None and len(self._weight) == self.grid.n

    # painting

    def area(self) -> QRectF:
        return QRectF(self.grid.left, 2, self.grid.width, max(self.height() - 8, 1))

    def paint(self, painter: QPainter) -> None:
        assert self._weight is not None
        key = (self.serial, self.grid, theme.version())
        if self._drawn != key:
            rows = self.seen(self._weight)[:, ::-1].T  # (order + 1, visible), the longest on top
            self._image = matrix_image(index_image(rows, 0.0, 1.0, "sqrt"), theme.colour_table("viridis"))
            self._drawn = key
        assert self._image is not None
        paint_matrix(painter, self.area(), self._image)
        painter.drawPixmap(0, 0, self.static_layer((self.serial, self.grid), self._paint_words, "words"))

    def _paint_words(self, painter: QPainter) -> None:
        """Names of the rows, and a 0 where the counts call a character impossible."""
        area, rows = self.area(), self.orders + 1
        high = area.height() / rows
        every = max(1, int(np.ceil(theme.px(13) / high)))
        for row in range(rows):
            order = self.orders - row
            if order % every == 0 or order == self.orders:
                name = f"{order}-gram" if order else "blind"
                self.paint_gutter(painter, name, area.top() + (row + 0.5) * high)
        probability = self.snapshot.array("backoff.probability")
        used = self.snapshot.array("backoff.count")
        if probability is None or used is None:
            return
        painter.setFont(theme.font(11, bold=True))
        painter.setPen(theme.theme().ink)
        for column in self.grid.columns():
            if column and probability[column - 1, -1] == 0:
                row = self.orders - int((used[column - 1] > 0).sum())
                cell = QRectF(self.grid.x_of(column) - 4, area.top() + row * high, self.grid.cell + 8, high)
                painter.drawText(cell, _CENTRE, "0")

    # words

    def subtitle(self) -> str:
        return f"share of each {self.token_word}'s probability by length of context"

    def colour_bar(self) -> ColourBar:
        return ColourBar("share", "0", "viridis", "1")

    def reading(self) -> str:
        if self._weight is None or self.orders == 0:
            return ""
        known = self._weight[1:]
        known = known[np.isfinite(known[:, 0])]
        if not len(known):
            return self._impossible()
        mean = float((np.nan_to_num(known) * np.arange(known.shape[1])).sum(axis=1).mean())
        missing = self._new_contexts()
        start = f"on average **order {mean:.1f}** answers"
        if missing:
            rest = f"; {percent(missing)} of the {self.orders}-gram contexts are new"
            return fitting(self.width(), start + rest, start) + self._impossible("; ")
        return start + self._impossible("; ")

    def _new_contexts(self) -> float:
        """Share of the longest contexts, of those the text is long enough for, that were never seen."""
        count = self.snapshot.array("backoff.count")
        longest = np.empty(0) if count is None else count[:-1, -1]
        longest = longest[longest >= 0]
        return float((longest == 0).mean()) if len(longest) else 0.0

    def _impossible(self, lead: str = "") -> str:
        """How many characters have probability 0, where any has."""
        probability = self.snapshot.array("backoff.probability")
        zeros = 0 if probability is None else int((probability[:, -1] == 0).sum())
        return f"{lead}**{zeros} {self.token_word}{'s' if zeros > 1 else ''}** never seen here" if zeros else ""

    def explain(self, cursor: Cursor) -> Explanation:
        formula, sentence = formula_of(self.snapshot.run)
        t = cursor.column
        if not self.ready() or not 1 <= t < self.grid.n:
            return Explanation(self.title, formula, sentence)
        count, hits, probability = (
            self.snapshot.array(f"backoff.{name}") for name in ("count", "target_count", "probability")
        )
        if count is None or hits is None or probability is None or self._weight is None:
            return Explanation(self.title, formula, sentence)
        rows = [Quantity("context", context_text(self.tokens, t - 1, self.orders - 1) or "none")]
        for order in range(self.orders, 0, -1):
            seen = int(count[t - 1, order - 1])
            if seen < 0:
                continue
            share = self._weight[t, order]
            words = "never seen" if not seen else f"{int(hits[t - 1, order - 1])} of {theme.thousands(seen)}"
            rows.append(Quantity(f"order {order}", f"{words}{_told(share)}"))
        final = float(probability[t - 1, -1])
        letter = "S" if smoothing_of(self.snapshot.run) == "stupid_backoff" else "P"
        meaning = f"{letter}(“{shown_token(self.tokens[t])}”), true next after “{context_text(self.tokens, t - 1, 6)}”"
        return Explanation(self.title, formula, sentence, tuple(rows), theme.short(final), meaning)

    def export(self) -> Mapping[str, np.ndarray]:
        names = {name: self.snapshot.array(name) for name in self.wants}
        return {name: array for name, array in names.items() if array is not None}


def _told(share: float) -> str:
    return "" if np.isnan(share) or share < 5e-4 else f", gives {percent(float(share))}"
