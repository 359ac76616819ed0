"""Teacher forcing and free running: what each token of the probe costs a model that is told the truth, and one left to
itself. The difference is exposure bias.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from seqviz.core.events import RunStarted
from seqviz.gui import theme
from seqviz.gui.panels.base import ColourBar, Cursor, Explanation, Quantity, Snapshot, panels
from seqviz.gui.panels.painted_sheet import PaintedSheetPanel
from seqviz.gui.widgets.matrix_view import index_image
from seqviz.gui.widgets.strip_painting import is_characters, shown_token
from seqviz.gui.widgets.token_names import token_name

TRUTH, OWN_OUTPUT, OWN_WORDS = "passes.truth", "passes.own_output", "passes.own_words"
TITLES = {OWN_OUTPUT: "its own output", OWN_WORDS: "its own words"}
LETTERS = 17  # px at scale 1 of one row of guesses
GAP = 3
_CENTRE = int(Qt.AlignmentFlag.AlignCenter)


@panels.register("free_running")
class FreeRunningPanel(PaintedSheetPanel):
    """Above, bits a token with the true past; below, left to itself; between them the likeliest token of each."""

    name = "free_running"
    title = "Teacher forcing and free running"
    question = "What if nobody tells it the truth?"
    wants = ("passes.*",)
    needs = ("passes.truth.guess",)
    order = 25
    weight = 22
    minimum_height = 110
    shown_by_default = False
    ghost = "What every token costs a model that is told the truth, and the same model left to itself."

    def __init__(self) -> None:
        super().__init__()
        self._chosen = ""
        self._found: tuple[str, ...] = ()
        self.bits: dict[str, NDArray[np.floating]] = {}
        self.guesses: dict[str, NDArray[np.integer]] = {}

    @classmethod
    def shown_at_first(cls, run: RunStarted) -> bool:
        """By itself where the recurrence goes through the output: there the two differ by construction."""
        return any(name.startswith(OWN_OUTPUT) for name in run.provides)

    @property
    def own(self) -> str:
        """The pass shown below: on its own output where there is one, else on its own words."""
        return self._chosen if self._chosen in self._found else (self._found[0] if self._found else "")

    @property
    def highest(self) -> float:
        """Upper end of both ranges in bits, fixed per run: as in the surprisal panel."""
        run = self.snapshot.run
        return math.ceil(math.log2(max(len(run.vocabulary), 2))) + 1.0 if run is not None and run.vocabulary else 8.0

    def prepare(self, old: Snapshot) -> None:
        self._found = tuple(name for name in TITLES if self.snapshot.array(f"{name}.guess") is not None)
        self.bits, self.guesses = {}, {}
        for name in (TRUTH, self.own):
            bits, guess = self.snapshot.array(f"{name}.surprisal"), self.snapshot.array(f"{name}.guess")
            if bits is not None and guess is not None and len(bits) == len(self.tokens):
                self.bits[name], self.guesses[name] = bits, guess

    def ready(self) -> bool:
        whole = all(len(bits) == self.grid.n for bits in self.bits.values())
        return len(self.bits) == 2 and whole and self.height() >= theme.px(80)

    def word(self, name: str, t: int) -> str:
        """The likeliest token of a pass at t; "" where nothing was foretold."""
        number = int(self.guesses[name][t])
        vocabulary = () if self.snapshot.run is None else self.snapshot.run.vocabulary
        return vocabulary[number] if 0 <= number < len(vocabulary) else ""

    def parted(self) -> NDArray[np.bool_]:
        """(t,) where it says something else when left to itself: than with the truth, or than the truth itself."""
        if self.own == OWN_OUTPUT:
            return np.asarray(self.guesses[TRUTH] != self.guesses[self.own])
        left = np.flatnonzero(self.bits[self.own] != self.bits[TRUTH])
        start = int(left[left > 0][0]) if len(left[left > 0]) else len(self.tokens)
        wrong = [t >= start and self.word(self.own, t) != self.tokens[t] for t in range(len(self.tokens))]
        return np.array(wrong, dtype=np.bool_)

    # painting

    def _areas(self) -> tuple[QRectF, QRectF, QRectF]:
        """Bars above, two rows of letters, bars below."""
        letters, gap = 2 * theme.px(LETTERS), theme.px(GAP)
        room = max(self.height() - letters - 2 * gap - theme.px(8), 2)
        left, wide, half = self.grid.left, self.grid.width, room // 2
        above, middle = QRectF(left, 2, wide, half), QRectF(left, 2 + half + gap, wide, letters)
        return above, middle, QRectF(left, middle.bottom() + gap, wide, half)

    def paint(self, painter: QPainter) -> None:
        key = (self.serial, self.grid, self.highest)
        painter.drawPixmap(0, 0, self.static_layer(key, self._paint_all))

    def _paint_all(self, painter: QPainter) -> None:
        above, letters, below = self._areas()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        self._paint_bars(painter, above, TRUTH, up=True)
        self._paint_bars(painter, below, self.own, up=False)
        self._paint_letters(painter, letters)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        self._paint_words(painter, above, letters, below)

    def _paint_bars(self, painter: QPainter, area: QRectF, name: str, up: bool) -> None:
        """Bits as bars in the colours of the surprisal panel, away from the letters between."""
        table = theme.colour_table("cividis")
        indices = index_image(self.bits[name], 0.0, self.highest)
        for t in self.grid.columns():
            bits = float(self.bits[name][t])
            if math.isnan(bits):
                continue
            high = max(round(min(bits / self.highest, 1.0) * area.height()), 2)
            top = area.bottom() - high if up else area.top()
            painter.fillRect(QRectF(self.grid.x_of(t), top, self.grid.cell - 1, high), QColor(table[int(indices[t])]))

    def _paint_letters(self, painter: QPainter, area: QRectF) -> None:
        """Guesses of both passes; where they part both stand in one box."""
        colours, parted, high = theme.theme(), self.parted(), area.height() / 2
        size = 12 if is_characters(self.tokens) else 11
        for t in self.grid.columns():
            left, cell = self.grid.x_of(t), self.grid.cell
            if parted[t]:
                painter.fillRect(QRectF(left, area.top(), cell - 1, area.height()), colours.track)
            for row, name in enumerate((TRUTH, self.own)):
                text, right = self.word(name, t), self.word(name, t) == self.tokens[t]
                painter.setFont(theme.font(size, bold=not right))
                painter.setPen(colours.ink3 if right and not parted[t] else colours.ink)
                measure = theme.metrics(size, bold=not right)
                shown = shown_token(text) if text else ""
                if not is_characters(self.tokens):
                    shown = measure.elidedText(shown, Qt.TextElideMode.ElideMiddle, cell - 2)
                painter.drawText(QRectF(left - 4, area.top() + row * high, cell + 7, high), _CENTRE, shown)

    def _paint_words(self, painter: QPainter, above: QRectF, letters: QRectF, below: QRectF) -> None:
        high = letters.height() / 4
        self.paint_gutter(painter, "told truth", letters.top() + high)
        self.paint_gutter(painter, TITLES[self.own].removeprefix("its "), letters.bottom() - high)
        self.paint_gutter(painter, f"{self.highest:g} bits", above.top() + theme.px(5))
        self.paint_gutter(painter, f"{self.highest:g} bits", below.bottom() - theme.px(5))
        start = self._first_alone()
        if start is None or not self.grid.shows(start):
            return
        painter.setPen(QPen(theme.theme().ink2, 1.5, Qt.PenStyle.DashLine))
        x = self.grid.x_of(start) - 0.5
        painter.drawLine(QLineF(x, above.top(), x, below.bottom()))
        text = "alone from here"
        measure = theme.metrics(11)
        painter.setFont(theme.font(11))
        painter.setPen(theme.theme().ink3)
        painter.drawText(QPointF(x - measure.horizontalAdvance(text) - theme.px(5), below.bottom() - 2), text)

    def _first_alone(self) -> int | None:
        """Where a model that goes on by its own words is left to itself; None for the pass that always is."""
        if self.own != OWN_WORDS:
            return None
        return max(1, len(self.tokens) // 4)

    # words

    def means(self) -> tuple[float, float]:
        """Bits a token with the truth and without, over the positions where it is left to itself."""
        start = self._first_alone() or 0
        both = (self.bits[TRUTH][start:], self.bits[self.own][start:])
        found = [float(bits[np.isfinite(bits)].mean()) if np.isfinite(bits).any() else math.nan for bits in both]
        return found[0], found[1]

    def subtitle(self) -> str:
        if len(self.bits) < 2:
            return "bits with the true past above, left to itself below"
        what = "reading its own output" if self.own == OWN_OUTPUT else "going on by its own words"
        return f"bits with the true past above, {what} below; boxed: they part"

    def reading(self) -> str:
        if len(self.bits) < 2:
            return ""
        told, alone = self.means()
        unit, parted = self.token_word, np.flatnonzero(self.parted())
        costs = f"told the truth a {unit} costs {told:.2f} bits, left to itself **{alone:.2f}**"
        if not len(parted):
            return f"{costs}; they never part"
        return f"{costs}; they part first at {self.place_words(int(parted[0]))}"

    def colour_bar(self) -> ColourBar:
        return ColourBar("surprisal in bits", "0", "cividis", f"{self.highest:g}")

    def explain(self, cursor: Cursor) -> Explanation:
        own_output = self.own == OWN_OUTPUT
        formula = r"h_t = \tanh(U x_t + W o_{t-1} + b)" if own_output else r"-\log_2 p(x_t \mid \hat{x}_{<t})"
        sentence = (
            "Above the recurrence reads the true output of the step before, below what the net itself said there."
            if own_output
            else "Above it reads the text, below the likeliest tokens it wrote itself; it never learned from its slips."
        )
        t = cursor.column
        if not self.ready() or not 0 <= t < len(self.tokens):
            return Explanation(self.title, formula, sentence)
        told, alone = float(self.bits[TRUTH][t]), float(self.bits[self.own][t])
        quantities = [Quantity(f"t = {t}", self.place_words(t))]
        if math.isnan(told):
            return Explanation(self.title, formula, f"{sentence} The first one is given.", tuple(quantities))
        for words, name, bits in (("told the truth", TRUTH, told), (TITLES[self.own], self.own, alone)):
            quantities.append(Quantity(words, f"{token_name(self.word(name, t))}, {bits:.1f} bits for the true one"))
        extra = f"{alone - told:+.1f}".replace("-", "−")
        return Explanation(self.title, formula, sentence, tuple(quantities), extra, "bits for being left to itself")

    def export(self) -> Mapping[str, np.ndarray]:
        return self.snapshot.matching("passes.*")

    # menu

    def menu_choices(self) -> tuple[tuple[str, tuple[str, ...], str], ...]:
        if len(self._found) < 2:
            return ()
        return (("left to", tuple(TITLES[name] for name in self._found), TITLES[self.own]),)

    def choose(self, key: str, option: str) -> None:
        self._chosen = next((name for name, title in TITLES.items() if title == option), "")
        self.refresh()
