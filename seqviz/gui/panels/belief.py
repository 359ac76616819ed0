"""The belief at the cursor: what was expected after the move, how well each cell explains the reading, what is left."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPen, QPolygonF

from seqviz.gui import theme
from seqviz.gui.panels.base import Cursor, Explanation, Quantity, panels
from seqviz.gui.panels.belief_data import NEEDS, WANTS, Belief, Floats, belief_of, cell_name, doubt_bits, step_words
from seqviz.gui.panels.painted_free import PaintedFreePanel
from seqviz.gui.reading import fitting

HEAD, FOOT, GUTTER = 17, 40, 30  # px at scale 1: words over a row, the corridor, numbers at the left
NUMBER = 13  # px at scale 1 over the bars for their numbers
_LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
_MIDDLE = int(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignVCenter)
_UPDATE = r"bel_t(c) = \eta \, p(z_t \mid c) \sum_{c'} p(c \mid u_t, c') \, bel_{t-1}(c')"


@dataclass(frozen=True)
class Row:
    """One row of bars. `half`: 1 predict, 2 update; `values` None: not there yet."""

    name: str
    words: str
    values: Floats | None
    top: float
    half: int


@panels.register("belief")
class BeliefPanel(PaintedFreePanel):
    """Where it believes to be, cell by cell: moved by the command, corrected by the reading. Down: half a step on."""

    name = "belief"
    title = "Belief"
    question = "Where does it believe to be?"
    wants = WANTS
    needs = NEEDS
    order = 5
    weight = 45
    minimum_height = 170
    ghost = "The belief over all cells: after the move, and after the reading."

    def __init__(self) -> None:
        super().__init__()
        self.belief: Belief | None = None
        self.half = 2  # 1: the move is made, the reading has not come; 2: both
        self._highest = 1.0
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def prepare(self) -> None:
        self.belief = belief_of(self.snapshot)
        if self.belief is not None:
            self._highest = self.belief.highest()

    def ready(self) -> bool:
        return self.belief is not None

    @property
    def steps(self) -> int:
        return 0 if self.belief is None else self.belief.steps

    @property
    def vocabulary(self) -> tuple[str, ...]:
        return () if self.snapshot.run is None else self.snapshot.run.vocabulary

    @property
    def token(self) -> str:
        """The input symbol at the cursor: a command and a reading."""
        return self.tokens[self.t] if self.t < len(self.tokens) else ""

    def rows(self) -> tuple[Row, ...]:
        """From top to bottom."""
        assert self.belief is not None
        belief, t, high = self.belief, self.t, self._highest
        if not belief.stepwise:
            return (Row("belief", "what the net believes, all readings considered", belief.after[t], high, 2),)
        assert belief.before is not None
        assert belief.likelihood is not None
        move, seen = step_words(self.token)
        come = self.half == 2
        predict = Row("1 predict", move, belief.before[t], high, 1)
        if not come:
            return predict, Row("reading", "not come yet", None, 1.0, 2), Row("2 update", "press Down", None, high, 2)
        reading = Row("reading", f"{seen}: likelihood in each cell", belief.likelihood[t], 1.0, 2)
        return predict, reading, Row("2 update", "the product", belief.after[t], high, 2)

    # geometry

    def row_area(self, index: int) -> QRectF:
        """Bars of a row, without its words."""
        rows = 3 if self.belief is not None and self.belief.stepwise else 1
        high = (self.height() - theme.px(FOOT)) / rows
        head, left = theme.px(HEAD), theme.px(GUTTER)
        return QRectF(
            left, index * high + head, max(self.width() - left - theme.px(4), 1.0), max(high - head - theme.px(5), 1.0)
        )

    def _cell(self, area: QRectF, cell: int) -> QRectF:
        assert self.belief is not None
        wide = area.width() / self.belief.cells
        return QRectF(area.left() + cell * wide, area.top(), wide, area.height())

    # painting

    def paint(self, painter: QPainter) -> None:
        assert self.belief is not None
        true = self.belief.true_cell(self.t)
        if true is not None:
            column = self._cell(QRectF(self.row_area(0).left(), 0, self.row_area(0).width(), self.height()), true)
            painter.fillRect(column, theme.faded(theme.theme().ink, 0.07))
        for index, row in enumerate(self.rows()):
            self._paint_row(painter, row, self.row_area(index), true)
        self._paint_corridor(painter, true)

    def _paint_row(self, painter: QPainter, row: Row, area: QRectF, true: int | None) -> None:
        colours = theme.theme()
        head = QRectF(area.left(), area.top() - theme.px(HEAD), area.width(), theme.px(HEAD))
        painter.setFont(theme.font(11, bold=True))
        painter.setPen(colours.ink if row.values is not None else colours.ink3)
        painter.drawText(head, _LEFT, row.name)
        room = theme.metrics(11, bold=True).horizontalAdvance(row.name) + theme.px(8)
        doubt = ""
        if row.values is not None and row.name != "reading":
            number, small = f"{float(doubt_bits(row.values)):.1f} bits", theme.metrics(11)
            needed = room + small.horizontalAdvance(f"{row.words} {number} of doubt") + theme.px(8)
            doubt = f"{number} of doubt" if needed <= head.width() else number
        painter.setFont(theme.font(11))
        painter.setPen(colours.ink3)
        painter.drawText(head, _RIGHT, doubt)
        room_right = theme.metrics(11).horizontalAdvance(doubt) + theme.px(8)
        middle = head.adjusted(room, 0, -room_right, 0)
        words = theme.metrics(11).elidedText(row.words, Qt.TextElideMode.ElideRight, middle.width())
        painter.drawText(middle, _LEFT, words)
        if row.values is None:
            painter.fillRect(area, colours.ghost)
            return
        self._paint_scale(painter, area, row.top)
        self._paint_bars(painter, row, area, true)

    def _paint_scale(self, painter: QPainter, area: QRectF, top: float) -> None:
        colours, left = theme.theme(), area.left()
        painter.setFont(theme.font(11))
        painter.setPen(colours.ink3)
        for value, y in ((f"{top:g}", self._bars_top(area)), ("0", area.bottom() - theme.px(4))):
            painter.drawText(QRectF(0, y - 10, left - theme.px(5), 20), _RIGHT, value)
        painter.fillRect(QRectF(left, area.bottom(), area.width(), 1), colours.line)

    @staticmethod
    def _bars_top(area: QRectF) -> float:
        return area.top() + theme.px(NUMBER)

    def _paint_bars(self, painter: QPainter, row: Row, area: QRectF, true: int | None) -> None:
        assert row.values is not None
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._colour(row))
        gap = 2.0 if area.width() / len(row.values) > 6 else 0.5
        bars, full = [], max(area.bottom() - self._bars_top(area), 1.0)
        for cell, value in enumerate(row.values):
            box = self._cell(area, cell)
            high = max(min(float(value) / row.top, 1.0) * full, 1.0)
            bars.append(QRectF(box.left() + gap, area.bottom() - high, max(box.width() - 2 * gap, 1.0), high))
        painter.drawRects(bars)
        for cell in self._named(row, true):
            self._paint_number(painter, bars[cell], float(row.values[cell]), area, bold=cell == true)

    def _named(self, row: Row, true: int | None) -> list[int]:
        """Cells whose number is written: the true one and the likeliest, unless they would touch."""
        assert row.values is not None
        if row.name == "reading":
            return []
        best = int(np.argmax(row.values))
        if true is None or true == best:
            return [best]
        apart = abs(true - best) * self.row_area(0).width() / len(row.values)
        return [true, best] if apart > theme.metrics(11, bold=True).horizontalAdvance("0.00") + 6 else [true]

    def _paint_number(self, painter: QPainter, bar: QRectF, value: float, area: QRectF, bold: bool) -> None:
        text, high = f"{value:.2f}", theme.px(NUMBER)
        wide = theme.metrics(11, bold).horizontalAdvance(text) + 4
        x = min(max(bar.center().x() - wide / 2, area.left()), area.right() - wide)
        painter.setFont(theme.font(11, bold))
        painter.setPen(theme.theme().ink)
        painter.drawText(QRectF(x, bar.top() - high, wide, high), _MIDDLE, text)

    def _colour(self, row: Row) -> QColor:
        if row.name == "reading":
            return theme.theme().ink3
        return theme.faded(self._family(), 0.55) if row.half == 1 else self._family()

    def _family(self) -> QColor:
        return theme.family_colour("hmm" if self.snapshot.run is None else self.snapshot.run.family)

    def _paint_corridor(self, painter: QPainter, true: int | None) -> None:
        """The cells with their doors, their numbers, and the robot where it really is."""
        assert self.belief is not None
        colours, area, high = theme.theme(), self.row_area(0), theme.px(15)
        top = self.height() - theme.px(FOOT) + theme.px(4)
        floor = QRectF(area.left(), top, area.width(), high)
        painter.fillRect(floor, colours.ghost)
        doors = self._doors()
        for cell in np.flatnonzero(doors):
            box = self._cell(floor, int(cell))
            door = QRectF(
                box.center().x() - min(box.width() * 0.3, theme.px(7)), top, min(box.width() * 0.6, theme.px(14)), high
            )
            painter.fillRect(door, colours.ink2)
        painter.setPen(QPen(colours.ink2, 1.25))
        painter.drawLine(QLineF(floor.bottomLeft(), floor.bottomRight()))
        self._paint_numbers(painter, floor, true)
        painter.setFont(theme.font(11))
        painter.setPen(colours.ink3)
        painter.drawText(QRectF(0, top, area.left() - theme.px(4), high), _RIGHT, "door")
        painter.drawText(QRectF(0, floor.bottom() + 2, area.left() - theme.px(4), theme.px(16)), _RIGHT, "cell")

    def _paint_numbers(self, painter: QPainter, floor: QRectF, true: int | None) -> None:
        assert self.belief is not None
        colours, wide = theme.theme(), floor.width() / self.belief.cells
        each = max(1, int(np.ceil(theme.px(18) / wide)))
        for cell in range(self.belief.cells):
            here = cell == true
            near = true is not None and not here and abs(cell - true) < each
            if not here and (cell % each or near):
                continue
            box = self._cell(floor, cell)
            painter.setFont(theme.font(11, bold=here))
            painter.setPen(colours.ink if here else colours.ink3)
            painter.drawText(
                QRectF(box.center().x() - 20, floor.bottom() + 2, 40, theme.px(16)), _MIDDLE, str(cell + 1)
            )
            if here:
                tip = QPointF(box.center().x(), floor.bottom() - 2)
                half, up = theme.px(5), theme.px(9)
                painter.setPen(QPen(colours.sheet, 1.25))
                painter.setBrush(colours.ink)
                painter.drawPolygon(QPolygonF([tip, tip + QPointF(-half, -up), tip + QPointF(half, -up)]))

    def _doors(self) -> np.ndarray:
        """(cell,) by the filter's own map, else by the names of the cells."""
        assert self.belief is not None
        known = self.belief.doors()
        if known is not None:
            return known
        named = [" " in label for label in self.vocabulary]
        return np.array(named if len(named) == self.belief.cells else [False] * self.belief.cells)

    # words

    def subtitle(self) -> str:
        return f"at t = {self.t}, the true cell shaded" if self.belief is not None else ""

    def reading(self) -> str:
        if self.belief is None:
            return ""
        belief, t = self.belief, self.t
        true, doubt = belief.true_cell(t), float(doubt_bits(belief.after[t]))
        best = int(np.argmax(belief.after[t]))
        if belief.before is not None and self.half == 1:
            return (
                f"the move leaves **{float(doubt_bits(belief.before[t])):.1f} bits** of doubt; the reading comes next"
            )
        share = f"**{100 * float(belief.after[t, best]):.0f} %** on {cell_name(self.vocabulary, best)}"
        if true is None:
            return share
        told = "where it is" if best == true else f"but it is in {cell_name(self.vocabulary, true)}"
        long = f"{share}, {told}"
        if belief.before is not None:
            moved = float(doubt_bits(belief.before[t])) - doubt
            verb = "took" if moved >= 0 else "added"
            long += f"; the reading {verb} {abs(moved):.1f} bits"
        return fitting(self.width(), long, f"{share}, {told}", share)

    def explain(self, cursor: Cursor) -> Explanation:
        sentence = "A command moves the belief and smears it; a reading weighs each cell by how well it explains it."
        if self.belief is None:
            return Explanation(self.title, _UPDATE, sentence)
        belief, t = self.belief, max(0, min(cursor.column, self.steps - 1))
        true = belief.true_cell(t)
        cell = int(np.argmax(belief.after[t])) if true is None else true
        token = self.tokens[t] if t < len(self.tokens) else ""
        move, seen = step_words(token)
        quantities = [Quantity(f"t = {t}", f"{move}, saw {seen}"), Quantity("c", cell_name(self.vocabulary, cell))]
        if not belief.stepwise:
            sentence = (
                "A net is told the true cell after every reading and learns to say where it is; nobody shows it a map."
            )
            return self._said(r"bel_t(c) = \mathrm{softmax}_c(W h_t + b)", sentence, quantities, belief, t, cell)
        assert belief.before is not None
        assert belief.likelihood is not None
        product = belief.before[t] * belief.likelihood[t]
        if t > 0:
            quantities.append(Quantity("bel(c) one step before", f"{float(belief.after[t - 1, cell]):.3f}"))
        quantities += [
            Quantity("predicted, the sum over c′", f"{float(belief.before[t, cell]):.3f}"),
            Quantity("p(z | c)", f"{float(belief.likelihood[t, cell]):.2f}"),
            Quantity("their product", f"{float(product[cell]):.4f}"),
            Quantity("η, one over the sum of all", f"{1 / float(product.sum()):.2f}"),
        ]
        return self._said(_UPDATE, sentence, quantities, belief, t, cell)

    def _said(
        self, formula: str, sentence: str, quantities: list[Quantity], belief: Belief, t: int, cell: int
    ) -> Explanation:
        share = float(belief.after[t, cell])
        meaning = f"of the belief lies on {cell_name(self.vocabulary, cell)}"
        return Explanation(self.title, formula, sentence, tuple(quantities), f"{share:.2f}", meaning)

    def export(self) -> Mapping[str, np.ndarray]:
        if self.belief is None:
            return {}
        found = {"updated": self.belief.after, "truth": self.belief.truth}
        if self.belief.before is not None and self.belief.likelihood is not None:
            found |= {"predicted": self.belief.before, "likelihood": self.belief.likelihood}
        return found

    # half a step at a time

    def set_half(self, half: int) -> None:
        """1: only the move of this step is made; 2: the reading is weighed too."""
        if half != self.half:
            self.half = half
            self.header_changed.emit()
            self.update()

    def move_half(self, by: int) -> None:
        """Half a step on (+1) or back (-1): predict, update, then the next step's predict."""
        if self.belief is None:
            return
        if self.belief.stepwise:
            place = min(max(2 * self.t + self.half - 1 + by, 0), 2 * self.steps - 1)
            self.set_half(place % 2 + 1)
            self._move_to(place // 2)
        else:
            self._move_to(self.t + by)

    def _move_to(self, t: int) -> None:
        t = min(max(t, 0), self.steps - 1)
        if t != self.t:
            self.cursor_moved.emit(Cursor(t, None, self.snapshot.cursor.key))

    # Qt overrides

    def keyPressEvent(self, event: QKeyEvent) -> None:
        by = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}.get(Qt.Key(event.key()))
        if by is None:
            super().keyPressEvent(event)
        else:
            self.move_half(by)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """The upper row: the move alone; the rows below: the reading too."""
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        if self.belief is not None and self.belief.stepwise and event.button() == Qt.MouseButton.LeftButton:
            self.set_half(1 if event.position().y() < self.row_area(0).bottom() else 2)
