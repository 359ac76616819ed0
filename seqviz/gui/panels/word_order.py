"""Does order matter? What the model expects after the same tokens in two orders, side by side."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent

from seqviz.core.events import RunStarted
from seqviz.gui import theme
from seqviz.gui.panels.base import Cursor, Explanation, FreePanel, Quantity, Snapshot, panels
from seqviz.gui.reading import fitting
from seqviz.gui.widgets.ghost import paint_ghost
from seqviz.gui.widgets.strip_painting import is_characters, shown_token

WRITTEN = "order.written"
SWAPPED, SHUFFLED = "two words swapped", "shuffled"
KINDS = {SWAPPED: "swapped", SHUFFLED: "shuffled"}  # option of the menu -> name in the arrays
NOTHING = 5e-4  # less than so much probability is rounding
_LINE, _ROW, _BAR, _SIDE = 19, 21, 16, 74  # px at scale 1
_CENTRE = int(Qt.AlignmentFlag.AlignCenter)
_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
_LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)


@panels.register("word_order")
class WordOrderPanel(FreePanel):
    """The same tokens in another order before the cursor: what the model expects next, in both cases."""

    name = "word_order"
    title = "Does order matter?"
    question = "Does order matter?"
    wants = (WRITTEN, "order.swapped.*", "order.shuffled.*")
    needs = ("order.*",)
    order = 26
    weight = 28
    minimum_height = 140
    shown_by_default = False

    @classmethod
    def shown_at_first(cls, run: RunStarted) -> bool:
        """By itself where all that was read goes into one bag: there the answer is the point."""
        return any(name.startswith("bag.") for name in run.provides)

    def __init__(self) -> None:
        super().__init__()
        self._snapshot = Snapshot()
        self._kind = SWAPPED
        self._written: NDArray[np.floating] | None = None  # (t, vocab)
        self._other: NDArray[np.floating] | None = None  # (t, vocab)
        self._moved: NDArray[np.floating] | None = None  # (t,)
        self._read: NDArray[np.integer] | None = None  # (t, s)
        self.setAccessibleName(self.title)

    # the panel contract

    def current_wants(self) -> frozenset[str]:
        return frozenset({WRITTEN, f"order.{KINDS[self._kind]}.*"})

    def present(self, snapshot: Snapshot) -> None:
        old, self._snapshot = self._snapshot, snapshot
        if snapshot.frame is not old.frame or snapshot.run is not old.run:
            self._prepare()
        if snapshot.frame is not old.frame or snapshot.cursor != old.cursor:
            self.header_changed.emit()
        self.update()

    def clear(self) -> None:
        self.present(Snapshot())

    def _prepare(self) -> None:
        kind = KINDS[self._kind]
        self._written = self._snapshot.array(WRITTEN)
        self._other = self._snapshot.array(f"order.{kind}.probabilities")
        self._moved = self._snapshot.array(f"order.{kind}.difference")
        self._read = self._snapshot.array(f"order.{kind}.tokens")

    def ready(self) -> bool:
        arrays = (self._written, self._other, self._moved, self._read)
        shown = [array for array in arrays if array is not None]
        count = len(self._snapshot.labels())
        return len(shown) == len(arrays) and count > 0 and all(len(array) == count for array in shown)

    @property
    def column(self) -> int:
        return max(0, min(self._snapshot.cursor.column, len(self._snapshot.labels()) - 1))

    def sequences(self) -> tuple[list[str], list[str]]:
        """The tokens up to the cursor, as written and in the other order."""
        assert self._read is not None
        written = list(self._snapshot.labels()[: self.column + 1])
        names = self._names()
        other = [names[i] if i < len(names) else f"#{i}" for i in self._read[self.column, : self.column + 1].tolist()]
        return written, other

    def _names(self) -> tuple[str, ...]:
        return () if self._snapshot.run is None else self._snapshot.run.vocabulary

    def moved(self) -> float:
        """Share of the probability that moved at the cursor."""
        assert self._moved is not None
        return float(self._moved[self.column])

    # painting

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if not self.ready():
            paint_ghost(painter, QRectF(self.rect()), "What the model expects after the same words in another order")
        else:
            written, other = self.sequences()
            self._paint_sequence(painter, 0, "as written", written, other)
            self._paint_sequence(painter, theme.px(_LINE), self._kind_word(), other, written)
            self._paint_bars(painter, 2 * theme.px(_LINE) + theme.px(6))
        painter.end()

    def _kind_word(self) -> str:
        return KINDS[self._kind]

    def _paint_sequence(self, painter: QPainter, top: float, name: str, tokens: list[str], other: list[str]) -> None:
        """One order as text, from the cursor back as far as there is room; tokens that moved are bold."""
        colours, high = theme.theme(), theme.px(_LINE)
        painter.setFont(theme.font(11))
        painter.setPen(colours.ink3)
        painter.drawText(QRectF(0, top, theme.px(_SIDE), high), _LEFT, name)
        gap = 0.0 if is_characters(tokens) else theme.px(4)
        x = float(self.width() - 2)
        for token, stood in reversed(list(zip(tokens, other, strict=True))):
            bold = token != stood
            text = shown_token(token.strip(" ") or token)
            wide = theme.metrics(12, bold).horizontalAdvance(text) + theme.px(2)
            if x - wide < theme.px(_SIDE):
                painter.setPen(colours.ink3)
                painter.drawText(QRectF(x - theme.px(14), top, theme.px(12), high), _RIGHT, "…")
                return
            painter.setFont(theme.font(12, bold))
            painter.setPen(colours.ink if bold else colours.ink3)
            painter.drawText(QRectF(x - wide, top, wide, high), _CENTRE, text)
            if bold:
                painter.fillRect(QRectF(x - wide + 1, top + high - 2, wide - 2, 1.5), colours.ink)
            x -= wide + gap

    def _paint_bars(self, painter: QPainter, top: float) -> None:
        """For each symbol its probability after both orders, back to back, the symbol between them."""
        colours, middle = theme.theme(), theme.px(_SIDE)
        half = (self.width() - middle) / 2
        painter.setFont(theme.font(11))
        painter.setPen(colours.ink3)
        high = theme.px(16)
        painter.drawText(QRectF(0, top, half, high), _RIGHT, "as written")
        painter.drawText(QRectF(half + middle, top, half, high), _LEFT, self._kind_word())
        top += high + 2
        rows = max(int((self.height() - top) // theme.px(_ROW)), 1)
        assert self._written is not None
        assert self._other is not None
        p, q = self._written[self.column], self._other[self.column]
        true = self._true()
        for place, symbol in enumerate(likeliest(p, q, rows)):
            y = top + place * theme.px(_ROW)
            self._paint_pair(painter, y, half, middle, symbol, float(p[symbol]), float(q[symbol]), symbol == true)

    def _paint_pair(
        self, painter: QPainter, y: float, half: float, middle: float, symbol: int, p: float, q: float, true: bool
    ) -> None:
        colours, bar = theme.theme(), theme.px(_BAR)
        names = self._names()
        text = shown_token(names[symbol]) if symbol < len(names) else f"#{symbol}"
        painter.setFont(theme.font(12, bold=true))
        painter.setPen(colours.ink if true else colours.ink2)
        shown = theme.metrics(12, true).elidedText(text, Qt.TextElideMode.ElideRight, middle - theme.px(6))
        painter.drawText(QRectF(half, y, middle, bar), _CENTRE, shown)
        numbers = theme.px(38)
        for share, left in ((p, True), (q, False)):
            long = max(1.0, (half - numbers) * min(share, 1.0))
            x = half - long if left else half + middle
            painter.fillRect(QRectF(x, y, long, bar), colours.ink if true else colours.track)
            painter.setFont(theme.font(11, bold=true))
            painter.setPen(colours.ink if true else colours.ink3)
            at = x - numbers if left else x + long + theme.px(4)
            painter.drawText(QRectF(at, y, numbers - theme.px(4), bar), _RIGHT if left else _LEFT, f"{share:.2f}")

    def _true(self) -> int | None:
        """What follows the cursor in the probe."""
        labels, names = self._snapshot.labels(), self._names()
        following = self.column + 1
        return names.index(labels[following]) if following < len(labels) and labels[following] in names else None

    # words

    def subtitle(self) -> str:
        if not self.ready():
            return "the same tokens in two orders"
        assert self._moved is not None
        mean = f"mean {100 * float(self._moved.mean()):.0f} %"
        return fitting(self.width() - theme.px(150), f"{self._kind}; over the probe {mean}", self._kind, "")

    def reading(self) -> str:
        if not self.ready():
            return ""
        written, other = self.sequences()
        if written == other:
            return "too little stands before this to be put in another order"
        if self.moved() < NOTHING:
            plain = "**0 %** of the probability moves"
            return fitting(
                self.width(), f"{plain}: both orders are one to this model", f"{plain}: order is lost", plain
            )
        return fitting(
            self.width(),
            f"**{100 * self.moved():.0f} %** of the probability moves: order matters here",
            f"**{100 * self.moved():.0f} %** of the probability moves",
        )

    def explain(self, cursor: Cursor) -> Explanation:
        formula = r"\frac{1}{2} \sum_i | p(i) - p'(i) |"
        sentence = (
            "The tokens before the cursor are put in another order, the token at the cursor stays. p is what the model "
            "expects next as written, p' after the other order; half the sum of their differences is the probability "
            "that has to be moved to turn one into the other."
        )
        if not self.ready():
            return Explanation(self.title, formula, sentence)
        assert self._written is not None
        assert self._other is not None
        quantities = []
        for word, row in (("as written", self._written[self.column]), (self._kind_word(), self._other[self.column])):
            best, names = int(np.argmax(row)), self._names()
            name = shown_token(names[best]) if best < len(names) else f"#{best}"
            quantities.append(Quantity(f"first choice {word}", f"{name} {float(row[best]):.2f}"))
        meaning = "of the probability moves with the order"
        return Explanation(self.title, formula, sentence, tuple(quantities), f"{100 * self.moved():.0f} %", meaning)

    def export(self) -> Mapping[str, np.ndarray]:
        kind = KINDS[self._kind]
        found = {
            WRITTEN: self._written,
            f"order.{kind}.probabilities": self._other,
            f"order.{kind}.difference": self._moved,
        }
        return {name: array for name, array in found.items() if array is not None}

    # menu

    def menu_choices(self) -> tuple[tuple[str, tuple[str, ...], str], ...]:
        return (("order", tuple(KINDS), self._kind),)

    def choose(self, key: str, option: str) -> None:
        if option in KINDS and option != self._kind:
            self._kind = option
            self.wants_changed.emit()
            self._prepare()
            self.header_changed.emit()
            self.update()


def likeliest(p: NDArray[np.floating], q: NDArray[np.floating], most: int) -> list[int]:
    """The symbols that either order makes likely, likeliest first."""
    return [int(i) for i in np.argsort(-np.maximum(p, q), kind="stable")[:most]]
