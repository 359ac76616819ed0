"""What a hidden Markov model has learned: which state follows which, and which symbols each state emits."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QRectF, Qt
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QResizeEvent

from seqviz.gui import theme
from seqviz.gui.panels import hmm_states as states
from seqviz.gui.panels.base import ColourBar, Cursor, Explanation, FreePanel, Quantity, Snapshot, panels
from seqviz.gui.reading import fitting
from seqviz.gui.widgets.cursor import paint_map_cursor
from seqviz.gui.widgets.ghost import paint_ghost
from seqviz.gui.widgets.labelled_matrix import (
    BOTTOM,
    NARROWEST,
    TOP,
    TURNED,
    paint_caption,
    paint_cells,
    paint_columns,
    paint_turned,
)
from seqviz.gui.widgets.strip_painting import shown_token
from seqviz.gui.widgets.token_names import token_name

Floats = NDArray[np.floating]
GAP, WORD = 12, 44  # px at scale 1: between the matrices, of a column with a word as its name
NUMBERS, NAMES = 22, 86  # px at scale 1 of the gutter
SHARE = 0.42  # of the room, for the transitions
FEW = 9  # states whose columns have room for a letter before the number
ENOUGH_COLUMNS = 24  # symbols: where so many have room, they are columns of a matrix
_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
_FORMULA = r"A_{ij} = \frac{\sum_t P(s_t = i, \, s_{t+1} = j)}{\sum_t P(s_t = i)}"
_SENTENCE = (
    "Each pass over the text counts how often every state is expected to follow another and to emit each symbol; the "
    "shares of these counts are the next matrices."
)
_TOLD_FORMULA = r"A_{ij} = \frac{n(i, j) + a}{n(i) + a \, (K + 1)}"
_TOLD = "The tags of the training sentences are known, so that counting which follows which is all the learning."


@dataclass(frozen=True)
class Place:
    """A cell under the mouse: row, and a column of the transitions or of the emissions (a symbol)."""

    state: int
    other: int | None = None
    symbol: int | None = None


@panels.register("hmm_matrices")
class HmmMatricesPanel(FreePanel):
    """Transition and emission probabilities: one row a state, named by the symbols it emits most."""

    name = "hmm_matrices"
    title = "States"
    question = "What do its states stand for?"
    wants = ("hmm.*", "viterbi.state")
    needs = ("hmm.transition",)
    weight = 40
    order = 15
    minimum_height = 150

    def __init__(self) -> None:
        super().__init__()
        self.setMouseTracking(True)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAccessibleName(self.title)
        self._snapshot = Snapshot()
        self._transition: Floats | None = None  # (state, state2)
        self._emission: Floats | None = None  # (state, symbol)
        self._symbols: NDArray[np.intp] = np.empty(0, dtype=np.intp)  # from the commonest on
        self._place: Place | None = None
        self._serial = 0

    # the panel contract

    def present(self, snapshot: Snapshot) -> None:
        transition, emission = snapshot.array("hmm.transition"), snapshot.array("hmm.emission")
        moved = self._chosen(snapshot) != self._chosen(self._snapshot)
        self._snapshot = snapshot
        if transition is not self._transition or emission is not self._emission:
            self._transition, self._emission = transition, emission
            self._symbols = self._symbols[:0]
            if transition is not None and emission is not None:
                self._symbols = states.by_frequency(transition, emission)
            self._serial += 1
            moved = True
        if moved:
            self.header_changed.emit()
            self.update()

    def clear(self) -> None:
        self._place = None
        self.present(Snapshot())

    @staticmethod
    def _chosen(snapshot: Snapshot) -> int | None:
        """State of the best path at the token cursor."""
        path = snapshot.array("viterbi.state")
        return None if path is None or not len(path) else int(path[min(max(snapshot.cursor.column, 0), len(path) - 1)])

    @property
    def n_states(self) -> int:
        return 0 if self._transition is None else len(self._transition)

    @property
    def state(self) -> int:
        """The row looked at: under the mouse, else the best path's at the token cursor."""
        if self._place is not None and self._place.state < self.n_states:
            return self._place.state
        return min(self._chosen(self._snapshot) or 0, self.n_states - 1)

    @property
    def vocabulary(self) -> Sequence[str]:
        run = self._snapshot.run
        return run.vocabulary if run is not None else ()

    # where things stand

    def ranked(self) -> bool:
        """Whether each row lists its own likeliest symbols, because columns for all of them would not fit."""
        if self._emission is None:
            return False
        room = (self.width() - theme.px(NAMES + GAP)) * (1 - SHARE)
        return room < self._narrowest() * min(len(self._symbols), ENOUGH_COLUMNS)

    def _narrowest(self) -> float:
        """Width of a column that has a name."""
        return theme.px(NARROWEST if all(len(symbol) <= 1 for symbol in self.vocabulary) else WORD)

    def _gutter(self) -> float:
        return theme.px(NUMBERS if self.ranked() else NAMES)

    def transition_area(self) -> QRectF:
        """Square where the height allows, never more than four tenths of the room."""
        top = theme.px(TOP if self._emission is not None else TURNED)
        high = max(self.height() - top - theme.px(BOTTOM), 1)
        room = self.width() - self._gutter() - theme.px(GAP)
        wide = min(high, room * SHARE) if self._emission is not None else room
        return QRectF(round(self._gutter()), top, round(wide), high)

    def emission_area(self) -> QRectF:
        left = self.transition_area()
        x = left.right() + theme.px(GAP)
        return QRectF(x, left.top(), max(self.width() - x, 1), left.height())

    def symbols_shown(self) -> NDArray[np.intp]:
        """(state or 1, column) the symbol of each column: the commonest ones, or each state's own likeliest."""
        assert self._emission is not None
        narrowest = self._narrowest() + (theme.px(3) if self.ranked() else 0)
        count = max(int(self.emission_area().width() // narrowest), 1)
        if self.ranked():
            return np.argsort(-self._emission, axis=1, kind="stable")[:, :count]
        return self._symbols[None, :count]

    def place_at(self, x: float, y: float) -> Place | None:
        """The cell that holds a pixel."""
        area, emitted = self.transition_area(), self.emission_area()
        if not self.n_states or not area.top() <= y < area.bottom():
            return None
        state = min(int((y - area.top()) / area.height() * self.n_states), self.n_states - 1)
        if area.left() <= x < area.right():
            return Place(state, other=int((x - area.left()) / area.width() * self.n_states))
        if self._emission is not None and emitted.left() <= x < emitted.right():
            shown = self.symbols_shown()
            column = int((x - emitted.left()) / emitted.width() * shown.shape[1])
            return Place(state, symbol=int(shown[state % len(shown), column]))
        return Place(state)

    # painting

    def _paint_still(self, painter: QPainter) -> None:
        assert self._transition is not None
        transitions, emissions = self.transition_area(), self.emission_area()
        paint_cells(painter, transitions, self._transition)
        paint_caption(painter, transitions, "next state")
        if self._emission is None:
            paint_turned(painter, transitions, [self._word(state) for state in range(self.n_states)])
            return
        paint_columns(painter, transitions, [f"s{i}" if self.n_states <= FEW else str(i) for i in range(self.n_states)])
        shown = self.symbols_shown()  # (state or 1, column)
        values = np.take_along_axis(self._emission, np.broadcast_to(shown, (self.n_states, shown.shape[1])), axis=1)
        if self.ranked():
            paint_cells(painter, emissions, values, [[self._shown(i) for i in row] for row in shown])
            words = "emits, likeliest first"
        else:
            paint_cells(painter, emissions, values)
            paint_columns(painter, emissions, [self._shown(i) for i in shown[0]])
            count = shown.shape[1]
            of = "" if count == len(self._symbols) else f", the {count} commonest of {len(self._symbols)}"
            words = f"emitted symbol{of}"
        paint_caption(painter, emissions, words)

    def _shown(self, symbol: int) -> str:
        vocabulary = self.vocabulary
        return shown_token(vocabulary[symbol]) if symbol < len(vocabulary) else str(symbol)

    def _paint_names(self, painter: QPainter) -> None:
        area = self.transition_area()
        step = area.height() / self.n_states
        every = max(1, math.ceil(theme.px(12) / step))
        for state in range(self.n_states):
            chosen = state == self.state
            if chosen or (state % every == 0 and (every == 1 or abs(state - self.state) >= every)):
                self._paint_name(painter, state, area.top() + (state + 0.5) * step, chosen)

    def _paint_name(self, painter: QPainter, state: int, y: float, bold: bool) -> None:
        room = self._gutter() - theme.px(6)

        def fits(candidate: str) -> bool:
            return theme.metrics(11, bold).horizontalAdvance(candidate) <= room

        text = f"s{state}"
        if not self.ranked():
            text = states.row_label(state, self._emission, self.vocabulary, fits, self.n_states)
        painter.setFont(theme.font(11, bold))
        painter.setPen(theme.theme().ink if bold else theme.theme().ink3)
        fitted = theme.metrics(11, bold).elidedText(text, Qt.TextElideMode.ElideRight, room)
        painter.drawText(QRectF(0, y - theme.px(8), room, theme.px(16)), _RIGHT, fitted)

    def _paint_frames(self, painter: QPainter) -> None:
        """The row looked at through both matrices, and the column under the mouse."""
        for area in (self.transition_area(), self.emission_area())[: 1 if self._emission is None else 2]:
            step = area.height() / self.n_states
            paint_map_cursor(painter, QRectF(area.left(), area.top() + self.state * step, area.width(), step))

    # words

    def _word(self, state: int) -> str:
        return states.state_word(state, self._emission, self.vocabulary, self.n_states)

    def subtitle(self) -> str:
        likelihood = self._snapshot.array("hmm.likelihood")
        if self.width() < theme.px(420):
            return ""  # no room beside the colour bar
        if likelihood is None or not len(likelihood):
            return "one row a state: how often which follows"
        return f"EM pass {len(likelihood)}; one row a state"

    def colour_bar(self) -> ColourBar | None:
        return None if self._transition is None else ColourBar("p", "0", "viridis", "1")

    def reading(self) -> str:
        if self._transition is None:
            return ""
        state, place, word = self.state, self._place, self._word
        if place is not None and place.other is not None:
            p = float(self._transition[state, place.other])
            return f"From {word(state)} to {word(place.other)}: **{_percent(p)}**"
        if self._emission is None:
            after = int(self._transition[state].argmax())
            p = float(self._transition[state, after])
            return f"After {word(state)} comes {word(after)} in **{_percent(p)}**"
        if place is not None and place.symbol is not None and place.symbol < len(self.vocabulary):
            p = float(self._emission[state, place.symbol])
            return f"State {state} emits {token_name(self.vocabulary[place.symbol])}: **{_percent(p)}**"
        known, share = states.in_words(self._emission[state], self.vocabulary)
        symbol = states.top_symbols(self._emission[state], self.vocabulary)[0][0]
        return fitting(
            self.width(),
            f"State {state} emits {known} (**{_percent(share)}**)",
            f"State {state}: {token_name(symbol)} … (**{_percent(share)}**)",
        )

    def explain(self, cursor: Cursor) -> Explanation:
        if self._transition is None:
            return Explanation(self.title, _FORMULA, _SENTENCE)
        state = self.state
        row = self._transition[state]
        told = self._emission is None
        top = [] if self._emission is None else states.top_symbols(self._emission[state], self.vocabulary, 4)
        quantities = [Quantity("state", self._word(state).removeprefix("state "))]
        quantities += [Quantity(f"emits {token_name(symbol)}", _percent(p)) for symbol, p in top]
        following = [int(i) for i in np.argsort(-row, kind="stable")[:3] if row[i] > 0]
        quantities += [Quantity(f"next {self._word(i)}", _percent(float(row[i]))) for i in following]
        often = float(states.long_run(self._transition)[state])
        quantities.append(Quantity("of the time, in the long run", _percent(often)))
        likelihood = self._snapshot.array("hmm.likelihood")
        if likelihood is not None and len(likelihood):
            quantities.append(Quantity("passes of EM", str(len(likelihood))))
            quantities.append(Quantity("training, nats per symbol", f"{-float(likelihood[-1]):.3f}"))
        stay = 1.0 / max(1.0 - float(row[state]), 1e-9)
        word = self._snapshot.run.unit.token if self._snapshot.run is not None else "symbol"
        return Explanation(
            self.title,
            _TOLD_FORMULA if told else _FORMULA,
            _TOLD if told else _SENTENCE,
            tuple(quantities),
            theme.short(stay),
            f"{word}s that it stays, on average",
        )

    def export(self) -> Mapping[str, np.ndarray]:
        names = ("hmm.start", "hmm.transition", "hmm.emission", "hmm.likelihood")
        found = {name: self._snapshot.array(name) for name in names}
        return {name: array for name, array in found.items() if array is not None}

    # Qt overrides

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._point(self.place_at(event.position().x(), event.position().y()))

    def leaveEvent(self, event: QEvent) -> None:
        self._point(None)

    def _point(self, place: Place | None) -> None:
        if place != self._place:
            self._place = place
            self.header_changed.emit()
            self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        self.header_changed.emit()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.theme().sheet)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self._transition is None:
            paint_ghost(painter, QRectF(self.rect()), "Which hidden state follows which, and what each emits")
        else:
            painter.drawPixmap(0, 0, self.static_layer(self._serial, self._paint_still))
            self._paint_names(painter)
            self._paint_frames(painter)
        painter.end()


def _percent(p: float) -> str:
    return f"{100 * p:.0f} %" if p >= 0.0095 or p == 0 else f"{100 * p:.2g} %"
