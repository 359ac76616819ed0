"""The race page: bar, rail, middle, card and status bar, joined to the race."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from seqviz.gui.explain.explainer import Explainer
from seqviz.gui.explain.hosts import RaceHost
from seqviz.gui.middle import Middle
from seqviz.gui.race.bar import RaceBar
from seqviz.gui.race.card import RaceCard
from seqviz.gui.race.centre import RaceCentre
from seqviz.gui.race.rail import RaceRail
from seqviz.gui.race.session import RaceSession
from seqviz.gui.race.status import RaceStatusBar
from seqviz.gui.session import RunSession


class RacePage(QWidget):
    """`explain_asked` carries the token of the probe that somebody wants explained."""

    explain_asked = Signal(int)

    def __init__(self, session: RunSession, race: RaceSession, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._race = race
        self.bar = RaceBar(race)
        self.rail = RaceRail(session, race)
        self.centre = RaceCentre(race)
        self.card = RaceCard(race)
        self.status = RaceStatusBar(session, race)
        self.middle = Middle(self.rail, self.centre, self.card)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        for widget, stretch in ((self.bar, 0), (self.middle, 1), (self.status, 0)):
            box.addWidget(widget, stretch)
        self.middle.folded.connect(self.bar.fold)
        self.bar.card_clicked.connect(self.middle.toggle_card)
        self.bar.rail_clicked.connect(self.middle.toggle_rail)
        self.card.racer_clicked.connect(race.select)
        self.centre.explain_asked.connect(self.explain_asked)
        self.explainer = Explainer(RaceHost(race, self.centre), self)
        self._join_explainer(race)

    def _join_explainer(self, race: RaceSession) -> None:
        explainer = self.explainer
        self.explain_asked.connect(explainer.ask_soon)
        self.centre.probe.token_asked.connect(explainer.ask)
        self.centre.probe.strip.edit_started.connect(explainer.forget)
        race.explained.connect(explainer.take)
        race.cursor_changed.connect(explainer.follow_cursor)
        race.changed.connect(explainer.follow_step)
        race.state_changed.connect(self._follow_state)
        race.race_started.connect(explainer.forget)
        race.probe_changed.connect(explainer.forget)

    def _follow_state(self, state: str) -> None:
        if state in ("paused", "finished"):
            self.explainer.follow_pause()

    @property
    def strip(self) -> QWidget:
        """What hears the cursor keys."""
        view = self.explainer.view
        return view.strip if view is not None and self.explainer.shown else self.centre.probe.strip

    def edit_probe(self) -> None:
        self.explainer.close()
        self.centre.probe.strip.edit()

    def play_or_pause(self) -> None:
        """What Space does: race, pause, or race again when all is over."""
        state = self._race.state
        if state == "running":
            self._race.pause()
        elif state == "paused":
            self._race.play()
        elif state == "finished":
            self._race.reset()
            self._race.play()

    def stop(self) -> None:
        """The window closes: no timer may run on."""
        for part in (self.centre, self.card, self.rail, self.status, self.explainer):
            part.stop()

    # Qt overrides

    def showEvent(self, event: QShowEvent) -> None:
        self._race.watch(True)
        self.centre.refresh_all()
        self.card.refresh()

    def hideEvent(self, event: QHideEvent) -> None:
        if not event.spontaneous():
            self._race.watch(False)
