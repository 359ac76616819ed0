"""Trellis of a hidden Markov model: what it believes of its states at every token, and the likeliest path."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPen, QPolygonF

from seqviz.gui import theme
from seqviz.gui.panels import hmm_states as states
from seqviz.gui.panels.base import ColourBar, Cursor, Explanation, Quantity, Snapshot, panels
from seqviz.gui.panels.painted_sheet import PaintedSheetPanel
from seqviz.gui.reading import fitting
from seqviz.gui.widgets.matrix_view import index_image, matrix_image, paint_matrix
from seqviz.gui.widgets.strip_painting import shown_token

BELIEFS = {
    "filtered": "after reading the token itself",
    "smoothed": "knowing the whole probe, what comes later included",
    "predicted": "before reading the token",
}
MOST_EDGES = 4
_FORMULAS = {
    "filtered": r"f_t(j) = \frac{1}{c_t} \, B_j(x_t) \sum_i f_{t-1}(i) \, A_{ij}",
    "smoothed": r"g_t(i) = f_t(i) \sum_j A_{ij} \, \frac{g_{t+1}(j)}{p_{t+1}(j)}",
    "predicted": r"p_t(j) = \sum_i f_{t-1}(i) \, A_{ij}",
}
_BLACK, _WHITE = QColor("#000000"), QColor("#FFFFFF")


@panels.register("trellis")
class TrellisPanel(PaintedSheetPanel):
    """How much each hidden state is believed in at each token, and the single likeliest path through them."""

    name = "trellis"
    title = "Trellis"
    question = "Which state is it in?"
    wants = ("belief.*", "viterbi.*", "hmm.*")
    needs = ("viterbi.state",)
    order = 12
    weight = 44
    minimum_height = 130
    ghost = "Trellis: the belief in each hidden state at each token, and the likeliest path."

    def __init__(self) -> None:
        super().__init__()
        self.belief = "filtered"
        self._path_shown = True
        self._hovered: int | None = None  # state under the mouse
        self._belief: NDArray[np.floating] | None = None  # (t, state)
        self._indices: NDArray[np.uint8] | None = None  # (state, t)

    def current_wants(self) -> frozenset[str]:
        return frozenset({f"belief.{self.belief}", "belief.filtered", "viterbi.*", "hmm.*"})

    def prepare(self, old: Snapshot) -> None:
        found = self.snapshot.array(f"belief.{self.belief}")
        if found is not None and found is not self._belief:
            self._indices = index_image(found.T, 0.0, 1.0, "sqrt")
        self._belief = found

    def ready(self) -> bool:
        path = self.path
        return self._belief is not None and path is not None and len(self._belief) == len(path) == self.grid.n

    # what it shows

    @property
    def path(self) -> NDArray[np.integer] | None:
        """(t,) states of the likeliest path."""
        return self.snapshot.array("viterbi.state")

    @property
    def n_states(self) -> int:
        return 0 if self._belief is None else self._belief.shape[1]

    @property
    def vocabulary(self) -> tuple[str, ...]:
        return self.snapshot.run.vocabulary if self.snapshot.run is not None else ()

    @property
    def state(self) -> int:
        """The state looked at: under the mouse, else where the path stands at the cursor."""
        if self._hovered is not None and self._hovered < self.n_states:
            return self._hovered
        assert self.path is not None
        return int(self.path[self.column])

    def edges(self) -> list[tuple[int, float]]:
        """(state before, transition probability) of the ways into the state looked at, by what flows along them."""
        transition, before = self.snapshot.array("hmm.transition"), self.snapshot.array("belief.filtered")
        t = self.column
        if transition is None or before is None or t == 0:
            return []
        flow = before[t - 1] * transition[:, self.state]
        order = [int(i) for i in np.argsort(-flow, kind="stable")[:MOST_EDGES] if flow[i] > 0]
        return [(i, float(transition[i, self.state])) for i in order]

    @property
    def emission(self) -> NDArray[np.floating] | None:
        """(state, symbol); None where the states are known by name."""
        return self.snapshot.array("hmm.emission")

    def word(self, state: int) -> str:
        """`state 3`, or a tag's name."""
        return states.state_word(state, self.emission, self.vocabulary, self.n_states)

    def label(self, state: int, room: float = math.inf, bold: bool = False) -> str:
        """`s3  e a o`, or a tag's name."""

        def fits(text: str) -> bool:
            return theme.metrics(11, bold).horizontalAdvance(text) <= room

        return states.row_label(state, self.emission, self.vocabulary, fits, self.n_states)

    # painting

    def area(self) -> QRectF:
        return QRectF(self.grid.left, 2, self.grid.width, max(self.height() - 8, 1))

    def centre(self, t: int, state: int) -> QPointF:
        area = self.area()
        return QPointF(self.grid.centre_of(t), area.top() + (state + 0.5) * area.height() / self.n_states)

    def paint(self, painter: QPainter) -> None:
        key = (self.serial, self.grid, self._path_shown, self.state)
        painter.drawPixmap(0, 0, self.static_layer(key, self._paint_still))

    def _paint_still(self, painter: QPainter) -> None:
        assert self._indices is not None
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        seen = self._indices[:, self.grid.first : self.grid.first + self.grid.visible]
        paint_matrix(painter, self.area(), matrix_image(seen, theme.colour_table("viridis")))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        self._paint_names(painter)
        if self._path_shown:
            self._paint_path(painter)

    def _paint_names(self, painter: QPainter) -> None:
        """`3 e a o` for every row that has room; the state looked at stands bold among them."""
        step = self.area().height() / self.n_states
        every = max(1, math.ceil(theme.px(12) / step))
        chosen = self.state
        for state in range(0, self.n_states, every):
            if every > 1 and abs(state - chosen) < every:
                continue  # the chosen one needs the room
            self._paint_name(painter, state, bold=state == chosen)
        if every > 1:
            self._paint_name(painter, chosen, bold=True)

    def _paint_name(self, painter: QPainter, state: int, bold: bool) -> None:
        y = self.centre(0, state).y()
        text = self.label(state, self.grid.left - theme.px(12), bold)
        self.paint_gutter(painter, text, y, bold)

    def _paint_path(self, painter: QPainter) -> None:
        path = self.path
        assert path is not None
        painter.setClipRect(self.area())
        points = [self.centre(t, int(path[t])) for t in self.grid.columns()]
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for colour, width in ((_WHITE, 4.0), (_BLACK, 1.75)):
            pen = QPen(colour, width * theme.scale())
            pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
            painter.setPen(pen)
            painter.drawPolyline(QPolygonF(points))
        painter.setPen(QPen(_WHITE, 1.0))
        painter.setBrush(_BLACK)
        radius = min(theme.px(3), self.grid.cell / 4)
        for point in points:
            painter.drawEllipse(point, radius, radius)
        painter.setClipping(False)

    def paint_over(self, painter: QPainter) -> None:
        super().paint_over(painter)
        if not self.grid.shows(self.column):
            return
        edges, t = self.edges(), self.column
        there = self.centre(t, self.state)
        if self.grid.shows(t - 1):
            for before, p in edges:
                here = self.centre(t - 1, before)
                for colour, extra in ((_WHITE, 2.5), (_BLACK, 0.0)):
                    painter.setPen(QPen(colour, 1.0 + 3.0 * p + extra))
                    painter.drawLine(here, there)
        painter.setPen(QPen(_BLACK, 2.0))
        painter.setBrush(_WHITE)
        painter.drawEllipse(there, theme.px(4), theme.px(4))
        self._paint_chips(painter, edges)

    def _paint_chips(self, painter: QPainter, edges: list[tuple[int, float]]) -> None:
        """The transition probability of each way in, beside where it comes from; none over another."""
        measure, taken = theme.metrics(11, bold=True), list[QRectF]()
        painter.setFont(theme.font(11, bold=True))
        for before, p in edges:
            text = f"{p:.2f}" if p >= 0.005 else "<0.01"
            width, high = measure.horizontalAdvance(text) + theme.px(8), theme.px(15)
            t = self.column
            x = self.grid.x_of(t - 1) - width - theme.px(3)
            if x < self.grid.left:
                x = self.grid.x_of(t + 1) + theme.px(3)
            y = min(max(self.centre(0, before).y() - high / 2, 0), self.height() - high)
            rect = QRectF(x, y, width, high)
            if any(rect.intersects(other) for other in taken):
                continue
            taken.append(rect)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.theme().sheet)
            painter.drawRoundedRect(rect, 3, 3)
            painter.setPen(theme.theme().ink)
            painter.drawText(rect, int(Qt.AlignmentFlag.AlignCenter), text)

    # words

    def subtitle(self) -> str:
        count = f"{self.n_states} states; " if self.n_states else ""
        path = "; line: the likeliest path" if self._path_shown else ""
        return f"{count}{self.belief} belief: {BELIEFS[self.belief]}{path}"

    def colour_bar(self) -> ColourBar:
        return ColourBar("belief", "0", "viridis", "1")

    def reading(self) -> str:
        if not self.ready():
            return ""
        assert self._belief is not None
        place, state = self.place_words(self.column), self.state
        sure, word = f"**{100 * float(self._belief[self.column, state]):.0f} %**", self.word(state)
        subject = word[0].upper() + word[1:] if self._hovered is not None else f"The best path is in {word}"
        short = f"{word} at {place}: {sure}"
        if self.emission is None:
            return fitting(self.width(), f"{subject} at {place}, belief {sure}", short)
        known, _ = states.in_words(self.emission[state], self.vocabulary)
        return fitting(
            self.width(),
            f"{subject} at {place}, belief {sure}; it emits {known}",
            f"{word} ({known}) at {place}: {sure}",
            short,
        )

    def explain(self, cursor: Cursor) -> Explanation:
        sentence = {
            "filtered": "Predict by the transitions, weigh by how well each state explains the token, divide by the "
            "sum.",
            "smoothed": "What is believed of this place once the rest of the probe has been read, from the last token "
            "back.",
            "predicted": "What the transitions make of the belief after the token before.",
        }[self.belief]
        formula, t = _FORMULAS[self.belief], cursor.column
        if not self.ready() or not 0 <= t < self.grid.n:
            return Explanation(self.title, formula, sentence)
        assert self._belief is not None
        state = self.state
        quantities = [Quantity(f"t = {t}", self.place_words(t)), Quantity("state", self.label(state))]
        quantities += self._numbers(t, state)
        meaning = f"{self.belief} belief in {self.word(state)} at {self.place_words(t)}"
        return Explanation(
            self.title, formula, sentence, tuple(quantities), f"{float(self._belief[t, state]):.2f}", meaning
        )

    def _numbers(self, t: int, state: int) -> list[Quantity]:
        found = []
        emission, score = self.emission, self.snapshot.array("viterbi.score")
        token = self.tokens[t] if t < len(self.tokens) else ""
        if emission is not None and token in self.vocabulary:
            p = float(emission[state, self.vocabulary.index(token)])
            found.append(Quantity(f"B, it emits {shown_token(token)}", theme.short(p)))
        found += [Quantity(f"A, from {self.word(before)}", f"{p:.2f}") for before, p in self.edges()]
        if score is not None:
            found.append(Quantity("ln p of the best path to here", theme.short(float(score[t, state]))))
        return found

    def export(self) -> Mapping[str, np.ndarray]:
        names = (*(f"belief.{name}" for name in BELIEFS), "viterbi.state", "viterbi.score", "viterbi.back")
        found = {name: self.snapshot.array(name) for name in names}
        return {name: array for name, array in found.items() if array is not None}

    # menu

    def menu_choices(self) -> tuple[tuple[str, tuple[str, ...], str], ...]:
        path = ("shown", "hidden")
        return ("belief", tuple(BELIEFS), self.belief), ("best path", path, path[not self._path_shown])

    def choose(self, key: str, option: str) -> None:
        if key == "belief":
            self.belief = option
            self.wants_changed.emit()
        else:
            self._path_shown = option == "shown"
        self.refresh()

    # Qt overrides

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        area = self.area()
        inside = self.ready() and area.contains(event.position())
        step = area.height() / max(self.n_states, 1)
        self._hover(min(int((event.position().y() - area.top()) / step), self.n_states - 1) if inside else None)
        super().mouseMoveEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        self._hover(None)

    def _hover(self, state: int | None) -> None:
        if state != self._hovered:
            self._hovered = state
            self.tell_header()
            self.update()
