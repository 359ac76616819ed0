"""What the column beside the map asks of the vectors: who is near, what a - b + c is, who leans where."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from seqviz.core.word_algebra import Ranked, analogy, lean, nearest
from seqviz.gui import theme
from seqviz.gui.labels import TextLabel
from seqviz.gui.widgets.bar_list import ROW_HEIGHT, Bar, BarList
from seqviz.gui.widgets.word_axis import Leaning, WordAxis
from seqviz.gui.widgets.word_fields import WordFields

NEIGHBOURS, ANSWERS = 10, 3
ANALOGIES = (("king", "man", "woman"), ("right", "left", "lower"))  # the first that the vocabulary knows is asked
AXES = (
    (("she", "he"), "nurse librarian dancer engineer pilot plumber"),
    (("number", "string"), "float complex decimal int chars bytes"),
)


class WordQuestions(QWidget):
    """`asked` when the questions changed (arrows move); `picked` carries a word that was clicked."""

    asked = Signal()
    picked = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._unit: NDArray[np.floating] = np.empty((0, 0))
        self._names: tuple[str, ...] = ()
        self._numbers: dict[str, int] = {}
        self.neighbours: Ranked = []
        self.answers: Ranked = []
        self.near_title = TextLabel("Nearest", 12, bold=True)
        self.near_bars, self.answer_bars = BarList(), BarList()
        self.terms = WordFields(("king", "man", "woman"), ("−", "+"))
        self.ends = WordFields(("she", "he"), ("−",))
        self.leaning = WordFields(("words between them",), ())
        self.axis = WordAxis()
        self.analogy_says = TextLabel("", 11, "ink2", wrap=True)
        self.axis_says = TextLabel("", 11, "ink2", wrap=True)
        self._words_only = QWidget()
        self._lay_out()
        self.terms.changed.connect(self._ask)
        self.ends.changed.connect(self._ask)
        self.leaning.changed.connect(self._ask)
        self.near_bars.bar_clicked.connect(self._pick_near)
        self.answer_bars.bar_clicked.connect(self._pick_answer)

    def _lay_out(self) -> None:
        self.near_bars.setMinimumHeight(theme.px(4 * ROW_HEIGHT))
        self.near_bars.setMaximumHeight(theme.px(NEIGHBOURS * ROW_HEIGHT))
        self.near_bars.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Ignored)  # takes what is left
        self.answer_bars.setFixedHeight(theme.px(ANSWERS * ROW_HEIGHT))
        below = QVBoxLayout(self._words_only)
        below.setContentsMargins(0, theme.px(6), 0, 0)
        below.setSpacing(theme.px(4))
        parts = (
            TextLabel("Analogy", 12, bold=True), self.terms, self.analogy_says, self.answer_bars,
            TextLabel("On which side?", 12, bold=True), self.ends, self.leaning, self.axis, self.axis_says,
        )  # fmt: skip
        for part in parts:
            below.addWidget(part)
        below.addStretch(1)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(theme.px(4))
        box.addWidget(self.near_title)
        box.addWidget(self.near_bars, 1)
        box.addWidget(self._words_only)

    # what is asked

    def set_words(self, names: Sequence[str], told_words: bool) -> None:
        """A new vocabulary; `told_words` False: characters, of which nobody asks analogies."""
        self._names = tuple(names)
        self._numbers = {name: number for number, name in reversed(list(enumerate(names)))}
        self._words_only.setVisible(told_words)
        for fields in (self.terms, self.ends):
            fields.set_vocabulary(self._names if told_words else ())
        if told_words:
            self.terms.set_words(next(filter(self._known, ANALOGIES), ("", "", "")))
            ends, words = next((axis for axis in AXES if self._known(axis[0])), (("", ""), ""))
            self.ends.set_words(ends)
            self.leaning.set_words([" ".join(w for w in words.split() if w in self._numbers)])

    def _known(self, words: Sequence[str]) -> bool:
        return all(word in self._numbers for word in words)

    def show_vectors(self, unit: NDArray[np.floating], chosen: int | None) -> None:
        """Unit rows (V, E) and the word whose neighbours are told."""
        self._unit = unit
        self.neighbours = [] if chosen is None else nearest(unit, chosen, NEIGHBOURS)
        name = "" if chosen is None else self._names[chosen]
        self.near_title.setText(f"Nearest to “{name}” by cosine" if name else "Nearest by cosine")
        self.near_bars.set_bars(self._bars(self.neighbours))
        self._answer()

    def _bars(self, ranked: Ranked, first: bool = False) -> list[Bar]:
        return [
            Bar(self._names[word], value, f"{value:.2f}".replace("-", "−"), chosen=first and place == 0)
            for place, (word, value) in enumerate(ranked)
        ]

    @Slot()
    def _ask(self) -> None:
        self._answer()
        self.asked.emit()

    def _answer(self) -> None:
        self._answer_analogy()
        self._answer_axis()

    def _numbered(self, words: Sequence[str]) -> tuple[list[int], str]:
        """Numbers of words (as typed, or in lower case), and what to say of those that have none."""
        found = [self._numbers.get(word, self._numbers.get(word.lower(), -1)) for word in words]
        if not all(words):
            return [], "type words into the fields"
        unknown = [f"“{word}”" for word, number in zip(words, found, strict=True) if number < 0]
        return ([], f"no vector for {', '.join(unknown)}") if unknown else (found, "")

    @property
    def terms_asked(self) -> list[int]:
        """a, b, c as numbers; [] where one is unknown."""
        return self._numbered(self.terms.words())[0]

    def _answer_analogy(self) -> None:
        numbers, wrong = self._numbered(self.terms.words())
        if numbers and len(self._unit):
            a, b, c = numbers
            self.answers = analogy(self._unit, a, b, c, ANSWERS)
        else:
            self.answers = []
        self.analogy_says.setText(wrong or self._analogy_words())
        self.answer_bars.set_bars(self._bars(self.answers, first=True))
        self.answer_bars.setVisible(bool(self.answers))

    def _analogy_words(self) -> str:
        if not self.answers:
            return ""
        a, b, c = self.terms.words()
        return f"{b} is to {a} as {c} is to “{self._names[self.answers[0][0]]}”"

    def leanings(self) -> list[Leaning]:
        """The words of the last field along the axis between the two others."""
        ends, _ = self._numbered(self.ends.words())
        words, _ = self._numbered(self._typed())
        if len(ends) != 2 or not words or not len(self._unit):
            return []
        values = lean(self._unit, words, ends[0], ends[1])
        return [Leaning(self._names[word], float(value)) for word, value in zip(words, values, strict=True)]

    def _typed(self) -> list[str]:
        return list(dict.fromkeys(self.leaning.words()[0].replace(",", " ").split()))

    def _answer_axis(self) -> None:
        high, low = self.ends.words()
        found = self.leanings()
        self.axis.set_words(found, low, high)
        self.axis.setVisible(bool(found))
        wrong = self._numbered(self.ends.words())[1] or (self._numbered(self._typed())[1] if self._typed() else "")
        self.axis_says.setText(wrong or leaning_words(found, low, high))

    @Slot(int)
    def _pick_near(self, row: int) -> None:
        self.picked.emit(self.neighbours[row][0])

    @Slot(int)
    def _pick_answer(self, row: int) -> None:
        self.picked.emit(self.answers[row][0])


def leaning_words(words: Sequence[Leaning], low: str, high: str) -> str:
    """`nurse lies on the side of she (0.41), engineer on that of he (0.33)`."""
    if not words:
        return ""
    most, least = max(words, key=lambda w: w.value), min(words, key=lambda w: w.value)
    parts = [f"{most.word} lies on the side of {high} ({most.value:.2f})"] if most.value > 0 else []
    if least.value < 0:
        side = "on that of" if parts else "lies on the side of"
        parts.append(f"{least.word} {side} {low} ({-least.value:.2f})")
    return ", ".join(parts)
