"""The two pages an explanation can stand in."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from seqviz.gui.axes_of_frame import tokens_of
from seqviz.gui.centre import Centre
from seqviz.gui.explain.asking import Who
from seqviz.gui.panels.base import Cursor
from seqviz.gui.race.centre import RaceCentre
from seqviz.gui.race.session import RaceSession
from seqviz.gui.race.styles import styles_of
from seqviz.gui.session import RunSession


class RaceHost:
    """All racers; the view stands over the middle of the race page."""

    def __init__(self, race: RaceSession, centre: RaceCentre) -> None:
        self._race, self._centre = race, centre

    def whos(self) -> list[Who]:
        return [
            Who(r.number, r.label, r.run.title, r.style, f"{r.state} {r.ending}" if r.out else "")
            for r in self._race.racers
        ]

    def tokens(self) -> tuple[str, ...]:
        return self._race.tokens()

    def word(self) -> str:
        return self._race.racers[0].run.unit.token if self._race.racers else "token"

    def step(self) -> int:
        return self._race.step

    def cursor(self) -> int:
        return self._race.cursor

    def set_cursor(self, column: int) -> None:
        self._race.set_cursor(column)

    def send(self, position: int) -> None:
        self._race.explain(position)

    def stand(self, view: QWidget | None) -> None:
        self._centre.show_drawer(view)


class ModelHost:
    """The one model; the view stands in place of the sheet and the time column."""

    def __init__(self, session: RunSession, centre: Centre) -> None:
        self._session, self._centre = session, centre

    def whos(self) -> list[Who]:
        run = self._session.run
        if run is None:
            return []
        name = str(run.config["model"]["name"])
        ending = self._session.state if self._session.state in ("diverged", "failed") else ""
        return [Who(0, run.title, run.title, styles_of([(run.family, name)])[0], ending)]

    def tokens(self) -> tuple[str, ...]:
        return tokens_of(self._session.snapshot(), self._session.probe)

    def word(self) -> str:
        return "token" if self._session.run is None else self._session.run.unit.token

    def step(self) -> int:
        return self._session.history.last_step

    def cursor(self) -> int:
        return self._session.cursor.column

    def set_cursor(self, column: int) -> None:
        self._session.set_cursor(Cursor(column))

    def send(self, position: int) -> None:
        self._session.explain(position)

    def stand(self, view: QWidget | None) -> None:
        self._centre.show_page(view)
        if view is None:
            self._session.refresh()
