"""Attention: which tokens one head reads at every position, with all other heads beside it."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt, QTimer
from PySide6.QtGui import QImage, QMouseEvent, QPainter, QPainterPath, QPen

from seqviz.gui import theme
from seqviz.gui.colour_maps import MASKED
from seqviz.gui.panels.attention_data import HeadNames, block_path, head_title, patterns_of
from seqviz.gui.panels.base import ColourBar, Cursor, Explanation, Quantity, Snapshot, panels
from seqviz.gui.panels.head_roles import entropy_bits
from seqviz.gui.panels.map_panel import MapPanel
from seqviz.gui.widgets.head_gallery import (
    Head,
    HeadGallery,
    paint_gallery,
    paint_gallery_names,
    pooled,
)
from seqviz.gui.widgets.matrix_view import index_image, matrix_image
from seqviz.gui.widgets.token_names import token_name

REST_MS = 80  # until the next few thumbnails that are missing altogether
CELLS_A_FRAME = 20_000  # cells of thumbnails made anew in one frame; the rest wait for their turn
ARC_HEIGHT = 24
GALLERY_MARGIN, ROOMY = 84, 230  # px at scale 1
FAINTEST_ARC = 0.03


@panels.register("attention")
class AttentionPanel(MapPanel):
    """Row t, column s: how much of position s one head reads at position t."""

    name = "attention"
    title = "Attention"
    question = "Where does it look?"
    wants = ("blocks.*.attention.pattern", "blocks.*.attention.scores", "attention.pattern")
    needs = ("blocks.*.attention.pattern", "attention.pattern")
    ghost = "Attention: which tokens each head reads. It fills in with the first frame."

    def __init__(self) -> None:
        super().__init__()
        self._patterns: dict[int, NDArray[np.floating]] = {}  # block -> (head, t, s)
        self._chosen: Head | None = None
        self._names = HeadNames()
        self._thumbs: dict[Head, QImage] = {}
        self._thumb_key: Hashable = None
        self._next_thumb = 0
        self._lines = True
        self._asked_block = 0

    @property
    def heads(self) -> tuple[Head, ...]:
        return tuple((block, head) for block, p in self._patterns.items() for head in range(len(p)))

    @property
    def selected(self) -> Head:
        """The enlarged head; the last block's first one until another is chosen."""
        known = self.heads
        if self._chosen in known and self._chosen is not None:
            return self._chosen
        return (known[-1][0], 0) if known else (0, 0)

    def select(self, head: Head) -> None:
        """Enlarge another head."""
        before, self._chosen = self.selected, head
        if head != before:
            self.refresh()

    def current_wants(self) -> frozenset[str]:
        return frozenset({self.wants[0], self.wants[2], f"blocks.{self._asked_block}.attention.scores"})

    def prepare(self, old: Snapshot) -> None:
        self._patterns = patterns_of(self.snapshot)
        block, head = self.selected
        if block not in self._patterns:
            self.set_map(None, None)
            return
        if block != self._asked_block:  # the scores of another block are wanted now
            self._asked_block = block
            self.wants_changed.emit()
        axes = () if self.snapshot.frame is None else self.snapshot.frame.axes.get(block_path(block) + ".pattern", ())
        self.row_axis = "t" if len(axes) < 2 or axes[-2] == "query_pos" else axes[-2]
        values = np.array(self._patterns[block][head], dtype=np.float32)
        rows, columns = values.shape
        if rows == columns and not np.triu(values, 1).any():
            values[np.triu_indices(rows, 1)] = np.nan
        self.set_map(values, index_image(values, 0.0, 1.0, "sqrt", mask=np.isnan(values)))
        self._names.update(self.snapshot, self._patterns)
        self._make_thumbs()

    def _make_thumbs(self) -> None:
        """Draw thumbnails anew, at most a fixed amount of work a frame, one after the other."""
        heads, table = self.heads, theme.colour_table(self.colours)
        key = (heads, theme.version(), len(self.tokens))
        if key != self._thumb_key:
            self._thumb_key, self._next_thumb = key, 0
            self._thumbs.clear()
        size = next(iter(self._patterns.values()))[0].size
        for _ in range(min(len(heads), max(CELLS_A_FRAME // size, 1))):
            block, head = heads[self._next_thumb % len(heads)]
            self._next_thumb = (self._next_thumb + 1) % len(heads)
            pattern = self._patterns[block][head]
            future = np.triu(np.ones(pattern.shape, dtype=np.bool_), 1) if self.causal else None
            indices = index_image(pattern, 0.0, 1.0, "sqrt", mask=future)
            self._thumbs[(block, head)] = matrix_image(pooled(indices, MASKED), table)
        if len(self._thumbs) < len(heads):  # while paused no frame comes that would bring the rest
            QTimer.singleShot(REST_MS, self, self._make_missing_thumbs)

    def _make_missing_thumbs(self) -> None:
        if self._patterns and len(self._thumbs) < len(self.heads):
            self._make_thumbs()
            self.update()

    def head_name(self, head: Head) -> str:
        return self._names.title(head, len(self._patterns) > 1)

    # painting

    def bottom_margin(self) -> int:
        return theme.px(ARC_HEIGHT) if self._lines and self.height() > theme.px(240) else 4

    def top_margin(self) -> int:
        """Maps without an empty half have the other heads above."""
        wanted = self.values is not None and self.square and not self.causal and len(self.heads) > 1
        return theme.px(GALLERY_MARGIN) if wanted and self.height() > theme.px(ROOMY) else 0

    def _gallery(self, area: QRectF) -> HeadGallery | None:
        return HeadGallery.lay_out(self.heads, area.adjusted(theme.px(6), theme.px(4), -theme.px(6), 0))

    def still_half(self, area: QRectF) -> Hashable:
        return self._gallery(area), self.selected, tuple(self.head_name(head) for head in self.heads)

    def paint_still_half(self, painter: QPainter, area: QRectF) -> None:
        gallery = self._gallery(area)
        if gallery is not None:
            names = {head: self.head_name(head) for head in self.heads}
            paint_gallery_names(painter, gallery, names, self.selected)

    def paint_half(self, painter: QPainter, area: QRectF) -> None:
        gallery = self._gallery(area)
        if gallery is not None:
            paint_gallery(painter, gallery, self._thumbs, self.selected)

    def paint_over(self, painter: QPainter) -> None:
        super().paint_over(painter)
        if self.bottom_margin() > 4 and self.square and self.aligned:
            self._paint_arcs(painter)

    def _paint_arcs(self, painter: QPainter) -> None:
        """Lines from the cursor's token to those it reads, ending at the strip below; thicker is more."""
        assert self.values is not None
        row, grid, bottom = self.row, self.grid, self.height() - 2.0
        if not grid.shows(row):
            return
        family = "" if self.snapshot.run is None else self.snapshot.run.family
        colour, start = theme.family_colour(family), grid.centre_of(row)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for s in np.flatnonzero(np.nan_to_num(self.values[row]) > FAINTEST_ARC):
            weight, end = float(self.values[row, s]), grid.centre_of(int(s))
            if int(s) == row or not grid.shows(int(s)):
                continue
            rise = min(theme.px(ARC_HEIGHT - 4), 6 + abs(start - end) * 0.25) * 1.9
            path = QPainterPath(QPointF(start, bottom))
            path.quadTo(QPointF((start + end) / 2, bottom - rise), QPointF(end, bottom))
            painter.setPen(QPen(theme.faded(colour, 0.25 + 0.75 * math.sqrt(weight)), 1.0 + 2.5 * weight))
            painter.drawPath(path)

    def cell_text(self, row: int, key: int) -> str:
        assert self.values is not None
        weight = float(self.values[row, key])
        return f"{weight:.2f}" if weight >= 0.01 else theme.short(weight)

    # words

    def subtitle(self) -> str:
        if not self._patterns:
            return "what each query row reads"
        block, head = self.selected
        where = f"block {block + 1}, " if len(self._patterns) > 1 else ""
        return f"{where}head {head + 1} of {len(self._patterns[block])}: what each query row reads"

    def colour_bar(self) -> ColourBar:
        return ColourBar("weight, square-root scale", "0", "viridis", "1")

    def reading(self) -> str:
        if self.values is None or not self.square or len(self.values) < 3:
            return ""
        weights = np.nan_to_num(self.values)
        places = np.arange(len(weights))
        if not self.causal:
            return self._both_ways(weights, places[None, :] - places[:, None])
        back = float((weights * np.maximum(places[:, None] - places[None, :], 0)).sum(axis=1)[1:].mean())
        spread = float(2.0 ** entropy_bits(weights)[1:].mean())
        unit = self.token_word
        return f"this head looks **{back:.1f} {unit}s** back on average, spread over about {spread:.1f} of them"

    def _both_ways(self, weights: NDArray[np.floating], ahead: NDArray[np.intp]) -> str:
        """How far and to which side; `ahead` (t, s) is s - t."""
        far = float((weights * np.abs(ahead)).sum(axis=1).mean())
        forward = float((weights * (ahead > 0)).sum(axis=1).mean())
        spread = float(2.0 ** entropy_bits(weights).mean())
        unit = self.token_word
        side = f"{100 * forward:.0f} % ahead"
        return f"this head looks **{far:.1f} {unit}s** away, {side}, spread over about {spread:.1f} of them"

    def explain(self, cursor: Cursor) -> Explanation:
        formula = r"\mathrm{softmax}\left( \frac{q_t \cdot k_s}{\sqrt{d_{head}}} \right)"
        block, head = self.selected
        sentence = f"How much of the value at s flows into position t, in {head_title(block, head)}."
        row = self.row_for(cursor)
        if self.values is None or not self.aligned or not 0 <= row < len(self.values):
            return Explanation(self.title, formula, sentence)
        key = self.key_for(cursor)
        s = key if key is not None and self.reaches(row, key) else int(np.nanargmax(self.values[row]))
        names = self.row_tokens
        there = token_name(names[row]) if not self.square and row < len(names) else self.place_words(row)
        quantities = [Quantity(f"t = {row}", there), Quantity(f"s = {s}", self.place_words(s))]
        scores = self.snapshot.array(f"{block_path(block)}.scores")
        size = self.head_size()
        if scores is not None and scores.ndim == 3 and size:
            divided = float(scores[head, row, s])
            quantities.append(Quantity("score q · k", theme.short(divided * math.sqrt(size))))
            quantities.append(Quantity(f"divided by √{size}", theme.short(divided)))
        quantities.append(Quantity("row entropy", f"{float(entropy_bits(self.values[row])):.2f} bits"))
        weight = f"{float(self.values[row, s]):.2f}"
        meaning = f"of the attention of this row goes to one {self.token_word}"
        return Explanation(self.title, formula, sentence, tuple(quantities), weight, meaning)

    def head_size(self) -> int:
        """Dimensions of one head from the run's config; 0 where unknown."""
        model = {} if self.snapshot.run is None else self.snapshot.run.config.get("model", {})
        width, heads = int(model.get("d_model", 0)), int(model.get("n_heads", 0))
        return width // heads if heads else 0

    def export(self) -> Mapping[str, np.ndarray]:
        return {f"{block_path(block)}.pattern": pattern for block, pattern in self._patterns.items()}

    # menu

    def menu_choices(self) -> tuple[tuple[str, tuple[str, ...], str], ...]:
        titles = tuple(head_title(*head) for head in self.heads)
        chosen = (("head", titles, head_title(*self.selected)),) if titles else ()
        return (*chosen, ("lines", ("at the cursor", "none"), "at the cursor" if self._lines else "none"))

    def choose(self, key: str, option: str) -> None:
        if key == "lines":
            self._lines = option == "at the cursor"
            self.refresh()
            return
        found = next((head for head in self.heads if head_title(*head) == option), None)
        if found is not None:
            self.select(found)

    # Qt overrides

    def mousePressEvent(self, event: QMouseEvent) -> None:
        shown = self.has_half and self.ready()
        gallery = self._gallery(self.half_area(self.geometry_of_map())) if shown else None
        head = gallery.head_at(event.position().x(), event.position().y()) if gallery is not None else None
        if head is not None:
            self.select(head)
        else:
            super().mousePressEvent(event)
