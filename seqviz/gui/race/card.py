"""The right card of a race: the token under the cursor, who expected it, and how they are scored."""

from __future__ import annotations

import math

from PySide6.QtCore import QRectF, QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from seqviz.core.units import Unit, perplexity
from seqviz.gui import perplexity_words, theme
from seqviz.gui.axes_of_frame import highest_bits
from seqviz.gui.labels import Hairline, TextLabel
from seqviz.gui.looking_card import QuantityList
from seqviz.gui.panels.base import Quantity
from seqviz.gui.panels.next_token import context_of
from seqviz.gui.race.chances import ChanceBars, chances, spread_words
from seqviz.gui.race.racer import Racer
from seqviz.gui.race.session import RaceSession
from seqviz.gui.race.standings import number_text, unit_of
from seqviz.gui.row_stack import scrolled
from seqviz.gui.surfaces import Surface
from seqviz.gui.widgets.formula_label import FormulaLabel
from seqviz.gui.widgets.matrix_view import index_of
from seqviz.gui.widgets.painted import PaintedWidget
from seqviz.gui.widgets.strip_painting import shown_token
from seqviz.gui.widgets.token_names import token_name

WIDTH, EVERY_MS = 264, 250
_FORETELLS = r"-\frac{1}{N}\sum_t \log_2 p(x_t \mid x_{<t})"
_LABELS = r"-\frac{1}{N}\sum_t \log_2 p(y_t \mid x)"
_CENTRE = int(Qt.AlignmentFlag.AlignCenter)


class TokenTile(PaintedWidget):
    """The token under the cursor, large, in the colour of one racer's surprisal."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._token, self._bits, self._highest = "", math.nan, 8.0
        self.setFixedSize(self.sizeHint())

    def show_token(self, token: str, bits: float, highest: float) -> None:
        self._token, self._bits, self._highest = token, bits, highest
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(theme.px(40), theme.px(40))

    def on_theme_changed(self) -> None:
        self.setFixedSize(self.sizeHint())
        super().on_theme_changed()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, colours = QPainter(self), theme.theme()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        fill = colours.track
        if math.isfinite(self._bits):
            fill = QColor(theme.colour_table("cividis")[index_of(self._bits, 0.0, self._highest)])
        painter.setPen(QPen(colours.ink, 2))
        painter.setBrush(fill)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 4, 4)
        painter.setFont(theme.font(17 if len(self._token) < 3 else 11, bold=True))
        painter.setPen(theme.contrasting(fill))
        painter.drawText(QRectF(self.rect()), _CENTRE, shown_token(self._token) if self._token else "")
        painter.end()


class RaceCard(Surface):
    """Its numbers change four times a second at most."""

    racer_clicked = Signal(int)

    def __init__(self, race: RaceSession, parent: QWidget | None = None) -> None:
        super().__init__("rail", "left", parent)
        self._race = race
        self.tile = TokenTile()
        self.context = TextLabel("", 13, bold=True, wrap=True)
        self.place = TextLabel("", 11, "ink2")
        self.asked = TextLabel("", 11, "ink3", wrap=True)
        self.bars = ChanceBars()
        self.sentence = TextLabel("", 11, "ink2", wrap=True)
        self.formula = FormulaLabel()
        self.formula.set_formula(_FORETELLS)
        self.scored = TextLabel("", 11, "ink3", wrap=True)
        self.numbers = QuantityList()
        self.note = TextLabel("", 11, "ink2", wrap=True)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.refresh)
        self._build()
        self.bars.row_clicked.connect(race.select)
        race.cursor_changed.connect(self.refresh)
        race.selected_changed.connect(self.refresh)
        race.race_started.connect(self.refresh)
        race.changed.connect(self._soon)

    def _build(self) -> None:
        inner = QWidget()
        box = QVBoxLayout(inner)
        box.setContentsMargins(theme.px(16), theme.px(14), theme.px(16), theme.px(12))
        box.setSpacing(theme.px(6))
        words = QVBoxLayout()
        words.setSpacing(theme.px(2))
        words.addWidget(self.context)
        words.addWidget(self.place)
        head = QHBoxLayout()
        head.setSpacing(theme.px(10))
        head.addWidget(self.tile, 0, Qt.AlignmentFlag.AlignTop)
        head.addLayout(words, 1)
        box.addWidget(TextLabel("at the cursor", 11, "ink2"))
        box.addLayout(head)
        box.addSpacing(theme.px(4))
        box.addWidget(Hairline())
        asked: tuple[QWidget, ...] = (
            TextLabel("Who expected it?", 13, bold=True),
            self.asked,
            self.bars,
            self.sentence,
        )
        for widget in asked:
            box.addWidget(widget)
        box.addSpacing(theme.px(4))
        box.addWidget(Hairline())
        box.addWidget(TextLabel("How they are scored", 13, bold=True))
        scored: tuple[QWidget, ...] = (self.scored, self.formula, self.numbers)
        for widget in scored:
            box.addWidget(widget)
        box.addWidget(self.note)
        box.addStretch(1)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(1, 0, 0, 0)
        outer.addWidget(scrolled(inner))

    def stop(self) -> None:
        self._timer.stop()

    @Slot()
    def _soon(self) -> None:
        if self.isVisible() and not self._timer.isActive():
            self._timer.start(EVERY_MS)

    @Slot()
    def refresh(self) -> None:
        """Write what is so at the cursor."""
        racer = self._race.chosen
        if racer is None:
            return
        self._show_token(racer)
        found = chances(self._race.racers, self._race.cursor, self._race.selected)
        self.bars.show_chances(found)
        self.sentence.setText(spread_words(found))
        self._show_score(racer)

    def _show_token(self, racer: Racer) -> None:
        tokens, at = self._race.tokens(), self._race.cursor
        if not tokens:
            return
        at = min(at, len(tokens) - 1)
        bits = racer.surprisal()
        value = float(bits[at]) if bits is not None and at < len(bits) else math.nan
        self.tile.show_token(tokens[at], value, highest_bits(racer.run))
        word = racer.run.unit.token
        self.context.setText(context_of(tokens, at, 22))
        self.place.setText(f"{word} {at + 1} of {len(tokens)}")
        if not racer.foretells:
            self.asked.setText(f"chance of what is right at {token_name(tokens[at])}")
            return
        before = f"after “{context_of(tokens, at - 1, 16)}”" if at else f": nothing stands before the first {word}"
        self.asked.setText(f"chance of {token_name(tokens[at])} {before}")

    def _show_score(self, racer: Racer) -> None:
        run, nats = racer.run, racer.nats
        unit = unit_of(run.unit)
        self.scored.setText(f"mean surprise of unseen text; here {racer.label}'s")
        rows = [Quantity(unit.axis, number_text(unit, nats))]
        in_bits = perplexity_words.applies(run.unit)
        if nats is not None and in_bits and math.isfinite(nats):
            rows += _perplexities(racer, nats)
        self.formula.setVisible(in_bits)
        self.formula.set_formula(_FORETELLS if racer.foretells else _LABELS)
        self.numbers.set_quantities(tuple(rows))
        self.note.setText(_note(nats, run.unit))
        hint = perplexity_words.hover_text(nats, run.unit)
        for widget in (self.formula, self.numbers):
            widget.setToolTip(hint)


def _perplexities(racer: Racer, nats: float) -> list[Quantity]:
    """Perplexity per token, and per character where a token is more than one: what all kinds of tokens compare by."""
    unit, word = racer.run.unit, racer.run.unit.token
    rows = [
        Quantity(f"nats per {word}", f"{nats:.3f}"),
        Quantity(f"perplexity per {word}", perplexity_words.figure(perplexity(nats))),
    ]
    per_character = unit.perplexity_per_character(nats)
    if per_character is not None and word != "character":
        rows.append(Quantity("perplexity per character", perplexity_words.figure(per_character)))
        rows.append(Quantity(f"characters per {word}", f"{unit.characters:.2f}"))
    return rows


def _note(nats: float | None, unit: Unit) -> str:
    if nats is None:
        return ""
    if math.isinf(nats):
        return f"Infinite: it gave some {unit.token} of the unseen text a chance of exactly 0. Smoothing mends that."
    if math.isnan(nats):
        return "Its scores do not sum to 1, so they are no probabilities and have no bits."
    return perplexity_words.about_unknown(unit)
