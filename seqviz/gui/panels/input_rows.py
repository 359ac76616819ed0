"""What a token is to a neural net: a one-hot row that picks one row of a matrix."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QImage, QPainter, QPaintEvent, QPen

from seqviz.core.events import RunStarted
from seqviz.gui import theme
from seqviz.gui.panels.base import ColourBar, Cursor, Explanation, FreePanel, Quantity, Snapshot, panels
from seqviz.gui.panels.hidden_state import fixed_limit
from seqviz.gui.reading import fitting
from seqviz.gui.widgets.cursor import paint_map_cursor
from seqviz.gui.widgets.ghost import paint_ghost
from seqviz.gui.widgets.matrix_view import index_image, matrix_image, paint_matrix
from seqviz.gui.widgets.strip_painting import shown_token
from seqviz.gui.widgets.token_names import token_name

TOKENS, SYMBOLS, MATRIX = "input.tokens", "input.symbols", "input.matrix"
_ROW, _LABELS, _CELL, _GAP, _HEAD, _FOOT = 15, 58, 22, 30, 18, 34  # px at scale 1
_CENTRE = int(Qt.AlignmentFlag.AlignCenter)
_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
_LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
AROUND, ALL = "around the cursor's", "all"
SMALLEST_RANGE = 1.0  # a first matrix starts small and grows


@panels.register("input_rows")
class InputRowsPanel(FreePanel):
    """A one-hot row times a matrix is one row of the matrix: the vector that stands for the token at the cursor."""

    name = "input_rows"
    title = "One-hot and matrix"
    question = "What does a token become?"
    wants = (TOKENS, SYMBOLS, MATRIX)
    needs = (MATRIX,)
    order = 25
    weight = 30
    minimum_height = 150
    shown_by_default = False

    def __init__(self) -> None:
        super().__init__()
        self._snapshot = Snapshot()
        self._tokens: NDArray[np.integer] | None = None  # (t,) numbers of the symbols read
        self._symbols: NDArray[np.integer] = np.empty(0, dtype=np.int64)  # (row,)
        self._matrix: NDArray[np.floating] | None = None  # (row, dim)
        self._limit = 0.0  # end of the colour range, fixed at the first frame
        self._indices: NDArray[np.uint8] | None = None
        self._every = False
        self._image: tuple[object, QImage] | None = None
        self._serial = 0
        self.setAccessibleName(self.title)

    # the panel contract

    def present(self, snapshot: Snapshot) -> None:
        old, self._snapshot = self._snapshot, snapshot
        if snapshot.run is not old.run:
            self._limit = 0.0
        if snapshot.frame is not old.frame or snapshot.run is not old.run:
            self._prepare()
        if snapshot.frame is not old.frame or snapshot.cursor != old.cursor:
            self.header_changed.emit()
        self.update()

    def clear(self) -> None:
        self.present(Snapshot())

    def _prepare(self) -> None:
        tokens, symbols, matrix = (self._snapshot.array(name) for name in self.wants)
        if tokens is None or symbols is None or matrix is None or len(symbols) != len(matrix):
            self._tokens = self._matrix = self._indices = None
            return
        if self._matrix is not None and matrix.shape[1] != self._matrix.shape[1]:
            self._limit = 0.0
        self._tokens, self._symbols, self._matrix = tokens, symbols, matrix
        self._limit = self._limit or max(fixed_limit(matrix, MATRIX), SMALLEST_RANGE)
        self._indices = index_image(matrix, -self._limit, self._limit)
        self._serial += 1

    @classmethod
    def shown_at_first(cls, run: RunStarted) -> bool:
        """By itself where the rows go in as they are: there is no other embedding to look at."""
        return run.config.get("model", {}).get("input_encoding") == "one_hot"

    @property
    def picked(self) -> int | None:
        """Which row of the matrix sent the token at the cursor picks."""
        if self._tokens is None or not len(self._tokens):
            return None
        symbol = self._tokens[min(max(self._snapshot.cursor.column, 0), len(self._tokens) - 1)]
        place = int(np.searchsorted(self._symbols, symbol))
        return place if place < len(self._symbols) and self._symbols[place] == symbol else None

    @property
    def vocabulary_size(self) -> int:
        """How many symbols there are; at least as many as the last row sent."""
        run = self._snapshot.run
        return max(0 if run is None else len(run.vocabulary), int(self._symbols[-1]) + 1 if len(self._symbols) else 0)

    @property
    def one_hot(self) -> bool:
        """Whether the net reads the one-hot row itself."""
        model = {} if self._snapshot.run is None else self._snapshot.run.config.get("model", {})
        return bool(model.get("input_encoding") == "one_hot")

    def label(self, row: int) -> str:
        """The symbol that a row belongs to."""
        symbol = int(self._symbols[row])
        names = () if self._snapshot.run is None else self._snapshot.run.vocabulary
        name = names[symbol] if symbol < len(names) else f"#{symbol}"
        return name.strip(" ") or name

    def rows_shown(self) -> range:
        """The rows on screen: all, or as many as can be labelled around the picked one."""
        total = len(self._symbols)
        most = max(int((self.height() - theme.px(_HEAD + _FOOT)) // theme.px(_ROW)), 1)
        if self._every or total <= most or self.picked is None:
            return range(total)
        first = min(max(self.picked - most // 2, 0), total - most)
        return range(first, first + most)

    # painting

    def matrix_rect(self) -> QRectF:
        left, top = theme.px(_LABELS + _CELL + _GAP), theme.px(_HEAD)
        high = self.height() - top - theme.px(_FOOT)
        rows = self.rows_shown()
        row = high if not rows else high / len(rows)
        if not self._every:
            row = min(row, theme.px(_ROW + 7))
        return QRectF(left, top, max(self.width() - left - 4, 1), max(round(row * len(rows)), 1))

    def row_rect(self, row: int, area: QRectF) -> QRectF:
        """A row of the matrix inside `area`."""
        shown = self.rows_shown()
        step = area.height() / len(shown)
        top = area.top() + round((row - shown.start) * step)
        return QRectF(area.left(), top, area.width(), max(round(step), 1))

    def one_hot_rect(self, row: int, area: QRectF) -> QRectF:
        """The cell of the one-hot row that faces a row of the matrix."""
        return self.row_rect(row, QRectF(theme.px(_LABELS), area.top(), theme.px(_CELL), area.height()))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.picked is None or self._matrix is None:
            paint_ghost(painter, QRectF(self.rect()), "Which row of its matrix the token at the cursor picks")
        else:
            self._paint(painter, self.picked)
        painter.end()

    def _paint(self, painter: QPainter, picked: int) -> None:
        area, rows = self.matrix_rect(), self.rows_shown()
        key = (self._serial, rows, theme.version())
        if self._image is None or self._image[0] != key:
            assert self._indices is not None
            seen = self._indices[rows.start : rows.stop]
            self._image = (key, matrix_image(seen, theme.colour_table("diverging")))
        paint_matrix(painter, area, self._image[1])
        self._paint_heads(painter, area)
        self._paint_one_hot(painter, area, rows, picked)
        chosen = self.row_rect(picked, area)
        paint_map_cursor(painter, chosen)
        self._paint_arrow(painter, self.one_hot_rect(picked, area), chosen)
        self._paint_vector(painter, area, picked)

    def _paint_heads(self, painter: QPainter, area: QRectF) -> None:
        assert self._matrix is not None
        painter.setFont(theme.font(11))
        painter.setPen(theme.theme().ink3)
        high = theme.px(_HEAD) - 2
        painter.drawText(QRectF(0, 0, theme.px(_LABELS + _CELL), high), _RIGHT, "one-hot")
        painter.drawText(QRectF(area.left() - theme.px(_GAP), 0, theme.px(_GAP), high), _CENTRE, "×")
        which = "first matrix" if self.one_hot else "embedding"
        text = f"{which}, {self.vocabulary_size} × {self._matrix.shape[1]}"
        painter.drawText(QRectF(area.left(), 0, area.width(), high), _LEFT, text)

    def _paint_one_hot(self, painter: QPainter, area: QRectF, rows: range, picked: int) -> None:
        """A column of zeros and the single 1, with the symbol before each cell that has room for it."""
        colours = theme.theme()
        step = area.height() / len(rows)
        every = max(1, round(theme.px(13) / step + 0.49))
        digits = step >= theme.px(12)
        for row in rows:
            cell, lit = self.one_hot_rect(row, area), row == picked
            painter.fillRect(cell.adjusted(0, 0, 0, -1 if step > 3 else 0), colours.ink if lit else colours.ghost)
            if digits:
                painter.setFont(theme.font(11, bold=lit))
                painter.setPen(colours.sheet if lit else colours.ink3)
                painter.drawText(cell, _CENTRE, "1" if lit else "0")
            clear = abs(row - picked) * step >= theme.px(13)
            if lit or ((row - rows.start) % every == 0 and clear):
                self._paint_label(painter, cell, row, lit)

    def _paint_label(self, painter: QPainter, cell: QRectF, row: int, bold: bool) -> None:
        painter.setFont(theme.font(12 if bold else 11, bold))
        painter.setPen(theme.theme().ink if bold else theme.theme().ink3)
        high, room = theme.px(16), theme.px(_LABELS - 6)
        area = QRectF(0, cell.center().y() - high / 2, room, high)
        measure = theme.metrics(12 if bold else 11, bold)
        painter.drawText(
            area, _RIGHT, measure.elidedText(shown_token(self.label(row)), Qt.TextElideMode.ElideRight, room)
        )

    def _paint_arrow(self, painter: QPainter, cell: QRectF, row: QRectF) -> None:
        """From the 1 to the row it picks."""
        y, left, right, head = cell.center().y(), cell.right() + theme.px(3), row.left() - theme.px(4), theme.px(4)
        painter.setPen(QPen(theme.theme().ink, 1.5))
        painter.drawLine(QPointF(left, y), QPointF(right, y))
        painter.drawLine(QPointF(right - head, y - head), QPointF(right, y))
        painter.drawLine(QPointF(right - head, y + head), QPointF(right, y))

    def _paint_vector(self, painter: QPainter, area: QRectF, picked: int) -> None:
        """The product under the matrix, its numbers under its columns."""
        assert self._indices is not None
        top = area.bottom() + theme.px(12)
        row = QRectF(area.left(), top, area.width(), theme.px(18))
        paint_matrix(painter, row, self._indices[picked : picked + 1], theme.colour_table("diverging"))
        paint_map_cursor(painter, row)
        colours, symbol = theme.theme(), shown_token(self.label(picked))
        painter.setFont(theme.font(12, bold=True))
        painter.setPen(colours.ink)
        room = area.left() - theme.px(10)
        measure = theme.metrics(12, bold=True)
        text = f"vector of {symbol}  ="
        if measure.horizontalAdvance(text) > room:
            text = measure.elidedText(f"{symbol}  =", Qt.TextElideMode.ElideLeft, room)
        painter.drawText(QRectF(0, row.top(), room, row.height()), _RIGHT, text)

    # words

    def subtitle(self) -> str:
        return "a 1 among zeros picks a row"

    def reading(self) -> str:
        if self.picked is None:
            return ""
        symbol, size = int(self._symbols[self.picked]), self.vocabulary_size
        name = token_name(self.label(self.picked))
        number = f"**row {theme.thousands(symbol)}** of {theme.thousands(size)}"
        return fitting(
            self.width(),
            f"“{name}” picks {number}; the other {size - 1} are multiplied by 0",
            f"“{name}” picks {number}",
        )

    def colour_bar(self) -> ColourBar | None:
        if self._matrix is None:
            return None
        end = theme.short(self._limit)
        return ColourBar("weight", f"−{end}", "diverging", f"+{end}")

    def explain(self, cursor: Cursor) -> Explanation:
        formula = r"e_k W = W_k"
        sentence = (
            "A row of zeros with a single 1 times a matrix is one row of that matrix. So looking a vector up in a "
            "table and multiplying a one-hot row are the same thing."
        )
        if self.picked is None or self._matrix is None:
            return Explanation(self.title, formula, sentence)
        vector = self._matrix[self.picked].astype(np.float64)
        quantities = [
            Quantity(f"t = {cursor.column}", token_name(self.label(self.picked))),
            Quantity("its number k", theme.thousands(int(self._symbols[self.picked]))),
            Quantity("symbols V", theme.thousands(self.vocabulary_size)),
            Quantity("numbers in a row", str(len(vector))),
            Quantity("length of the row", f"{float(np.linalg.norm(vector)):.2f}"),
        ]
        near, cosine = most_alike(self._matrix, self.picked)
        if near is None:
            return Explanation(self.title, formula, sentence, tuple(quantities))
        meaning = f"cosine with the row most alike, that of “{token_name(self.label(near))}”"
        return Explanation(self.title, formula, sentence, tuple(quantities), f"{cosine:.2f}".replace("-", "−"), meaning)

    def export(self) -> Mapping[str, np.ndarray]:
        return {} if self._matrix is None else {MATRIX: self._matrix, SYMBOLS: self._symbols}

    # menu

    def menu_choices(self) -> tuple[tuple[str, tuple[str, ...], str], ...]:
        rows = ("rows", (AROUND, ALL), ALL if self._every else AROUND)
        return rows, ("range", ("as first seen", "fit to what is shown"), "as first seen")

    def choose(self, key: str, option: str) -> None:
        if key == "rows":
            self._every = option == ALL
        elif option.startswith("fit") and self._matrix is not None:
            self._limit = fixed_limit(self._matrix, MATRIX)
            self._prepare()
            self.header_changed.emit()
        self.update()


def most_alike(matrix: NDArray[np.floating], row: int) -> tuple[int | None, float]:
    """The other row (row, dim) with the largest cosine to this one; None where there is none."""
    if len(matrix) < 2:
        return None, 0.0
    values = matrix.astype(np.float64)
    values /= np.maximum(np.linalg.norm(values, axis=1, keepdims=True), 1e-12)
    cosines = values @ values[row]
    cosines[row] = -np.inf
    best = int(np.argmax(cosines))
    return best, float(cosines[best])
