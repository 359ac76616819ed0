"""The racers side by side: one column each, the same probe, the same cursor, the same colour scale."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from seqviz.gui import theme
from seqviz.gui.axes_of_frame import highest_bits
from seqviz.gui.meanings import family_of
from seqviz.gui.race.column import ColumnWords, RacerColumn
from seqviz.gui.race.racer import Racer
from seqviz.gui.race.session import RaceSession
from seqviz.gui.race.standings import number_text, ranked, unit_of

GAP = 8


class RacerColumns(QWidget):
    """Follows the race while it can be seen."""

    token_clicked = Signal(int)
    edit_asked = Signal()

    def __init__(self, race: RaceSession, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._race = race
        self.columns: list[RacerColumn] = []
        self._box = QHBoxLayout(self)
        self._box.setContentsMargins(0, 0, 0, 0)
        self._box.setSpacing(theme.px(GAP))
        race.race_started.connect(self.build)
        race.cursor_changed.connect(self._follow_cursor)
        race.selected_changed.connect(self._follow_selection)

    def build(self) -> None:
        """One column for each racer there is."""
        while len(self.columns) > len(self._race.racers):
            column = self.columns.pop()
            self._box.removeWidget(column)
            column.hide()
            column.deleteLater()
        while len(self.columns) < len(self._race.racers):
            self._add()
        self._follow_cursor(self._race.cursor)
        self._follow_selection(self._race.selected)
        self.refresh()

    def _add(self) -> None:
        column, number = RacerColumn(), len(self.columns)
        column.token_hovered.connect(self._race.set_cursor)
        column.token_clicked.connect(self.token_clicked)
        column.edit_asked.connect(self.edit_asked)
        column.selected.connect(lambda: self._race.select(number))
        self.columns.append(column)
        self._box.addWidget(column, 1)

    def refresh(self) -> None:
        """Show what the racers have now; only what looks different is painted."""
        ranks = ranked(self._race.racers)
        for column, racer in zip(self.columns, self._race.racers, strict=False):
            column.show_words(words_of(racer, ranks.get(racer.number, 0)))
            tokens = racer.labels() or self._race.tokens()
            column.show_probe(tokens, racer.surprisal(), highest_bits(racer.run))
            column.show_sample(racer.sample, racer.writes)

    def _follow_cursor(self, token: int) -> None:
        for column in self.columns:
            column.set_cursor_token(token)

    def _follow_selection(self, number: int) -> None:
        for at, column in enumerate(self.columns):
            column.set_chosen(at == number)


def words_of(racer: Racer, rank: int) -> ColumnWords:
    """The head of a racer's column."""
    unit = unit_of(racer.run.unit)
    nats = racer.nats
    text = number_text(unit, nats)
    words = unit.short if nats is not None and nats == nats else ""
    if nats is None:
        words = "nothing measured yet"
    return ColumnWords(
        racer.label,
        racer.style,
        f"{rank}." if rank else "",
        text,
        words,
        size_of(racer),
        speed_of(racer),
        f"{racer.state} {racer.ending}" if racer.out else "",
        racer.counts,
    )


def counts_tokens(racer: Racer) -> bool:
    """Whether what it holds are counts of tokens, not parameters of states."""
    return family_of(racer.run.family) == "ngram"


def size_of(racer: Racer) -> str:
    """`94 858 parameters`; of what counts the entries that it holds, once it has read all."""
    if not racer.parameters:
        return "still reading" if racer.step and racer.state != "finished" else ""
    size = theme.thousands(racer.parameters) if racer.parameters < 1e6 else f"{racer.parameters / 1e6:.2g} M"
    return f"{size} {'counts' if counts_tokens(racer) else 'parameters'}"


def speed_of(racer: Racer) -> str:
    """`84k tokens/s`; of what counts, how long it took."""
    if racer.counts:
        took = duration(racer.seconds)
        if racer.state != "finished":
            return f"still reading, {took} so far" if racer.step else "counts when the race begins"
        return f"{'counted' if counts_tokens(racer) else 'fitted'} in {took}"
    speed = racer.tokens_per_second
    return f"{theme.short(speed / 1000)}k tokens/s" if speed >= 1000 else f"{speed:.0f} tokens/s" if speed else ""


def duration(seconds: float) -> str:
    """`6.3 ms`, `0.42 s`, `12 s`, `3.5 min`."""
    if seconds < 0.0995:
        return f"{1000 * seconds:.2g} ms"
    return f"{seconds:.2g} s" if seconds < 9.95 else f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.1f} min"
