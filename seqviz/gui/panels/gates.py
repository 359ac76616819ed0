"""Gates of a layer, recurrent or convolutional: how far each is open at every token of the probe."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QMouseEvent, QPainter

from seqviz.gui import theme
from seqviz.gui.panels.base import ColourBar, Cursor, Explanation, Quantity, Snapshot, panels
from seqviz.gui.panels.gate_place import LINEAR, GatePlace
from seqviz.gui.panels.gate_statistics import GateSummary, drops, memory_length, summarise
from seqviz.gui.panels.painted_sheet import PaintedSheetPanel
from seqviz.gui.widgets.matrix_view import index_image, matrix_image, paint_matrix
from seqviz.gui.widgets.token_names import token_name

GATES = ("forget_gate", "update_gate", "carry_gate", "input_gate", "reset_gate", "transform_gate", "output_gate")
KEEPERS = ("forget_gate", "update_gate", "carry_gate")  # 1 keeps the old state
LINE = 2.25  # px, width of the step line
EXPANDED_WEIGHT = 3.5  # height of an expanded gate, in tracks
_EQUATIONS = {  # by the gate that keeps, or the only one
    "forget_gate": r"c_t = f_t \odot c_{t-1} + i_t \odot g_t",
    "update_gate": r"h_t = z_t \odot h_{t-1} + (1 - z_t) \odot n_t",
    "carry_gate": r"s_l = c_l \odot s_{l-1} + t_l \odot n_l",
    LINEAR: r"y_t = x_t + a_t \odot \sigma(b_t)",
}


def step_line(left: float, cell: float, ys: list[float], width: float) -> list[QRectF]:
    """Rectangles of a step line: a horizontal for each value, a vertical between neighbours that differ."""
    flat = [QRectF(left + i * cell, y - width / 2, cell, width) for i, y in enumerate(ys)]
    rises = [
        QRectF(left + (i + 1) * cell - width / 2, min(a, b) - width / 2, width, abs(a - b) + width)
        for i, (a, b) in enumerate(pairwise(ys))
        if a != b
    ]
    return flat + rises


def gate_word(gate: str) -> str:
    return gate.removesuffix("_gate")


def gate_title(gate: str) -> str:
    """`forget gate`; `gate` where a layer has but one."""
    return gate if gate == LINEAR else f"{gate_word(gate)} gate"


@panels.register("gates")
class GatesPanel(PaintedSheetPanel):
    """How far each gate is open at every token: mean of all units, and where the middle 80 % of them lie."""

    name = "gates"
    title = "Gates"
    rooms = {"health": 40}
    question = "What does it keep, what does it forget?"
    wants = (*(f"layers.*.{gate}" for gate in GATES), f"conv.*.{LINEAR}")
    needs = wants
    order = 30
    weight = 25
    minimum_height = 90
    ghost = "Gates: how much the memory keeps, takes in and lets out at each token."

    def __init__(self) -> None:
        super().__init__()
        self._place = GatePlace()
        self.expanded = ""
        self._arrays: dict[str, NDArray[np.floating]] = {}
        self._summaries: dict[str, GateSummary] = {}
        self._dips: dict[str, list[int]] = {}
        self._map: NDArray[np.uint8] | None = None

    @property
    def layer(self) -> int:
        """The layer shown, counted from 0."""
        return self._place.layer

    @property
    def gates(self) -> tuple[str, ...]:
        """Gates that the layer has, those that keep first."""
        return tuple(self._arrays)

    def prepare(self, old: Snapshot) -> None:
        found = {name: a for want in self.wants for name, a in self.snapshot.matching(want).items()}
        self._place.see(found)
        names = {gate: self._place.site(gate) for gate in (*GATES, LINEAR)}
        arrays = {gate: found[name] for gate, name in names.items() if name in found}
        if any(arrays[g] is not self._arrays.get(g) for g in arrays) or arrays.keys() != self._arrays.keys():
            self._arrays = arrays
            self._summaries = {gate: summarise(a) for gate, a in arrays.items()}
            most = {gate: 3 if gate in KEEPERS else 1 for gate in arrays}
            self._dips = {gate: drops(s.mean, most[gate]) for gate, s in self._summaries.items()}
        self._map = self._expanded_map()

    def _expanded_map(self) -> NDArray[np.uint8] | None:
        """(unit, t) indices of the expanded gate, longest memory at the top; without memory, the most open."""
        gate = self._arrays.get(self.expanded)
        if gate is None:
            return None
        keeper = next((self._arrays[k] for k in KEEPERS if k in self._arrays), None)
        order = np.argsort(-(gate.mean(axis=0) if keeper is None else memory_length(keeper)), kind="stable")
        return index_image(gate.T[order], 0.0, 1.0)

    def ready(self) -> bool:
        return bool(self._summaries) and all(len(s.mean) == self.grid.n for s in self._summaries.values())

    # painting

    def tracks(self) -> dict[str, QRectF]:
        """Rectangle of each gate's track."""
        gap, bottom = theme.px(6), self.height() - theme.px(5)
        weights = [EXPANDED_WEIGHT if gate == self.expanded else 1.0 for gate in self.gates]
        unit = (bottom - 2 - gap * (len(weights) - 1)) / max(sum(weights), 1.0)
        areas, y = {}, 2.0
        for gate, weight in zip(self.gates, weights, strict=True):
            areas[gate] = QRectF(self.grid.left, round(y), self.grid.width, round(unit * weight))
            y += unit * weight + gap
        return areas

    def paint(self, painter: QPainter) -> None:
        tracks = self.tracks()
        names = self.static_layer((tuple(tracks), self.expanded, self.grid), self._paint_beds, name="beds")
        painter.drawPixmap(0, 0, names)
        for gate, area in tracks.items():
            if gate == self.expanded and self._map is not None:
                self._paint_map(painter, area)
            else:
                self._paint_track(painter, gate, area)
                self._paint_drops(painter, gate, area)
            self._paint_share(painter, gate, area)

    def paint_over(self, painter: QPainter) -> None:
        super().paint_over(painter)
        for gate, area in self.tracks().items():
            if gate != self.expanded:
                self._paint_chip(painter, gate, area)

    def _paint_beds(self, painter: QPainter) -> None:
        """Beds, squares, names, 0 and 1."""
        colours = theme.theme()
        for gate, area in self.tracks().items():
            painter.fillRect(area, colours.ghost)
            expanded = gate == self.expanded
            low, high = self._order_words() if expanded else ("0", "1")
            if area.height() >= theme.px(34):
                self.paint_gutter(painter, high, area.top() + theme.px(5))
                self.paint_gutter(painter, low, area.bottom() - theme.px(5))
            y, square = area.center().y(), theme.px(8)
            left = self.gutter_left
            painter.fillRect(QRectF(left, round(y - square / 2), square, square), theme.gate_colour(gate))
            start = left + theme.px(12)
            painter.setFont(self._name_font(gate_word(gate), area.left() - start - theme.px(3)))
            painter.setPen(theme.gate_colour(gate, text=True))
            flag = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
            painter.drawText(QRectF(start, y - 10, self.grid.left, 20), flag, gate_word(gate))

    @staticmethod
    def _name_font(word: str, room: float) -> QFont:
        """Bold where the gutter has room for the word; a long one (transform) is set regular, then narrower."""
        font = theme.font(11, bold=True)
        for stretch in (100, 95, 90, 85, 80, 75, 70):
            if QFontMetricsF(font).horizontalAdvance(word) <= room:
                break
            font = QFont(theme.font(11))
            font.setStretch(stretch)
        return font

    def _order_words(self) -> tuple[str, str]:
        """What the units at the bottom and at the top of an expanded gate are."""
        return ("fast", "slow") if any(gate in KEEPERS for gate in self._arrays) else ("shut", "open")

    def _paint_share(self, painter: QPainter, gate: str, area: QRectF) -> None:
        """At the right end: from the top the share of units nearly open, from the bottom of those nearly shut."""
        summary, width = self._summaries[gate], theme.px(6)
        opened, shut = float(summary.open.mean()), float(summary.shut.mean())
        bar = QRectF(area.right() + theme.px(6), area.top(), width, area.height())
        painter.fillRect(bar, theme.theme().ghost)
        colour = theme.gate_colour(gate)
        painter.fillRect(QRectF(bar.left(), bar.top(), width, round(opened * bar.height())), colour)
        low = round(shut * bar.height())
        painter.fillRect(QRectF(bar.left(), bar.bottom() - low, width, low), theme.faded(colour, 0.5))

    def _ys(self, area: QRectF, values: NDArray[np.floating]) -> NDArray[np.float64]:
        """(visible,) pixels of values 0 .. 1, whole ones: a step line is all horizontals and verticals."""
        inner = area.adjusted(0, 3, 0, -3)
        return np.rint(inner.bottom() - np.asarray(self.seen(values), dtype=np.float64) * inner.height())

    def _paint_track(self, painter: QPainter, gate: str, area: QRectF) -> None:
        """Band and step line as plain rectangles, which cost a tenth of antialiased outlines."""
        summary, colour = self._summaries[gate], theme.gate_colour(gate)
        cell, left = self.grid.cell, self.grid.left
        tops, bottoms = self._ys(area, summary.high).tolist(), self._ys(area, summary.low).tolist()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.faded(colour, 0.23))
        both = enumerate(zip(tops, bottoms, strict=True))
        painter.drawRects([QRectF(left + i * cell, top, cell, max(low - top, 1.0)) for i, (top, low) in both])
        painter.setBrush(colour)
        painter.drawRects(step_line(left, cell, self._ys(area, summary.mean).tolist(), theme.px(LINE)))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)

    def _paint_map(self, painter: QPainter, area: QRectF) -> None:
        assert self._map is not None
        first = self.grid.first
        seen = self._map[:, first : first + self.grid.visible]
        paint_matrix(painter, area, matrix_image(seen, theme.colour_table("viridis")))

    def _paint_drops(self, painter: QPainter, gate: str, area: QRectF) -> None:
        """Name the dips: `comma 0.59`, under the line left of the dip where there is room, else right of it."""
        measure, high = theme.metrics(11, bold=True), theme.px(13)
        painter.setFont(theme.font(11, bold=True))
        painter.setPen(theme.gate_colour(gate, text=True))
        line = self._ys(area, self._summaries[gate].mean)
        cursor = QRectF(self.grid.x_of(self.column) - 3, area.top(), self.grid.cell + 6, area.height())
        taken = [self._chip_rect(gate, area), cursor]
        for t in self._dips[gate]:
            if not self.grid.shows(t) or t == self.column:
                continue
            text = f"{self._dip_name(t)} {float(self._summaries[gate].mean[t]):.2f}"
            width = measure.horizontalAdvance(text)
            for x in (self.grid.x_of(t) - width - theme.px(5), self.grid.x_of(t + 1) + theme.px(5)):
                rect = self._under_line(area, line, x, width, high)
                if rect is not None and not any(rect.intersects(other) for other in taken):
                    taken.append(rect)
                    painter.drawText(QPointF(x, rect.center().y() + measure.capHeight() / 2), text)
                    break

    def _dip_name(self, t: int) -> str:
        if t in (0, self.grid.n - 1):
            return "start" if t == 0 else "end"
        return token_name(self.tokens[t]) if t < len(self.tokens) else f"t = {t}"

    def _under_line(
        self, area: QRectF, line: NDArray[np.float64], x: float, width: float, high: float
    ) -> QRectF | None:
        """A place for a label between the line and the bottom of the track; None where there is none."""
        if x < area.left() or x + width > area.right():
            return None
        first, last = int((x - area.left()) // self.grid.cell), int((x + width - area.left()) // self.grid.cell)
        top = float(line[first : last + 1].max()) + theme.px(3)
        return QRectF(x, top, width, high) if top + high <= area.bottom() + 1 else None

    def _chip_rect(self, gate: str, area: QRectF) -> QRectF:
        """Where the value at the cursor stands: left of its column (right of it at the left edge)."""
        value = float(self._summaries[gate].mean[self.column])
        width = theme.metrics(11, bold=True).horizontalAdvance(f"{value:.2f}") + theme.px(8)
        high = theme.px(16)
        x = self.grid.x_of(self.column) - width - theme.px(4)
        if x < area.left():
            x = self.grid.x_of(self.column + 1) + theme.px(4)
        line = area.bottom() - 3 - value * (area.height() - 6)
        # under a line that runs high, over one that runs low
        y = line + theme.px(6) if line + theme.px(6) + high <= area.bottom() else line - high - theme.px(6)
        return QRectF(x, min(max(y, area.top() + 1), area.bottom() - high - 1), width, high)

    def _paint_chip(self, painter: QPainter, gate: str, area: QRectF) -> None:
        if not self.grid.shows(self.column):
            return
        rect = self._chip_rect(gate, area)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.theme().sheet)
        painter.drawRoundedRect(rect, 3, 3)
        painter.setFont(theme.font(11, bold=True))
        painter.setPen(theme.gate_colour(gate, text=True))
        text = f"{float(self._summaries[gate].mean[self.column]):.2f}"
        painter.drawText(rect, int(Qt.AlignmentFlag.AlignCenter), text)

    # words

    def subtitle(self) -> str:
        units = next(iter(self._arrays.values())).shape[1] if self._arrays else 0
        place = f"{self._place.words()}: " if self._place.words() else ""
        if not units:
            return "mean of all units, 10th to 90th percentile as a band"
        if self._map is not None:
            return f"{place}{gate_title(self.expanded)} of {units} units, {' to '.join(reversed(self._order_words()))}"
        shares = "at the right: share over 0.9 (top) and under 0.1"
        return f"{place}mean of {units} units, 10th to 90th percentile as a band; {shares}"

    def colour_bar(self) -> ColourBar | None:
        return None if self._map is None else ColourBar(gate_title(self.expanded), "0", "viridis", "1")

    def reading(self) -> str:
        first = next((g for g in (*KEEPERS, LINEAR) if g in self._summaries), None)
        if first is None:
            return ""
        mean, does = self._summaries[first].mean, "keeps" if first in KEEPERS else "lets through"
        kept = f"the {gate_title(first)} {does} **{100 * float(mean.mean()):.0f} %** at each {self.token_word}"
        inner = [t for t in self._dips[first] if 0 < t < len(self.tokens) - 1]
        if not inner:
            return kept
        return f"{kept}, least at {token_name(self.tokens[inner[0]])}: {100 * float(mean[inner[0]]):.0f} %"

    def explain(self, cursor: Cursor) -> Explanation:
        formula = next((_EQUATIONS[g] for g in _EQUATIONS if g in self._arrays), _EQUATIONS[KEEPERS[0]])
        sentence = "A gate is a number from 0 to 1 per unit that the state is multiplied by: 0 blocks, 1 lets through."
        t = cursor.column
        if not self.ready() or not 0 <= t < self.grid.n:
            return Explanation(self.title, formula, sentence)
        quantities = [Quantity(f"t = {t}", self.place_words(t))]
        for gate, summary in self._summaries.items():
            quantities.append(Quantity(f"{gate_word(gate)} at t", f"{summary.mean[t]:.2f}", gate))
            shares = f"{100 * summary.shut[t]:.0f} % shut, {100 * summary.open[t]:.0f} % open"
            quantities.append(Quantity("of its units", shares))
        keeper = next((g for g in KEEPERS if g in self._arrays), None)
        if keeper is None:
            return Explanation(self.title, formula, sentence, tuple(quantities))
        longest = float(np.median(memory_length(self._arrays[keeper])))
        meaning = f"{self.token_word}s until a middling unit has forgotten two thirds, by its {gate_word(keeper)} gate"
        return Explanation(self.title, formula, sentence, tuple(quantities), f"{longest:.1f}", meaning)

    def export(self) -> Mapping[str, np.ndarray]:
        return {self._place.site(gate): a for gate, a in self._arrays.items()}

    # menu

    def menu_choices(self) -> tuple[tuple[str, tuple[str, ...], str], ...]:
        choices = self._place.choices()
        words = tuple(gate_word(g) for g in self.gates)
        choices.append(("every unit of", ("none", *words), gate_word(self.expanded) or "none"))
        return tuple(choices)

    def choose(self, key: str, option: str) -> None:
        if not self._place.choose(key, option):
            self.expanded = next((g for g in self.gates if gate_word(g) == option), "")
        self.refresh()

    # Qt overrides

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton or not self.ready():
            return
        x, y = event.position().x(), event.position().y()
        gate = next((g for g, area in self.tracks().items() if area.top() <= y <= area.bottom()), None)
        if gate is not None and x < self.grid.left:
            self.expanded = "" if self.expanded == gate else gate
            self.refresh()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        over_name = event.position().x() < self.grid.left
        self.setCursor(Qt.CursorShape.PointingHandCursor if over_name else Qt.CursorShape.ArrowCursor)
        super().mouseMoveEvent(event)
