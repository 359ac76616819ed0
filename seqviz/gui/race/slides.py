"""The slides of a race in presentation: one question each, with what answers it and a sentence that says it."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from seqviz.gui import theme
from seqviz.gui.axes_of_frame import highest_bits
from seqviz.gui.panels.base import ColourBar
from seqviz.gui.panels.next_token import context_of
from seqviz.gui.presentation_words import Heading, Sentence
from seqviz.gui.race.chances import ChanceBars, chances, spread_words
from seqviz.gui.race.clocks import CLOCKS, clock_named
from seqviz.gui.race.columns import RacerColumns
from seqviz.gui.race.decay_plot import DecayPlot
from seqviz.gui.race.learning_plot import LearningPlot
from seqviz.gui.race.reading import decay_reading, race_reading
from seqviz.gui.race.session import RaceSession
from seqviz.gui.race.standings import leader, number_text, unit_of
from seqviz.gui.race.table import StandingsTable
from seqviz.gui.widgets.choice_switch import ChoiceSwitch
from seqviz.gui.widgets.token_names import token_name

_LINES = 1.8  # a sentence has two lines; the end of the first is seldom used up
_LETTER = 24  # of the token that was expected: the bars below fill a slide


class Slide(QWidget):
    """`question` is the title of the page; `refresh` shows what is so now."""

    question = ""
    title = ""

    def __init__(self, race: RaceSession, content: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.race, self.content = race, content
        self.heading, self.sentence = Heading(self.title), Sentence()
        self._box = QVBoxLayout(self)
        self._box.setContentsMargins(0, 0, 0, 0)
        self._box.addWidget(self.heading)
        self._box.addWidget(content, 1)
        self._box.addWidget(self.sentence)

    def refresh(self) -> None:
        raise NotImplementedError

    def room(self) -> float:
        """Pixels that the words of a reading have."""
        return _LINES * self.width()


class LearningSlide(Slide):
    """The curves of all, with the switch of clocks: `clock_chosen` carries its word."""

    question, title = "Who learns fastest?", "Loss on unseen text"
    clock_chosen = Signal(str)

    def __init__(self, race: RaceSession, clock: str, log: bool, parent: QWidget | None = None) -> None:
        self.plot = LearningPlot()
        super().__init__(race, self.plot, parent)
        self._log = log
        self.clock = ChoiceSwitch("clock", [c.name for c in CLOCKS], {c.name: c.counted for c in CLOCKS})
        self.clock.show_option(clock)
        self._box.insertWidget(1, self.clock)
        self.clock.chosen.connect(self._choose)
        self.plot.line_clicked.connect(race.select)

    def _choose(self, clock: str) -> None:
        self.clock_chosen.emit(clock)
        self.refresh()

    def refresh(self) -> None:
        racers, clock = self.race.racers, clock_named(self.clock.current)
        unit = unit_of(racers[0].run.unit)
        self.plot.show_race(racers, clock, unit, self._log, self.race.selected)
        self.heading.say(f"{unit.axis}, lower is better", None)
        self.sentence.say(race_reading(racers, clock, self.room()))


class DecaySlide(Slide):
    """The gradient's decay of all."""

    question, title = "How far back do they feel mistakes?", "Mean gradient by distance"

    def __init__(self, race: RaceSession, parent: QWidget | None = None) -> None:
        self.plot = DecayPlot()
        super().__init__(race, self.plot, parent)
        self.plot.line_clicked.connect(race.select)

    def refresh(self) -> None:
        self.plot.show_race(self.race.racers, self.race.selected)
        self.heading.say(f"1 at the {self.race.racers[0].run.unit.token} itself", None)
        self.sentence.say(decay_reading(self.race.racers, self.room()))


class ColumnsSlide(Slide):
    """The probe through all of them."""

    question, title = "The same text through all of them", "Coloured by surprise"

    def __init__(self, race: RaceSession, parent: QWidget | None = None) -> None:
        self.columns = RacerColumns(race)
        super().__init__(race, self.columns, parent)
        self.columns.build()

    def refresh(self) -> None:
        self.columns.refresh()
        highest = highest_bits(self.race.racers[0].run)
        self.heading.say("", ColourBar("surprise", low="0", high=f"{theme.short(highest)} bits", colours="cividis"))
        first = leader(self.race.racers)
        if first is not None:
            unit = unit_of(first.run.unit)
            self.sentence.say(f"**{first.label}** is surprised least: {number_text(unit, first.nats)} {unit.axis}")


class TableSlide(Slide):
    """The standings."""

    question, title = "Who stands where?", "Sorted by a click on a heading"

    def __init__(self, race: RaceSession, parent: QWidget | None = None) -> None:
        self.table = StandingsTable()
        self.table.set_plain()
        super().__init__(race, self.table, parent)
        self.table.row_chosen.connect(race.select)

    def refresh(self) -> None:
        self.table.show_racers(self.race.racers, self.race.selected)


class ChancesSlide(Slide):
    """The chance of the token at the cursor."""

    question, title = "Who expected it?", ""

    def __init__(self, race: RaceSession, parent: QWidget | None = None) -> None:
        self.bars = ChanceBars(size=_LETTER / theme.PRESENTATION_SCALE)
        super().__init__(race, self.bars, parent)
        self._box.addStretch(1)
        self.bars.row_clicked.connect(race.select)

    def refresh(self) -> None:
        tokens, race = self.race.tokens(), self.race
        if not tokens:
            return
        at = min(race.cursor, len(tokens) - 1)
        chosen = race.chosen
        if chosen is not None and not chosen.foretells:
            self.heading.say(f"chance of what is right at {token_name(tokens[at])}", None)
        else:
            self.heading.say(self._asked(tokens, at), None)
        found = chances(race.racers, at, race.selected)
        self.bars.show_chances(found)
        self.sentence.say(spread_words(found))

    @staticmethod
    def _asked(tokens: tuple[str, ...], at: int) -> str:
        before = f"after “{context_of(tokens, at - 1, 40)}”" if at else "at the start, where nothing foretells it"
        return f"chance of {token_name(tokens[at])} {before}"
