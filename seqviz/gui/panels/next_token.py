"""The next token: what the model expects after the character under the cursor, and what really follows."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QVBoxLayout

from seqviz.gui import theme
from seqviz.gui.panels.base import Cursor, Explanation, Quantity, Snapshot, TimePanel, panels
from seqviz.gui.reading import fitting
from seqviz.gui.widgets.bar_list import ROW_HEIGHT, Bar, BarList
from seqviz.gui.widgets.ghost import paint_ghost
from seqviz.gui.widgets.strip_painting import is_characters, shown_token
from seqviz.gui.widgets.token_names import place_name

PROBABILITIES = "next_token.probabilities"
OWN_PLACE = "own_place.probabilities"  # of a token that is hidden at the cursor itself
LEAST, MOST = 7, 12  # bars; the more only where a tall panel has room
_FORMULA_OWN = r"p(x_t = i \mid x_{shown}) = \frac{e^{z_i}}{\sum_j e^{z_j}}"
_FOOT = 22
_FORMULA = r"p(x_{t+1} = i \mid x_{\le t}) = \frac{e^{z_i}}{\sum_j e^{z_j}}"
_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
_LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)


@panels.register("next_token")
class NextTokenPanel(TimePanel):
    """The likeliest next tokens after the cursor's position, with the true one marked."""

    name = "next_token"
    title = "Next token"
    question = "What does it expect next?"
    wants: ClassVar[tuple[str, ...]] = (PROBABILITIES, OWN_PLACE)
    needs: ClassVar[tuple[str, ...]] = (PROBABILITIES,)
    weight = 22
    order = 30
    minimum_height = 120
    formula = ""  # of whoever shows something else
    sentence = ""
    ghost = "What the model expects after the character under the cursor"

    def __init__(self) -> None:
        super().__init__()
        self._row: NDArray[np.floating] | None = None  # (vocab,)
        self._vocabulary: tuple[str, ...] = ()
        self._labels: tuple[str, ...] = ()
        self._column = 0
        self._true: int | None = None
        self._word = "token"
        self._shown = False  # the token asked for is there to be read
        self._ahead = 1  # the token foretold stands so many places after the cursor
        self._header = ("", "")
        self.bars = BarList()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, theme.px(_FOOT))
        layout.addWidget(self.bars, 1)
        self.bars.setVisible(False)

    # the panel contract

    def present(self, snapshot: Snapshot) -> None:
        self.take(snapshot)
        self._show()

    def take(self, snapshot: Snapshot) -> None:
        """Keep of a snapshot what is to be shown."""
        own = snapshot.array(OWN_PLACE)
        values, self._ahead = (snapshot.array(PROBABILITIES), 1) if own is None else (own, 0)
        self._word = snapshot.run.unit.token if snapshot.run else "token"
        if values is None or snapshot.run is None or values.ndim != 2 or not len(values):
            self._row = None
        else:
            self._labels = snapshot.labels()
            self._column = min(max(snapshot.cursor.column, 0), len(values) - 1)
            self._row = values[self._column]
            ruler = None if snapshot.frame is None else snapshot.frame.rulers.get("t")
            self._shown = not self._ahead and ruler is not None and self._column not in ruler.hidden
            self._vocabulary = snapshot.run.vocabulary or tuple(str(n) for n in range(values.shape[1]))
            self._true = self._find_true()

    def clear(self) -> None:
        self._row = None
        self._show()

    def subtitle(self) -> str:
        if self._row is None:
            return ""
        if not self._ahead:
            return f"in place of {place_name(self._labels, self._column)}"
        return f"after “{context_of(self._labels, self._column)}”"

    def reading(self) -> str:
        if self._row is None:
            return ""
        if self._shown:
            return f"this {self._word} is shown: **nothing is asked**"
        if self._true is None:
            return f"**{_percent(float(self._row.max()))}** for its first choice"
        p = float(self._row[self._true])
        rank, truth = self._rank(), shown_token(self._vocabulary[self._true])
        place = "its first choice" if rank == 1 else f"choice {theme.thousands(rank)} of {len(self._row)}"
        return fitting(
            self.width(),
            f"**{_percent(p)}** for the true one, “{truth}”: {place}",
            f"**{_percent(p)}** for “{truth}”: {place}",
            f"**{_percent(p)}** for “{truth}”",
        )

    def explain(self, cursor: Cursor) -> Explanation:
        rows: list[Quantity] = []
        key_number = key_meaning = ""
        if self._row is not None:
            entropy = entropy_bits(self._row)
            if self._ahead:
                rows.append(Quantity("read so far", context_of(self._labels, self._column)))
            if self._true is not None:
                p = float(self._row[self._true])
                rows += [
                    Quantity(f"true {self._next}{self._word}", shown_token(self._vocabulary[self._true])),
                    Quantity("its probability", _number(p)),
                    Quantity("its surprisal, −log₂ p", f"{-math.log2(max(p, 1e-30)):.2f} bits"),
                    Quantity("its rank", f"{theme.thousands(self._rank())} of {len(self._row)}"),
                ]
            rows.append(Quantity("entropy of the guess", f"{entropy:.2f} bits"))
            key_number, key_meaning = f"{2**entropy:.1f}", "equally likely choices would be as uncertain"
        return Explanation(
            title=self.title,
            formula=self.formula or (_FORMULA if self._ahead else _FORMULA_OWN),
            sentence=self.sentence
            or f"One probability for each {self._word} the model knows; all together they are 1. Training raises the "
            "true one.",
            quantities=tuple(rows),
            key_number=key_number,
            key_meaning=key_meaning,
        )

    def export(self) -> Mapping[str, np.ndarray]:
        if self._row is None:
            return {}
        order = np.argsort(-self._row, kind="stable")
        return {
            "token": np.array([self._vocabulary[i] for i in order]),
            "probability": np.asarray(self._row[order], dtype=np.float64),
            "true": (order == (-1 if self._true is None else self._true)).astype(np.int64),
        }

    # what the picture is made of

    def _find_true(self) -> int | None:
        """Index of what follows in the probe; None at its end or where the vocabulary lacks it."""
        following = self._column + self._ahead
        if following >= len(self._labels) or self._labels[following] not in self._vocabulary:
            return None
        return self._vocabulary.index(self._labels[following])

    @property
    def _next(self) -> str:
        return "next " if self._ahead else ""

    def _rank(self) -> int:
        assert self._row is not None
        assert self._true is not None
        return 1 + int(np.count_nonzero(self._row > self._row[self._true]))

    def _show(self) -> None:
        if self._row is not None:
            self.bars.set_bars(bars_of(self._row, self._vocabulary, self._true, self._fitting_rows()))
        shown = self._row is not None
        if self.bars.isVisibleTo(self) != shown:
            self.bars.setVisible(shown)
            self.update()
        header = (self.subtitle(), self.reading())
        if header != self._header:
            self._header = header
            self.header_changed.emit()

    def _fitting_rows(self) -> int:
        return min(MOST, self.bars.rows_that_fit())

    # Qt overrides

    def on_theme_changed(self) -> None:
        layout = self.layout()
        if layout is not None:
            layout.setContentsMargins(0, 0, 0, theme.px(_FOOT))
        super().on_theme_changed()

    def resizeEvent(self, event: object) -> None:
        self._show()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        if self._row is None:
            paint_ghost(painter, QRectF(self.rect()), self.ghost)
        else:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            top = min(len(self.bars.bars) * theme.px(ROW_HEIGHT) + theme.px(4), self.height() - theme.px(_FOOT))
            foot = QRectF(0, top, self.width(), theme.px(_FOOT))
            painter.setFont(theme.font(11))
            painter.setPen(theme.theme().ink3)
            if self._true is not None:
                painter.drawText(foot, _LEFT, f"▸ the true {self._next}{self._word}")
            painter.drawText(foot, _RIGHT, "probability")
        painter.end()


def bars_of(row: NDArray[np.floating], vocabulary: Sequence[str], true: int | None, most: int = LEAST) -> list[Bar]:
    """The `most` likeliest, likeliest first; the true one takes the last place where it is not among them."""
    top = [int(i) for i in np.argsort(-row, kind="stable")[:most]]
    if true is not None and true not in top:
        top[-1] = true
    return [
        Bar(shown_token(vocabulary[i]), float(row[i]), _number(float(row[i])), chosen=i == true, pointer=i == true)
        for i in top
    ]


def context_of(labels: Sequence[str], column: int, most: int = 10) -> str:
    """The end of what was read, as it is written: `…fluent F`."""
    seen = labels[max(0, column + 1 - most) : column + 1]
    text = ("" if is_characters(labels) else " ").join(shown_token(label) for label in seen)
    if is_characters(labels):
        text = text.replace("·", " ")
    cut = column + 1 > most
    if cut and " " in text[1:-3]:
        text = text[text.index(" ", 1) + 1 :]  # begin at a whole word
    return ("…" if cut else "") + text


def entropy_bits(row: NDArray[np.floating]) -> float:
    """-Σ p log2 p."""
    p = np.asarray(row, dtype=np.float64)
    p = p[p > 0]
    return float(-(p * np.log2(p)).sum())


def _number(p: float) -> str:
    if 0 < p < 0.00005:
        return "<0.0001"
    return f"{p:.2f}" if p >= 0.0095 or p == 0 else f"{p:.4f}"


def _percent(p: float) -> str:
    if p < 1e-6:
        return "under 0.0001 %"
    return f"{100 * p:.0f} %" if p >= 0.0095 else f"{float(f'{100 * p:.2g}'):.6f}".rstrip("0") + " %"
