"""The edge of sight: which tokens of the probe a model with a finite window can see, and which it never will."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPen, QPolygonF

from seqviz.core.events import RunStarted
from seqviz.gui import theme
from seqviz.gui.panels.base import Cursor, Explanation, Quantity, Snapshot, panels
from seqviz.gui.panels.cone import has_levels
from seqviz.gui.panels.painted_sheet import PaintedSheetPanel
from seqviz.gui.reading import fitting
from seqviz.gui.widgets.strip_painting import is_characters, shown_token

FIRST = "window.first"
_ROW = 24  # px at scale 1
_TOP = 9  # room for the mark of a pinned cue
_CENTRE = int(Qt.AlignmentFlag.AlignCenter)
_LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)


@panels.register("window_edge")
class WindowEdgePanel(PaintedSheetPanel):
    """Which tokens the prediction at the cursor rests on, and which are out of sight for good."""

    name = "window_edge"
    title = "Edge of sight"
    question = "What can it not see?"
    wants = (FIRST, "surprisal")
    needs = (FIRST,)
    order = 15
    weight = 0
    fixed_height = _TOP + _ROW + 5
    minimum_height = fixed_height
    ghost = "Which tokens lie inside the window, and which are out of sight."

    @classmethod
    def shown_at_first(cls, run: RunStarted) -> bool:
        """Where a cone of several levels can be drawn, it ends at the same edge."""
        return not has_levels(run)

    def __init__(self) -> None:
        super().__init__()
        self._first: NDArray[np.integer] | None = None  # (t,)
        self._bits: NDArray[np.floating] | None = None  # (t,)

    def prepare(self, old: Snapshot) -> None:
        self._first = self.snapshot.array(FIRST)
        self._bits = self.snapshot.array("surprisal")

    def present(self, snapshot: Snapshot) -> None:
        moved = snapshot.cursor != self.snapshot.cursor
        super().present(snapshot)
        if moved:
            self.tell_header()

    def ready(self) -> bool:
        return self._first is not None and len(self._first) == self.grid.n

    def first_at(self, t: int) -> int:
        """The first position that the prediction after t can depend on."""
        assert self._first is not None
        return int(self._first[t])

    def window_size(self) -> int:
        """The size of the whole window, as far as the probe shows it."""
        assert self._first is not None
        return int((np.arange(len(self._first)) - self._first).max()) + 1

    def next_bits(self, t: int) -> float | None:
        """What the token after t cost, in bits; None where that is unknown."""
        if self._bits is None or t + 1 >= len(self._bits) or not np.isfinite(self._bits[t + 1]):
            return None
        return float(self._bits[t + 1])

    @property
    def cue(self) -> int | None:
        """The position that was pinned, where it lies at or before the cursor."""
        key = self.snapshot.cursor.key
        return key if key is not None and 0 <= key <= self.column else None

    # painting

    def stretch(self, start: int, end: int) -> QRectF:
        """The part of positions `start` .. `end` (exclusive) that the grid shows."""
        begin = max(start, self.grid.first)
        stop = min(end, self.grid.first + self.grid.visible)
        width = max(stop - begin, 0) * self.grid.cell
        return QRectF(self.grid.x_of(begin), theme.px(_TOP), width, theme.px(_ROW))

    def paint(self, painter: QPainter) -> None:
        t, colours = self.column, theme.theme()
        first = self.first_at(t)
        painter.fillRect(self.stretch(0, self.grid.n), colours.well)
        hidden, seen = self.stretch(0, first), self.stretch(first, t + 1)
        painter.fillRect(hidden, colours.ghost)
        painter.fillRect(hidden, QBrush(colours.track, Qt.BrushStyle.BDiagPattern))
        family = self.snapshot.run.family if self.snapshot.run is not None else ""
        fill = theme.family_colour(family)
        painter.fillRect(seen, fill)
        self._paint_borders(painter)
        self._paint_words(painter, hidden, (f"{first} out of sight", str(first)), colours.ink2, colours.ghost)
        count = t + 1 - first
        self._paint_words(painter, seen, (f"{count} in sight", str(count)), theme.contrasting(fill), fill)
        self._paint_next(painter, t)
        self._paint_cue(painter)
        self.paint_gutter(painter, "sees", theme.px(_TOP + _ROW / 2), bold=True)

    def _paint_borders(self, painter: QPainter) -> None:
        """Hairlines between the columns, so that cells can be counted."""
        row = self.stretch(0, self.grid.n)
        for column in list(self.grid.columns())[1:]:
            painter.fillRect(QRectF(self.grid.x_of(column), row.top(), 1, row.height()), theme.theme().sheet)

    def _paint_words(
        self, painter: QPainter, rect: QRectF, variants: tuple[str, ...], ink: QColor, behind: QColor
    ) -> None:
        """The longest of the variants that fits into a stretch, on a plate where cells would cut through it."""
        measure = theme.metrics(11, bold=True)
        for text in variants:
            width = measure.horizontalAdvance(text) + theme.px(10)
            if width <= rect.width():
                break
        else:
            return
        plate = QRectF(rect.center().x() - width / 2, rect.top() + 3, width, rect.height() - 6)
        painter.fillRect(plate, behind)
        painter.setFont(theme.font(11, bold=True))
        painter.setPen(ink)
        painter.drawText(plate, _CENTRE, text)

    def _paint_next(self, painter: QPainter, t: int) -> None:
        """The token to be foretold: framed, with what it cost."""
        bits = self.next_bits(t)
        if not self.grid.shows(t + 1):
            return
        cell = self.stretch(t + 1, t + 2)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(theme.theme().ink, 1.5, Qt.PenStyle.DotLine))
        painter.drawRect(cell.adjusted(1.5, 1, -1, -1))
        if bits is None:
            return
        text = f"{bits + 0.0:.1f} bits"
        width = theme.metrics(11, bold=True).horizontalAdvance(text) + theme.px(8)
        inside = width <= cell.width()
        area = cell if inside else QRectF(cell.right() + 1, cell.top() + 3, width, cell.height() - 6)
        if not inside and area.right() > self.width():
            return
        if not inside:
            painter.fillRect(area, theme.theme().well)
        painter.setFont(theme.font(11, bold=True))
        painter.setPen(theme.theme().ink)
        painter.drawText(area, _CENTRE if inside else _LEFT, text if inside else f" {text}")

    def _paint_cue(self, painter: QPainter) -> None:
        """A pinned position: a small triangle on top of its cell."""
        if self.cue is None or not self.grid.shows(self.cue):
            return
        x, tip = self.grid.centre_of(self.cue), theme.px(_TOP) + 1
        half, high = theme.px(5), theme.px(7)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.theme().ink)
        painter.drawPolygon(QPolygonF([QPointF(x - half, tip - high), QPointF(x + half, tip - high), QPointF(x, tip)]))

    # words

    def _token(self, t: int) -> str:
        return shown_token(self.tokens[t].strip() or self.tokens[t])

    def _plural(self) -> str:
        return f"{self.token_word}s"

    def subtitle(self) -> str:
        return f"what the prediction after the cursor can depend on, and what the next {self.token_word} costs"

    def reading(self) -> str:
        if not self.ready():
            return ""
        t, first = self.column, self.first_at(self.column)
        hidden = f"**{first} of {t + 1} {self._plural()}** out of sight" if first else "nothing is out of sight yet"
        bits = self.next_bits(t)
        paid = "" if bits is None else f"; the next, “{self._token(t + 1)}”, costs **{bits:.1f} bits**"
        return fitting(self.width(), f"{hidden}{self._cue_words()}{paid}", f"{hidden}{paid}", hidden)

    def _cue_words(self) -> str:
        if self.cue is None:
            return ""
        state = "is out of sight" if self.cue < self.first_at(self.column) else "is in sight"
        return f", “{self._token(self.cue)}” {state}"

    def explain(self, cursor: Cursor) -> Explanation:
        formula = r"p(x_{t+1} \mid x_{t-n+1}, \dots, x_t)"
        sentence = (
            "What stands before the window cannot change the prediction, however long one trains. Pin a position (P) "
            "and move on to see when it drops out."
        )
        if not self.ready() or not 0 <= cursor.column < self.grid.n:
            return Explanation(self.title, formula, sentence)
        t = cursor.column
        first, bits = self.first_at(t), self.next_bits(t)
        quantities = [
            Quantity(f"t = {t}", self.place_words(t)),
            Quantity("window n", f"{self.window_size()} {self._plural()}"),
            Quantity("in sight", self._text(first, t + 1)),
            Quantity("out of sight", self._text(0, first) if first else "nothing"),
        ]
        if bits is not None:
            quantities.append(Quantity(f"the next, {self._token(t + 1)}", f"{bits:.2f} bits"))
        if self.cue is not None:
            quantities.append(Quantity(f"pinned, {t - self.cue} back", self.place_words(self.cue)))
        meaning = f"{self._plural()} before the cursor are out of sight"
        return Explanation(self.title, formula, sentence, tuple(quantities), str(first), meaning)

    def _text(self, start: int, end: int) -> str:
        """The end of a stretch of the probe as text, cut to fit the card."""
        joint = "" if is_characters(self.tokens) else " "
        text = joint.join(shown_token(token.strip() or token) for token in self.tokens[start:end])
        return text if len(text) <= 24 else f"…{text[-23:]}"

    def export(self) -> Mapping[str, np.ndarray]:
        return {} if self._first is None else {FIRST: self._first}

    @classmethod
    def reason_unserved(cls, run: RunStarted) -> str | None:
        if super().reason_unserved(run) is None:
            return None
        return f"{run.title} sees everything it is given: nothing drops out of a window"
