"""The memory of a counter at one place: every context that ends at the cursor, and what followed it how often."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen

from seqviz.gui import theme
from seqviz.gui.panels.base import Cursor, Explanation, FreePanel, Quantity, Snapshot, panels
from seqviz.gui.panels.counting_words import brief_count, context_text, formula_of, percent
from seqviz.gui.reading import fitting
from seqviz.gui.widgets.ghost import paint_ghost
from seqviz.gui.widgets.strip_painting import shown_token

ROW, HEAD, GAP = 26, 18, 2  # px at scale 1
CELL, WIDEST = 44, 120  # a follower: a letter, a word
ANY = "any"  # what stands for no context at all
_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
_LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)


@dataclass(frozen=True)
class Follower:
    """A symbol that followed a context `count` times; `true`: the one that follows in the probe."""

    label: str
    count: int
    true: bool


@dataclass(frozen=True)
class ContextRow:
    """A context of `order` - 1 tokens, seen `count` times, and its most frequent followers."""

    order: int
    text: str
    count: int
    followers: tuple[Follower, ...]


@panels.register("context_counts")
class ContextCountsPanel(FreePanel):
    """The contexts that end at the cursor, longest first, and what followed each of them how often."""

    name = "context_counts"
    title = "Counts at the cursor"
    question = "What has it counted?"
    needs = ("counts.next_symbol",)
    wants = ("counts.next_symbol", "counts.next_count", "backoff.count", "backoff.target_count")
    weight = 26
    order = 25
    minimum_height = 150

    def __init__(self) -> None:
        super().__init__()
        self._snapshot = Snapshot()
        self._rows: tuple[ContextRow, ...] = ()
        self._column = 0
        self._header = ("", "")
        self.setAccessibleName(self.title)

    @property
    def rows(self) -> tuple[ContextRow, ...]:
        """What is shown, longest context first."""
        return self._rows

    # the panel contract

    def present(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        rows, column = rows_of(snapshot)
        if (rows, column) != (self._rows, self._column):
            self._rows, self._column = rows, column
            self.update()
        header = (self.subtitle(), self.reading())
        if header != self._header:
            self._header = header
            self.header_changed.emit()

    def clear(self) -> None:
        self.present(Snapshot())

    def subtitle(self) -> str:
        return "what followed" if self._rows else ""

    def reading(self) -> str:
        known = next((row for row in self._rows if row.count > 0), None)
        if known is None:
            return ""
        times = f"**{theme.thousands(known.count)} time{'s' if known.count != 1 else ''}**"
        if known.order == 1:
            return f"no context of this place was ever seen; {times} anything at all"
        longest = self._rows[0]
        start = f"“{known.text}” was seen {times}"
        if longest is known:
            return fitting(self.width(), f"{start}, the whole context", start)
        return fitting(self.width(), f"{start}; “{longest.text}” never", start)

    def explain(self, cursor: Cursor) -> Explanation:
        formula, sentence = formula_of(self._snapshot.run)
        quantities = []
        for row in self._rows:
            hits = next((f.count for f in row.followers if f.true), 0)
            quantities.append(
                Quantity(f"c({row.text or 'anything'})", f"{theme.thousands(row.count)}, true next {hits}")
            )
        known = next((row for row in self._rows if row.count > 0), None)
        best = known.followers[0] if known and known.followers else None
        share = "" if known is None or best is None else percent(best.count / known.count)
        meaning = "" if known is None or best is None else f"of what followed “{known.text}” was “{best.label}”"
        return Explanation(self.title, formula, sentence, tuple(quantities), share, meaning)

    def export(self) -> Mapping[str, np.ndarray]:
        flat = [(row, follower) for row in self._rows for follower in row.followers]
        return {
            "order": np.array([row.order for row, _ in flat]),
            "context": np.array([row.text for row, _ in flat]),
            "context_count": np.array([row.count for row, _ in flat]),
            "next": np.array([follower.label for _, follower in flat]),
            "count": np.array([follower.count for _, follower in flat]),
        }

    # painting

    def _row_height(self) -> float:
        room = (self.height() - theme.px(HEAD)) / max(len(self._rows), 1)
        return min(max(room, theme.px(17)), theme.px(ROW))

    def _text_width(self) -> float:
        measure = theme.metrics(12, bold=True)
        widest = max((measure.horizontalAdvance(row.text or ANY) for row in self._rows), default=0.0)
        return min(max(widest + 2, theme.px(44)), self.width() * 0.3)

    def _count_width(self) -> float:
        measure = theme.metrics(11)
        numbers = [measure.horizontalAdvance(f"{theme.thousands(row.count)}×") for row in self._rows]
        return max(*numbers, measure.horizontalAdvance("never")) + theme.px(8)

    def _draw(self, painter: QPainter) -> None:
        colours, height = theme.theme(), self._row_height()
        text, count = self._text_width(), self._count_width()
        painter.setFont(theme.font(11))
        painter.setPen(colours.ink3)
        painter.drawText(QRectF(0, 0, text, theme.px(HEAD)), _RIGHT, "context")
        painter.drawText(QRectF(text, 0, count, theme.px(HEAD)), _RIGHT, "seen")
        left = text + count + theme.px(10)
        painter.drawText(QRectF(left, 0, self.width() - left, theme.px(HEAD)), _LEFT, "followed by, how often")
        for number, row in enumerate(self._rows):
            top = theme.px(HEAD) + number * height
            if top + height > self.height() + 1:
                break
            self._draw_row(painter, row, QRectF(0, top, self.width(), height - GAP), text, left)

    def _draw_row(self, painter: QPainter, row: ContextRow, area: QRectF, text: float, left: float) -> None:
        colours = theme.theme()
        seen = row.count > 0
        painter.setFont(theme.font(12, bold=seen))
        painter.setPen(colours.ink if seen else colours.ink3)
        words = row.text or ANY
        shown = theme.metrics(12, bold=seen).elidedText(words, Qt.TextElideMode.ElideLeft, int(text) + 1)
        painter.drawText(QRectF(0, area.top(), text, area.height()), _RIGHT, shown)
        painter.setFont(theme.font(11))
        painter.setPen(colours.ink2 if seen else colours.ink3)
        number = QRectF(text, area.top(), left - theme.px(10) - text, area.height())
        painter.drawText(number, _RIGHT, f"{theme.thousands(row.count)}×" if seen else "never")
        for place, follower in enumerate(self._that_fit(row, self.width() - left)):
            width = self._cell_width()
            cell = QRectF(left + place * width, area.top(), width - GAP, area.height())
            self._draw_follower(painter, follower, row.count, cell)

    def _cell_width(self) -> float:
        """Narrow for letters; for words as wide as most of them need."""
        label = theme.metrics(12, bold=True)
        widths = sorted(label.horizontalAdvance(f.label) for row in self._rows for f in row.followers)
        typical = widths[(len(widths) - 1) * 3 // 4] if widths else 0.0
        room = typical + theme.metrics(11).horizontalAdvance("0.0k") + theme.px(14)
        half = (self.width() - self._text_width() - self._count_width() - theme.px(10)) / 2  # two followers at least
        return max(min(room, theme.px(WIDEST), half), theme.px(CELL))

    def _that_fit(self, row: ContextRow, room: float) -> list[Follower]:
        """The first followers that have room; the true one always."""
        most = max(int(room / self._cell_width()), 1)
        shown = list(row.followers[:most])
        true = next((f for f in row.followers if f.true), None)
        if true is not None and true not in shown:
            shown[-1] = true
        return shown

    def _draw_follower(self, painter: QPainter, follower: Follower, total: int, cell: QRectF) -> None:
        colours = theme.theme()
        painter.fillRect(cell, colours.ghost)
        share = follower.count / max(total, 1)
        filled = QRectF(cell.left(), cell.top(), cell.width() * share, cell.height())
        painter.fillRect(filled, theme.mixed(colours.track, colours.ink, 0.18) if follower.true else colours.track)
        if follower.true:
            pen = QPen(colours.ink, 1.5 * theme.scale())
            if not follower.count:
                pen.setStyle(Qt.PenStyle.DashLine)
            painter.setPen(pen)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(cell.adjusted(0.75, 0.75, -0.75, -0.75))
        painter.setFont(theme.font(12, bold=True))
        painter.setPen(colours.ink)
        inner = cell.adjusted(theme.px(4), 0, -theme.px(3), 0)
        number = brief_count(follower.count)
        width = theme.metrics(11).horizontalAdvance(number)
        room = max(inner.width() - width - 2, 8)
        label = theme.metrics(12, bold=True).elidedText(follower.label, Qt.TextElideMode.ElideRight, int(room))
        painter.drawText(inner, _LEFT, label)
        painter.setFont(theme.font(11))
        painter.setPen(colours.ink if follower.true else colours.ink2)
        painter.drawText(inner, _RIGHT, number)

    # Qt overrides

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if not self._rows:
            paint_ghost(painter, QRectF(self.rect()), "What followed each context that ends at the cursor")
        else:
            painter.drawPixmap(0, 0, self.static_layer((self._rows, self._column), self._draw))
        painter.end()


def rows_of(snapshot: Snapshot) -> tuple[tuple[ContextRow, ...], int]:
    """The rows at the cursor, longest context first, and the cursor's column."""
    symbols, counts = snapshot.array("counts.next_symbol"), snapshot.array("counts.next_count")
    seen, hits = snapshot.array("backoff.count"), snapshot.array("backoff.target_count")
    if symbols is None or counts is None or seen is None or hits is None or snapshot.run is None or not len(symbols):
        return (), 0
    t = min(max(snapshot.cursor.column, 0), len(symbols) - 1)
    tokens, vocabulary = snapshot.labels(), snapshot.run.vocabulary
    true = tokens[t + 1] if t + 1 < len(tokens) else None
    rows = []
    for order in range(symbols.shape[1], 0, -1):
        if seen[t, order - 1] < 0:
            continue  # the text is too short for this context
        found = [
            Follower(shown_token(vocabulary[symbol]), int(count), vocabulary[symbol] == true)
            for symbol, count in zip(symbols[t, order - 1].tolist(), counts[t, order - 1].tolist(), strict=True)
            if symbol >= 0
        ]
        if true is not None and seen[t, order - 1] > 0 and not any(f.true for f in found):
            found.append(Follower(shown_token(true), max(int(hits[t, order - 1]), 0), true=True))
        context = context_text(tokens, t, order - 1)
        rows.append(ContextRow(order, context, int(seen[t, order - 1]), tuple(found)))
    return tuple(rows), t
