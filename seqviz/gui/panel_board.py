"""Which panels there are and where: opens, closes, moves and floats them, and knows what they want traced."""

from __future__ import annotations

from PySide6.QtCore import QObject, QPoint, QTimer, Signal, Slot
from PySide6.QtWidgets import QWidget

from seqviz.core.events import RunStarted
from seqviz.gui.float_window import FloatWindow
from seqviz.gui.lab.rooms import MODEL
from seqviz.gui.layout_store import Layout, LayoutStore, default_layout, room_layout
from seqviz.gui.panel_frame import PanelFrame
from seqviz.gui.panels.base import Cursor, Panel, Snapshot, panels
from seqviz.gui.session import RunSession
from seqviz.gui.sheet import Sheet
from seqviz.gui.time_column import TimeColumn
from seqviz.gui.unserved import nearest_model

ALWAYS_WANTED = frozenset({"surprisal"})  # the strip's own
REST_MS = 80  # the trainer has not breathed for so long: paint the rest anyway


def layout_key(run: RunStarted, room: str = MODEL) -> str:
    """What a layout is remembered for: what there is to see hangs on the architecture and on what it is to tell.

    A run that opens with a view of its own (one-hot rows) is remembered apart: others of its family have no use for it.
    """
    task = run.config.get("task", {}).get("name", "")
    own = (name for name, kind in panels.items() if _opens_specially(kind, run))
    inside = [] if room == MODEL else ["lab", room]
    return "-".join([run.family, *([task] if task else []), *own, *inside])


def _opens_specially(kind: type[Panel], run: RunStarted) -> bool:
    return kind.shown_at_first(run) and not kind.shown_by_default and kind.reason_unserved(run) is None


class PanelBoard(QObject):
    """The sheet and the time column show what the board's layout says."""

    layout_changed = Signal()
    pointed = Signal(object)  # PanelFrame under the mouse
    menu_asked = Signal(object, QPoint)  # PanelFrame, global position
    switch_asked = Signal(str)
    view_asked = Signal(str)  # a panel by name, wherever it stands

    def __init__(self, session: RunSession, sheet: Sheet, column: TimeColumn, store: LayoutStore) -> None:
        super().__init__(sheet)
        self._session, self._sheet, self._column, self._store = session, sheet, column, store
        self._frames: dict[str, PanelFrame] = {}
        self._floats: dict[str, FloatWindow] = {}
        self._weights: dict[str, int] = {}
        self._run: RunStarted | None = None
        self._probe = ""
        self._shown_key = ""
        self.room = MODEL
        self.presented: list[Panel] = []  # panels on the presentation page, traced as well
        self.layout = Layout()
        self._waiting = (Snapshot(), "")
        self._rest_turn = False
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.timeout.connect(self._present_rest)
        session.breath.connect(self._present_waiting)
        sheet.row_weights_changed.connect(self._keep_weights)
        column.row_weights_changed.connect(self._keep_weights)

    # the layout

    def show_run(self, run: RunStarted, probe: str) -> None:
        """The panels remembered for this family of architectures on this task, else the default ones."""
        self._run, self._probe = run, probe
        key = self._key()
        if key != self._shown_key or not self.layout.places():
            layout = self._store.load(key, panels.names()) or self._at_first()
            self._shown_key = key
            self._weights = dict(layout.weights)
            self._apply(layout)
        self._sheet.show_run(run, probe)
        for frame in self._frames.values():
            self._serve(frame)
        self.tell_wants()

    def enter(self, room: str) -> None:
        """Show the panels of another room: MODEL, or one of the laboratory."""
        if room != self.room:
            self.room = room
            if self._run is not None:
                self.show_run(self._run, self._probe)

    def rooms_of(self, name: str) -> frozenset[str]:
        """Where a panel stands at first: rooms of the laboratory, MODEL."""
        kind = panels.get(name)
        run = self._run
        first = run is not None and name in default_layout(run, list(panels.items())).places()
        return frozenset(kind.rooms) | ({MODEL} if first else frozenset())

    def _key(self) -> str:
        assert self._run is not None
        return layout_key(self._run, self.room)

    def _at_first(self) -> Layout:
        assert self._run is not None
        known = list(panels.items())
        return default_layout(self._run, known) if self.room == MODEL else room_layout(self.room, self._run, known)

    def reset_layout(self) -> None:
        """Back to the default panels of this family, or of this room."""
        if self._run is not None:
            self._weights = {}
            self._change(self._at_first())

    def names_open(self) -> tuple[str, ...]:
        return self.layout.places()

    def frame(self, name: str) -> PanelFrame:
        return self._frames[name]

    def frames(self) -> list[PanelFrame]:
        return [self._frames[name] for name in self.layout.places()]

    def open(self, name: str) -> None:
        """Add a panel at the end of where it belongs."""
        if name in self.layout.places():
            return
        kind = panels.get(name)
        sheet, column = self.layout.sheet, self.layout.column
        if kind.place == "sheet":
            sheet = (*sheet, name)
        else:
            column = (*column, name)
        self._change(Layout(sheet, column, self.layout.floating))

    def close(self, name: str) -> None:
        self._change(self._without(name))

    def move(self, name: str, by: int) -> None:
        """Up (-1) or down (+1) among its neighbours."""
        sheet, column = list(self.layout.sheet), list(self.layout.column)
        for names in (sheet, column):
            if name in names:
                at = names.index(name)
                to = min(max(at + by, 0), len(names) - 1)
                names.insert(to, names.pop(at))
        self._change(Layout(tuple(sheet), tuple(column), self.layout.floating))

    def float_panel(self, name: str) -> None:
        """Tear a panel out into a window of its own."""
        if name in self.layout.places() and name not in self.layout.floating:
            rest = self._without(name)
            self._change(Layout(rest.sheet, rest.column, (*rest.floating, name)))

    @Slot(str)
    def dock(self, name: str) -> None:
        """Put a floating panel back."""
        if name not in self.layout.floating:
            return
        rest = self._without(name)
        kind = panels.get(name)
        order = {n: panels.get(n).order for n in (*rest.sheet, *rest.column, name)}
        sheet, column = rest.sheet, rest.column
        if kind.place == "sheet":
            sheet = tuple(sorted((*sheet, name), key=lambda n: order[n])) if not self._moved(sheet) else (*sheet, name)
        else:
            column = (*column, name)
        self._change(Layout(sheet, column, rest.floating))

    @staticmethod
    def _moved(names: tuple[str, ...]) -> bool:
        orders = [panels.get(name).order for name in names]
        return orders != sorted(orders)

    def _without(self, name: str) -> Layout:
        sheet, column, floating = (
            tuple(n for n in part if n != name)
            for part in (self.layout.sheet, self.layout.column, self.layout.floating)
        )
        return Layout(sheet, column, floating)

    def _change(self, layout: Layout) -> None:
        self._apply(layout)
        if self._run is not None:
            self._store.save(self._key(), self.layout)
        self._session.refresh()
        self.tell_wants()

    def _apply(self, layout: Layout) -> None:
        self.layout = Layout(layout.sheet, layout.column, layout.floating, dict(self._weights))
        for name in layout.places():
            if name not in self._frames:
                self._frames[name] = self._make(name)
        self._update_floats()
        self._sheet.set_frames([self._frames[n] for n in layout.sheet], self._weights)
        self._column.set_frames([self._frames[n] for n in layout.column], self._weights)
        for name in set(self._frames) - set(layout.places()):
            self._frames.pop(name).deleteLater()
        self.layout_changed.emit()

    def _update_floats(self) -> None:
        for name in set(self._floats) - set(self.layout.floating):
            window = self._floats.pop(name)
            window.docked.disconnect(self.dock)
            window.frame.setParent(self._sheet)  # before its window goes
            window.hide()
            window.deleteLater()
        for name in self.layout.floating:
            if name not in self._floats:
                window = FloatWindow(self._frames[name], self._sheet.grid.gutter, self._window())
                window.docked.connect(self.dock)
                window.cursor_moved.connect(self._session.set_cursor)
                self._floats[name] = window
                window.show()

    def _window(self) -> QWidget:
        return self._sheet.window()

    def _make(self, name: str) -> PanelFrame:
        panel: Panel = panels.get(name)()
        frame = PanelFrame(panel, self._sheet)
        panel.cursor_moved.connect(self._move_cursor)
        panel.wants_changed.connect(self.tell_wants)
        panel.knob_edited.connect(self._session.set_knob)
        panel.view_asked.connect(self.view_asked)
        panel.join(self._session)
        frame.pointed.connect(self.pointed)
        frame.menu_asked.connect(self.menu_asked)
        frame.switch_asked.connect(self.switch_asked)
        self._serve(frame)
        return frame

    def _serve(self, frame: PanelFrame) -> None:
        if self._run is not None:
            part = nearest_model(type(frame.panel), self._run, self._session.parts)
            frame.show_run(self._run, None if part is None else (part.name, part.title))

    @Slot(object)
    def _move_cursor(self, cursor: Cursor) -> None:
        self._session.set_cursor(cursor)

    @Slot()
    def _keep_weights(self) -> None:
        self._weights |= self._sheet.weights() | self._column.weights()
        self.layout = Layout(self.layout.sheet, self.layout.column, self.layout.floating, dict(self._weights))
        if self._run is not None:
            self._store.save(self._key(), self.layout)

    # what is looked at

    @Slot()
    def tell_wants(self) -> None:
        """Ask the trainer for what is on screen, and for nothing else."""
        seen = [frame.panel for frame in self.frames() if self._is_seen(frame)] + self.presented
        wants = ALWAYS_WANTED.union(*(panel.current_wants() for panel in seen))
        sources = [source for source in (panel.current_source() for panel in seen) if source != "probe"]
        self._session.watch(wants, sources[0] if sources else "probe")

    def _is_seen(self, frame: PanelFrame) -> bool:
        served = self._run is None or frame.panel.reason_unserved(self._run) is None
        return served and frame.isVisible() and not frame.window().isMinimized()

    def present(self, snapshot: Snapshot, probe: str) -> None:
        """The sheet now; while training the rest at every second time, at the trainer's next breath.

        Curves over thousands of steps move too little to be drawn ten times a second, and two short paintings, both
        while the trainer holds no GIL, keep the window quicker than a long one.
        """
        self._sheet.present(snapshot)
        self._waiting = (snapshot, probe)
        self._rest_turn = not self._rest_turn
        if self._session.state != "running":
            self._present_rest()
        elif self._rest_turn:
            self._later.start(REST_MS)

    @Slot()
    def _present_waiting(self) -> None:
        if self._later.isActive():
            self._later.stop()
            self._present_rest()

    @Slot()
    def _present_rest(self) -> None:
        snapshot, probe = self._waiting
        self._column.present(snapshot)
        for window in self._floats.values():
            window.present(snapshot, probe)

    def close_floats(self) -> None:
        """The main window goes: so do its children, without being docked."""
        self._later.stop()
        for window in self._floats.values():
            window.docked.disconnect(self.dock)
            window.close()
