"""The belief over all cells at every step of the probe, and where the thing really was."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QImage, QPainter, QPen

from seqviz.gui import theme
from seqviz.gui.panels.base import ColourBar, Cursor, Explanation, Quantity, Snapshot, panels
from seqviz.gui.panels.belief_data import NEEDS, WANTS, Belief, Floats, belief_of, cell_name, doubt_bits, step_words
from seqviz.gui.panels.painted_sheet import PaintedSheetPanel
from seqviz.gui.widgets.cursor import paint_map_cursor
from seqviz.gui.widgets.matrix_view import index_image, matrix_image, paint_matrix

SMALLEST_ROW = 11  # px at scale 1 between the names of two cells
STAGES = ("after the reading", "before the reading")


@panels.register("belief_map")
class BeliefMapPanel(PaintedSheetPanel):
    """How the belief over the cells moves and sharpens, step by step; a ring marks the true cell."""

    name = "belief_map"
    title = "Belief over time"
    question = "When does it know where it is?"
    wants = WANTS
    needs = NEEDS
    order = 15
    weight = 40
    minimum_height = 110
    ghost = "Belief over time: how sure it is of each cell, after every reading."

    def __init__(self) -> None:
        super().__init__()
        self.belief: Belief | None = None
        self.stage = STAGES[0]
        self._drawn: tuple[object, QImage] | None = None

    def prepare(self, old: Snapshot) -> None:
        self.belief = belief_of(self.snapshot)

    def ready(self) -> bool:
        return self.belief is not None and self.belief.steps == self.grid.n

    @property
    def shown(self) -> Floats:
        """(t, cell) of the stage chosen."""
        assert self.belief is not None
        before = self.belief.before
        return before if self.stage == STAGES[1] and before is not None else self.belief.after

    @property
    def vocabulary(self) -> tuple[str, ...]:
        return () if self.snapshot.run is None else self.snapshot.run.vocabulary

    # painting

    def area(self) -> QRectF:
        return QRectF(self.grid.left, 2, self.grid.width, max(self.height() - theme.px(8), 1))

    def cell_rect(self, t: int, cell: int) -> QRectF:
        """Rectangle of one step and one cell."""
        assert self.belief is not None
        area, high = self.area(), self.area().height() / self.belief.cells
        return QRectF(self.grid.x_of(t), area.top() + cell * high, self.grid.cell, high)

    def paint(self, painter: QPainter) -> None:
        key = (self.serial, self.grid, self.stage, theme.version())
        if self._drawn is None or self._drawn[0] != key:
            indices = index_image(self.seen(self.shown).T, 0.0, 1.0, "sqrt")
            self._drawn = (key, matrix_image(indices, theme.colour_table("viridis")))
        paint_matrix(painter, self.area(), self._drawn[1])
        layer = self.static_layer((self.serial, self.grid, self.vocabulary), self._paint_truth)
        painter.drawPixmap(0, 0, layer)

    def _paint_truth(self, painter: QPainter) -> None:
        assert self.belief is not None
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for t in self.grid.columns():
            cell = self.belief.true_cell(t)
            if cell is None:
                continue
            rect = self.cell_rect(t, cell)
            half = max(min(rect.width(), rect.height()) / 2 - 2, 2.0)
            for colour, width in ((theme.WHITE, 3.0), (theme.BLACK, 1.25)):
                painter.setPen(QPen(colour, width))
                painter.drawEllipse(rect.center(), half, half)
        self._paint_names(painter)

    def _paint_names(self, painter: QPainter) -> None:
        """Names of the cells in the gutter, with a bar beside those that have a door."""
        assert self.belief is not None
        high = self.area().height() / self.belief.cells
        every = max(1, math.ceil(theme.px(SMALLEST_ROW) / high - 0.1))
        doors = [" " in label for label in self.vocabulary]
        for cell in range(self.belief.cells):
            rect = self.cell_rect(self.grid.first, cell)
            door = cell < len(doors) and doors[cell]
            if door:
                bar = QRectF(self.grid.left - theme.px(6), rect.top() + 1, theme.px(4), max(rect.height() - 2, 1))
                painter.fillRect(bar, theme.theme().ink2)
            if cell % every == 0:
                self.paint_gutter(painter, f"door {cell + 1}" if door else str(cell + 1), rect.center().y(), gap=9.0)

    def paint_over(self, painter: QPainter) -> None:
        super().paint_over(painter)
        if self.belief is not None and self.grid.shows(self.column):
            best = int(np.argmax(self.shown[self.column]))
            paint_map_cursor(painter, self.cell_rect(self.column, best))

    # words

    def subtitle(self) -> str:
        return f"{self.stage}; ring: true cell; →D: told right, saw a door"

    def colour_bar(self) -> ColourBar:
        return ColourBar("belief, square-root scale", "0", "viridis", "1")

    def reading(self) -> str:
        if self.belief is None:
            return ""
        known = np.isfinite(self.belief.truth)
        doubt = doubt_bits(self.belief.after)
        falls = f"doubt goes from {doubt[0]:.1f} to {doubt[-1]:.1f} bits"
        if not known.any():
            return falls
        right = self.belief.after.argmax(axis=1)[known] == self.belief.truth[known]
        return f"the likeliest cell is the true one at **{int(right.sum())} of {len(right)}** steps; {falls}"

    def explain(self, cursor: Cursor) -> Explanation:
        formula = r"bel_t(c) = p(c_t = c \mid u_1 z_1 \ldots u_t z_t)"
        sentence = "One column is one belief: how likely each cell is, given everything commanded and sensed up to t."
        if not self.ready() or self.belief is None or not 0 <= cursor.column < self.belief.steps:
            return Explanation(self.title, formula, sentence)
        t, row = cursor.column, self.shown[cursor.column]
        best, true = int(np.argmax(row)), self.belief.true_cell(t)
        told, seen = step_words(self.tokens[t]) if t < len(self.tokens) else ("", "")
        quantities = [
            Quantity(f"t = {t}", told),
            Quantity("senses", seen),
            Quantity("likeliest", f"{cell_name(self.vocabulary, best)}: {float(row[best]):.2f}"),
        ]
        if true is not None:
            quantities.append(Quantity("true", f"{cell_name(self.vocabulary, true)}: {float(row[true]):.2f}"))
        return Explanation(
            self.title, formula, sentence, tuple(quantities), f"{float(doubt_bits(row)):.1f}",
            f"bits of doubt; {math.log2(self.belief.cells):.1f} would be knowing nothing",
        )  # fmt: skip

    def export(self) -> Mapping[str, np.ndarray]:
        return {} if self.belief is None else {"belief": self.shown, "truth": self.belief.truth}

    # menu

    def menu_choices(self) -> tuple[tuple[str, tuple[str, ...], str], ...]:
        if self.belief is None or self.belief.before is None:
            return ()
        return (("belief", STAGES, self.stage),)

    def choose(self, key: str, option: str) -> None:
        self.stage = option if option in STAGES else STAGES[0]
        self.refresh()
