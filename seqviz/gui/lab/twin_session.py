"""The pair of original and twin as the window knows it: a race of two whose racers are copies of the run's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from PySide6.QtCore import QTimer, Signal, SignalInstance, Slot

from seqviz.core import commands as cm
from seqviz.core import events as ev
from seqviz.core import race_events as race_ev
from seqviz.core.lab_commands import DriveTwin, MakeTwin
from seqviz.core.lab_events import RemediesOffered, RemedySwitch, TwinMade
from seqviz.gui.race.racer import Racer
from seqviz.gui.race.session import WANTS, RaceSession
from seqviz.gui.session import RunSession

ORIGINAL, TWIN = 0, 1  # numbers of the racers
REST_MS = 250  # a slider at rest: every pair between its first and its last tick would be thrown away


class TwinSession(RaceSession):
    """One per window, below its run's session. `made` is the last pair, `switches` what the run can be given."""

    wants: ClassVar[frozenset[str]] = WANTS | {"gradient.itemised.*"}
    switches_changed = Signal()
    pair_made = Signal()

    def __init__(self, session: RunSession) -> None:
        super().__init__(session)
        self.switches: tuple[RemedySwitch, ...] = ()
        self.changes: dict[str, Any] = {}  # remedies that are flipped, by name
        self.made: TwinMade | None = None
        self.refusal = ""
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(REST_MS)
        self._rest.timeout.connect(self._make_last)
        self._stale = False  # flipped since the last pair was asked for
        self._closed = True  # what is still told is of a pair that was closed before it came
        session.remedies_offered.connect(self._take_offer)
        session.twin_made.connect(self._take_pair)
        session.run_started.connect(self._forget)
        self.rejected.connect(self._take_refusal)

    @classmethod
    def of(cls, session: RunSession) -> TwinSession:
        """The one that belongs to this session."""
        for child in session.children():
            if isinstance(child, TwinSession):
                return child
        return cls(session)

    def _told(self) -> SignalInstance:
        return self._session.twin_told

    def _send(self, command: cm.RaceCommand) -> None:
        self._session.send(DriveTwin(command))

    # what the user does

    def flip(self, remedy: str, value: Any) -> None:
        """Give the twin this value of a remedy; the original's own value takes it back. The pair is made anew."""
        self.flip_together({remedy: value})

    def flip_together(self, changes: Mapping[str, Any]) -> None:
        """The same of several remedies at once.

        One without a switch here came along with another (the forget bias of the LSTM that an RNN becomes), and goes
        with it when any is taken back.
        """
        own = {switch.name: switch.value for switch in self.switches}
        for remedy, value in changes.items():
            self.changes.pop(remedy, None)
            if value != own.get(remedy):
                self.changes[remedy] = value
            elif own:
                self.changes = {name: kept for name, kept in self.changes.items() if name in own}
        self.refusal = ""
        self._stale = True
        if not self._rest.isActive():
            self._make_last()
        self._rest.start()

    @Slot()
    def _make_last(self) -> None:
        """The pair as it is flipped now."""
        if not self._stale:
            return
        self._stale = False
        if self.changes:
            self._closed = False
            self._session.send(MakeTwin(dict(self.changes)))
        else:
            self.leave()

    def _settle(self) -> None:
        """Nothing that was flipped is still to be asked for."""
        self._rest.stop()
        self._stale = False

    def play_or_pause(self) -> None:
        """Train both on, or hold both."""
        if self.state == "running":
            self.pause()
        elif self.racers:
            self.play()

    def leave(self) -> None:
        """Close the pair; the run itself was never touched."""
        self._settle()
        self._closed = True
        self.changes, self.made, self.racers = {}, None, []
        self._send(cm.LeaveRace())
        self._set_state("empty")
        self.switches_changed.emit()
        self.pair_made.emit()

    # hearing

    @Slot(object)
    def _take_offer(self, event: RemediesOffered) -> None:
        self.switches = tuple(sorted(event.switches, key=lambda switch: (switch.order, switch.name)))
        self.switches_changed.emit()

    @Slot(object)
    def _take_pair(self, event: TwinMade) -> None:
        if self._closed:
            return
        self.made = event
        if not self._stale:  # else it is flipped on already
            self.changes = dict(event.changes)
        self.refusal = ""
        self.switches_changed.emit()
        self.pair_made.emit()

    @Slot(object)
    def _take(self, event: race_ev.RaceEvent) -> None:
        if not self._closed or isinstance(event, race_ev.RaceRejected):
            super()._take(event)

    @Slot(object)
    def _forget(self, run: ev.RunStarted) -> None:
        """Another run stands on the first page: its twin would be another."""
        self._settle()
        if self.made is not None or self.changes:
            self.leave()

    @Slot(str)
    def _take_refusal(self, text: str) -> None:
        self._settle()
        self.refusal = text
        self.changes = dict(self.made.changes) if self.made is not None else {}
        self.switches_changed.emit()

    def _labels(self, event: race_ev.RaceStarted, models: list[str]) -> list[str]:
        return ["original", "twin"]

    # what is so now

    @property
    def original(self) -> Racer | None:
        return self.racer(ORIGINAL)

    @property
    def twin(self) -> Racer | None:
        return self.racer(TWIN)

    def words(self) -> str:
        """What was flipped: "forget bias 1 → 3"."""
        return "" if self.made is None else self.made.words

    def summary(self) -> Mapping[str, Any]:
        return {"changes": dict(self.changes), **super().summary()}
