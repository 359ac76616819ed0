"""The middle of the race page: two questions as plots, the racers side by side or as a table, the probe."""

from __future__ import annotations

from PySide6.QtCore import QTimer, Signal, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from seqviz.gui import theme
from seqviz.gui.axes_of_frame import highest_bits
from seqviz.gui.labels import TextLabel
from seqviz.gui.loss_units import ShownUnit
from seqviz.gui.race.clocks import CLOCKS, clock_named
from seqviz.gui.race.columns import RacerColumns
from seqviz.gui.race.decay_plot import DecayPlot
from seqviz.gui.race.learning_plot import LearningPlot
from seqviz.gui.race.probe_sheet import ProbeSheet
from seqviz.gui.race.reading import decay_reading, race_reading
from seqviz.gui.race.session import RaceSession
from seqviz.gui.race.standings import unit_of
from seqviz.gui.race.surprise_bar import SurpriseBar
from seqviz.gui.race.table import StandingsTable
from seqviz.gui.race.titled_sheet import TitledSheet
from seqviz.gui.surfaces import Surface
from seqviz.gui.widgets.choice_switch import ChoiceSwitch

GAP, PLOT_SHARE, STRIP, PLOTS_LEAST = 8, 0.36, 112, 200
PLOTS_MS = 240  # between two paintings of the plots: a round is too short to be seen
_VIEWS = ("side by side", "table")


class RaceCentre(QWidget):
    """`explain_asked` carries the token that was clicked."""

    explain_asked = Signal(int)

    def __init__(self, race: RaceSession, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._race = race
        self.clock = ChoiceSwitch("clock", [c.name for c in CLOCKS], {c.name: c.counted for c in CLOCKS}, margin=7)
        scales = {"lin": "Linear x axis.", "log": "Logarithmic x axis."}
        self.scale = ChoiceSwitch("x axis", tuple(scales), scales, margin=7)
        self.learning, self.decay = LearningPlot(), DecayPlot()
        self.learning_sheet = TitledSheet("Who learns fastest?", self.learning, (self.clock, self.scale))
        self.decay_sheet = TitledSheet("How far back do they feel mistakes?", self.decay)
        self.views = ChoiceSwitch("racers as", _VIEWS)
        self.columns, self.table = RacerColumns(race), StandingsTable()
        self.words, self.bar = TextLabel("", 11, "ink2"), SurpriseBar()
        self.stack = QStackedWidget()
        self.probe = ProbeSheet(race)
        self.drawer: QWidget | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.refresh_plots)
        self._build()
        self._connect()

    def _build(self) -> None:
        table = Surface("sheet")
        box = QVBoxLayout(table)
        box.setContentsMargins(theme.px(10), theme.px(8), theme.px(10), theme.px(8))
        box.addWidget(self.table)
        self.stack.addWidget(self.columns)
        self.stack.addWidget(table)
        plots = self._plots = QHBoxLayout()
        plots.setSpacing(theme.px(GAP))
        plots.addWidget(self.learning_sheet, 57)
        plots.addWidget(self.decay_sheet, 43)
        head = QHBoxLayout()
        head.setSpacing(theme.px(10))
        head.addWidget(TextLabel("The racers", 13, bold=True))
        head.addWidget(self.words, 1)
        head.addWidget(self.bar)
        head.addWidget(self.views)
        outer = self._outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(theme.px(GAP))
        outer.addLayout(plots)
        outer.addLayout(head)
        outer.addWidget(self.stack, 1)
        outer.addWidget(self.probe)
        self.words.setText("the same probe through all of them, brighter where it surprises more")

    def _connect(self) -> None:
        race = self._race
        race.changed.connect(self.refresh)
        race.race_started.connect(self.refresh_all)
        race.selected_changed.connect(self.refresh_all)
        self.clock.chosen.connect(self.refresh_plots)
        self.scale.chosen.connect(self.refresh_plots)
        self.views.chosen.connect(self._show_view)
        self.learning.line_clicked.connect(race.select)
        self.decay.line_clicked.connect(race.select)
        self.table.row_chosen.connect(race.select)
        self.columns.token_clicked.connect(self.explain_asked)
        self.columns.edit_asked.connect(self.probe.strip.edit)
        self.probe.token_clicked.connect(self.explain_asked)

    def stop(self) -> None:
        self._timer.stop()

    @Slot(str)
    def _show_view(self, view: str) -> None:
        self.stack.setCurrentIndex(_VIEWS.index(view))
        self.refresh_all()

    @Slot()
    def refresh(self) -> None:
        """Something came: the columns at once, the plots a few times a second. Nothing while nobody sees it."""
        if not self.isVisible() or self.drawer is not None:
            return
        if not self._timer.isActive():
            self._timer.start(PLOTS_MS)
        if self.stack.currentIndex() == 0:
            self.columns.refresh()
        self.probe.refresh()

    @Slot()
    def refresh_all(self) -> None:
        self.columns.refresh()
        self.probe.refresh()
        self.refresh_plots()

    @Slot()
    def refresh_plots(self) -> None:
        """Curves, table and what is said of them."""
        race = self._race
        if not race.racers:
            return
        clock, unit = clock_named(self.clock.current), unit_of(race.racers[0].run.unit)
        log = self.scale.current == "log"
        self.learning.show_race(race.racers, clock, unit, log, race.selected)
        self.decay.show_race(race.racers, race.selected)
        reading = race_reading(race.racers, clock, self.learning_sheet.reading_width())
        self.learning_sheet.say(self._loss_words(unit), reading)
        self.bar.show_range(highest_bits(race.racers[0].run))
        told = decay_reading(race.racers, self.decay_sheet.reading_width())
        self.decay_sheet.say("mean gradient by distance", told)
        if self.stack.currentIndex() == 1:
            self.table.show_racers(race.racers, race.selected)

    def _loss_words(self, unit: ShownUnit) -> str:
        """What the curves are of, as full as there is room beside the switches."""
        name, width = self._race.racers[0].run.unit.name, self.learning_sheet.subtitle_width()
        words = (
            f"{unit.axis} on unseen text, lower is better",
            f"{unit.axis}, unseen text",
            f"{name}, unseen text",
            f"{name}, unseen",
        )
        return next((w for w in words if theme.metrics(11).horizontalAdvance(w) <= width), name)

    # the place of "who explains this token?"

    def show_drawer(self, drawer: QWidget | None) -> None:
        """Stand `drawer` over all of this; None: away with it."""
        if self.drawer is not None and self.drawer is not drawer:
            self.drawer.hide()
        self.drawer = drawer
        if drawer is not None:
            drawer.setParent(self)
            drawer.show()
            drawer.raise_()
        else:
            self.refresh_all()
        self._arrange()

    def _arrange(self) -> None:
        height = max(round(self.height() * PLOT_SHARE), theme.px(PLOTS_LEAST))
        for sheet in (self.learning_sheet, self.decay_sheet):
            sheet.setFixedHeight(height)
        self.probe.setFixedHeight(theme.px(STRIP))
        if self.drawer is not None:
            self.drawer.setGeometry(0, 0, self.width(), self.height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._arrange()
        self.refresh_plots()
