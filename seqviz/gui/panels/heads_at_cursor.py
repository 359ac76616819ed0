"""All heads at the cursor: the same row of every attention pattern, one under the other."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter

from seqviz.gui import theme
from seqviz.gui.colour_maps import BLANK
from seqviz.gui.panels.attention_data import HeadNames, block_path, patterns_of
from seqviz.gui.panels.base import ColourBar, Cursor, Explanation, Quantity, Snapshot, panels
from seqviz.gui.panels.head_roles import entropy_bits
from seqviz.gui.panels.painted_sheet import PaintedSheetPanel
from seqviz.gui.widgets.head_gallery import Head
from seqviz.gui.widgets.matrix_view import index_image, matrix_image

MOST_ROWS = 16  # more heads than this: one block at a time
GAP = 2
SMALLEST_LINE = 11  # px at scale 1 between the names of two rows


@panels.register("heads_at_cursor")
class HeadsAtCursorPanel(PaintedSheetPanel):
    """What every head reads at the cursor: the same row of each pattern."""

    name = "heads_at_cursor"
    title = "All heads at the cursor"
    question = "What does each head look at?"
    wants = ("blocks.*.attention.pattern",)
    needs = ("blocks.*.attention.pattern",)
    order = 30
    weight = 22
    minimum_height = 80
    ghost = "All heads at the cursor: what each of them reads from this token."

    def __init__(self) -> None:
        super().__init__()
        self._patterns: dict[int, NDArray[np.floating]] = {}
        self._names = HeadNames()
        self._causal = True
        self._block: int | None = None  # None: all blocks, as long as they fit

    @property
    def heads(self) -> tuple[Head, ...]:
        """Rows from top to bottom."""
        shown = self._patterns if self.block is None else {self.block: self._patterns[self.block]}
        return tuple((block, head) for block, p in shown.items() for head in range(len(p)))

    @property
    def block(self) -> int | None:
        if self._block in self._patterns:
            return self._block
        total = sum(len(p) for p in self._patterns.values())
        return None if total <= MOST_ROWS or not self._patterns else max(self._patterns)

    def prepare(self, old: Snapshot) -> None:
        self._patterns = {b: p for b, p in patterns_of(self.snapshot).items() if p.shape[1] == p.shape[2]}
        self._causal = not any(np.triu(p[0], 1).any() for p in self._patterns.values())
        if self._patterns:
            self._names.update(self.snapshot, self._patterns)

    def ready(self) -> bool:
        return bool(self._patterns) and all(p.shape[2] == self.grid.n for p in self._patterns.values())

    def rows_at(self, t: int) -> NDArray[np.floating]:
        """(head, key): row t of every head shown."""
        return np.stack([self._patterns[block][head, t] for block, head in self.heads])

    # painting

    def row_rect(self, index: int) -> QRectF:
        """Rectangle of one head's row."""
        step = (self.height() - theme.px(8)) / max(len(self.heads), 1)
        gap = GAP if step > 6 else 0
        top = 2 + round(index * step)
        return QRectF(self.grid.left, top, self.grid.width, max(round((index + 1) * step) + 2 - top - gap, 1))

    def paint(self, painter: QPainter) -> None:
        rows = self.rows_at(self.column)
        indices = index_image(rows, 0.0, 1.0, "sqrt")
        if self._causal:
            indices[:, self.column + 1 :] = BLANK  # not read yet: ghost
        seen = indices[:, self.grid.first : self.grid.first + self.grid.visible]
        image = matrix_image(seen, theme.colour_table("viridis"))
        for index in range(len(rows)):
            source = QRectF(0, index, image.width(), 1)
            painter.drawImage(self.row_rect(index), image, source)
        key = (self.grid, self.heads, tuple(self._names.role(head) for head in self.heads))
        painter.drawPixmap(0, 0, self.static_layer(key, self._paint_names))
        self._paint_entropies(painter, entropy_bits(rows))

    def _paint_names(self, painter: QPainter) -> None:
        many = self.block is None and len(self._patterns) > 1
        for index in self._named():
            head = self.heads[index]
            self.paint_gutter(painter, self._names.title(head, many), self.row_rect(index).center().y())

    def _named(self) -> range:
        """Rows whose words have room: all of them, or every second, third ... of rows too thin."""
        step = max(self.height() - theme.px(8), 1) / max(len(self.heads), 1)
        return range(0, len(self.heads), max(1, math.ceil(theme.px(SMALLEST_LINE) / step - 0.1)))

    def _paint_entropies(self, painter: QPainter, bits: NDArray[np.floating]) -> None:
        painter.setFont(theme.font(11))
        painter.setPen(theme.theme().ink3)
        flag = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        for index in self._named():
            rect, value = self.row_rect(index), float(bits[index])
            at = QPointF(rect.right() + theme.px(3), rect.center().y() - 10)
            painter.drawText(QRectF(at.x(), at.y(), theme.px(40), 20), flag, f"{value:.1f}")

    # words

    def subtitle(self) -> str:
        where = f" in block {self.block + 1}" if self.block is not None else ""
        return f"row t of each pattern{where}; right: entropy in bits"

    def colour_bar(self) -> ColourBar:
        return ColourBar("weight, square-root scale", "0", "viridis", "1")

    def reading(self) -> str:
        if not self._patterns:
            return ""
        means = {
            (block, head): float(entropy_bits(p[head]).mean())
            for block, p in self._patterns.items()
            for head in range(len(p))
        }
        sharp = min(means, key=lambda head: means[head])
        name = self._names.title(sharp, len(self._patterns) > 1)
        return f"the most decided head is **{name}**: {means[sharp]:.1f} bits a row on average"

    def explain(self, cursor: Cursor) -> Explanation:
        formula = r"p_{ts} = \mathrm{softmax}_s\left( \frac{q_t \cdot k_s}{\sqrt{d_{head}}} \right)"
        sentence = "Every head looks with its own eyes; here is what each of them reads from this token."
        if not self.ready() or not 0 <= cursor.column < self.grid.n:
            return Explanation(self.title, formula, sentence)
        rows, many = self.rows_at(cursor.column), len(self._patterns) > 1
        quantities = [Quantity(f"t = {cursor.column}", self.place_words(cursor.column))]
        for head, row in list(zip(self.heads, rows, strict=True))[:8]:
            best = int(np.argmax(row[: cursor.column + 1] if self._causal else row))
            quantities.append(Quantity(self._names.title(head, many), f"{row[best]:.2f} on {self.place_words(best)}"))
        return Explanation(self.title, formula, sentence, tuple(quantities))

    def export(self) -> Mapping[str, np.ndarray]:
        return {f"{block_path(block)}.pattern": pattern for block, pattern in self._patterns.items()}

    # menu

    def menu_choices(self) -> tuple[tuple[str, tuple[str, ...], str], ...]:
        if len(self._patterns) < 2:
            return ()
        total = sum(len(p) for p in self._patterns.values())
        options = tuple(f"block {block + 1}" for block in self._patterns)
        options = ("all", *options) if total <= MOST_ROWS else options
        return (("block", options, "all" if self.block is None else f"block {self.block + 1}"),)

    def choose(self, key: str, option: str) -> None:
        self._block = None if option == "all" else int(option.removeprefix("block ")) - 1
        self.refresh()
