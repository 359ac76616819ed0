"""The laboratory's half of the main window: the same run, the same probe and cursor, other panels around them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Slot
from PySide6.QtGui import QKeyEvent

from seqviz.core.events import Notice
from seqviz.core.halt_words import halt_sentence
from seqviz.gui.lab.bar import LabBar
from seqviz.gui.lab.rooms import MODEL, ROOMS, room_named
from seqviz.gui.lab.twin_session import TwinSession
from seqviz.gui.layout_store import missing_in_room
from seqviz.gui.panels.base import Panel, panels
from seqviz.gui.window_explain import WindowExplain

if TYPE_CHECKING:
    from seqviz.core.lab_events import RunHalted

LAB = "Lab"


class WindowLab(WindowExplain):
    """Rooms are layouts of the board: nothing of the run is built anew on entering one."""

    lab_bar: LabBar

    def _join_lab(self) -> None:
        self.lab_bar = LabBar()
        self.lab_bar.hide()
        self.lab_bar.room_chosen.connect(self.show_room)
        self.session.run_started.connect(self._say_room)
        self.centre.views.set_bar(self.lab_bar)
        self.session.halted.connect(self._show_halt)
        self.pair = TwinSession.of(self.session)
        self.pair.notice.connect(self.show_notice)
        self.board.view_asked.connect(self.show_view)

    @property
    def in_lab(self) -> bool:
        """Whether a room of the laboratory is shown."""
        return not self.racing and self.board.room != MODEL

    @Slot(str)
    def show_page(self, name: str) -> None:
        if name == LAB:
            self.show_lab()
        else:
            super().show_page(name)

    @Slot()
    def show_lab(self) -> None:
        """The room of the laboratory that was shown last."""
        self.show_room(self.lab_bar.room.name)

    @Slot(str)
    def show_room(self, name: str) -> None:
        """Enter a room of the laboratory."""
        room = room_named(name)
        self.leave_presentation()
        super().show_one_model()
        self.centre.show_page(None)
        self._enter(room.name)
        self._say_room()

    @Slot()
    def _say_room(self) -> None:
        """The bar says what the room answers, or why this run cannot be asked."""
        if self.in_lab:
            room, run = room_named(self.board.room), self.session.run
            missing = "" if run is None else missing_in_room(room.name, run, list(panels.items()))
            self.lab_bar.show_room(room, missing)

    @Slot()
    def show_one_model(self) -> None:
        super().show_one_model()
        self._enter(MODEL)

    @Slot()
    def measure(self) -> None:
        """M: ask for what the panels on screen do not watch because it is too dear."""
        for panel in self._panels_on_screen():
            panel.measure()

    def pass_key(self, event: QKeyEvent) -> bool:
        """Offer a key that nothing with the focus wanted to the panels on screen; whether one took it."""
        return any(panel.take_key(event) for panel in self._panels_on_screen())

    def _panels_on_screen(self) -> list[Panel]:
        if self.presentation is not None and self.presenting:
            return self.presentation.panels_now()
        run = self.session.run
        served = [frame.panel for frame in self.board.frames() if frame.isVisible()]
        return [panel for panel in served if run is not None and type(panel).reason_unserved(run) is None]

    @Slot()
    def play_pair(self) -> None:
        """T: train original and twin, or hold them; where there is no pair yet, the room where one is made."""
        if self.pair.racers:
            self.pair.play_or_pause()
        else:
            self.show_room("twin")

    @Slot()
    def step_pair(self) -> None:
        """Shift+T: one optimiser step of both."""
        if self.pair.racers:
            self.pair.step_on()

    def _enter(self, room: str) -> None:
        if room != MODEL:
            self.sheet.set_cover(None)  # whoever comes here knows the first steps
        self.board.enter(room)
        self.lab_bar.setVisible(room != MODEL)
        self.centre.views.arrange()
        self.top.name.show_page("Model" if room == MODEL else LAB)
        self.session.refresh()
        self.setFocus()

    @Slot(str)
    def show_view(self, panel: str) -> None:
        """Bring a panel on screen: where it stands already, else in the first room that shows it, else opened here."""
        if panel in self.board.names_open():
            return
        rooms = self.board.rooms_of(panel)
        known = [room.name for room in ROOMS if room.name in rooms]
        if known:
            self.show_room(known[0])
        elif MODEL in rooms:
            self.show_one_model()
        if panel not in self.board.names_open():
            self.board.open(panel)

    @Slot(object)
    def _show_halt(self, halt: RunHalted) -> None:
        seen = "breakpoints" in self.board.names_open()
        if halt.panel:
            self.show_view(halt.panel)
        if seen and "breakpoints" not in self.board.names_open():
            self.board.open("breakpoints")  # its card, with the way on, comes along
        if "breakpoints" not in self.board.names_open():  # nobody else says it
            sentence = halt_sentence(halt)
            self.show_notice(Notice("warning", sentence[:1].upper() + sentence[1:]))
