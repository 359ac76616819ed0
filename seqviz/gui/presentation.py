"""Presentation (F11): one question, at most two panels, type that the last row can read."""

from __future__ import annotations

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QVBoxLayout, QWidget

from seqviz.gui import theme
from seqviz.gui.aligned_view import AlignedView
from seqviz.gui.panels.base import Panel, Snapshot, panels
from seqviz.gui.presentation_words import Heading, Sentence
from seqviz.gui.session import RunSession
from seqviz.gui.stage import Stage

MOST_CELLS, GUTTER = 36, 80


class PresentedPanel(QWidget):
    """A panel of its own kind, not the one on the sheet: question or title above, reading below."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.panel: Panel = panels.get(name)()
        self.heading = Heading(self.panel.title)
        self.view = AlignedView(self.panel, self.panel, theme.px(GUTTER), MOST_CELLS)
        self.view.row_on_strip = True
        self.sentence = Sentence()
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.addWidget(self.heading)
        box.addWidget(self.view, 1)
        box.addWidget(self.sentence)

    def present(self, snapshot: Snapshot, probe: str) -> None:
        self.view.present(snapshot, probe)
        self.heading.say(self.panel.subtitle(), self.panel.colour_bar())
        self.sentence.say(self.panel.reading())


class Presentation(Stage):
    """The panels of one model, large; `left` on F11 too."""

    wants_changed = Signal()
    view_asked = Signal(str)  # a panel that is none of those to turn to

    def __init__(self, session: RunSession, parent: QWidget | None = None) -> None:
        super().__init__("Train", parent)
        self._session = session
        self._names: list[str] = []
        self.shown: list[PresentedPanel] = []
        session.state_changed.connect(self.show_transport)

    # what stands there

    def begin(self, names: list[str], first: str) -> None:
        """Show the panel `first` of those that can be shown."""
        self._names = names
        self._at = names.index(first) if first in names else 0
        self.rebuild()
        self.show_transport(self._session.state)

    def panels_now(self) -> list[Panel]:
        return [item.panel for item in self.shown]

    def choices(self) -> int:
        return len(self._names)

    def end(self) -> None:
        """Take the panels down: what nobody looks at costs nothing."""
        self.take_down(list(self.shown))
        self.shown = []

    @Slot(str)
    def show_view(self, name: str) -> None:
        """Turn to a panel that another one leads to."""
        if name in self._names:
            self._at = self._names.index(name)
            self.rebuild()
        else:
            self.view_asked.emit(name)

    def rebuild(self) -> None:
        self.end()
        chosen = dict.fromkeys(
            self._names[(self._at + i) % len(self._names)] for i in range(self._count) if self._names
        )
        for name in chosen:
            item = PresentedPanel(name)
            item.panel.join(self._session)
            item.panel.view_asked.connect(self.show_view)
            item.panel.knob_edited.connect(self._session.set_knob)
            item.panel.wants_changed.connect(self.wants_changed)
            item.view.cursor_moved.connect(self._session.set_cursor)
            item.panel.cursor_moved.connect(self._session.set_cursor)
            self.shown.append(item)
            self._row.addWidget(item, 1)
        if self.shown:
            panel = self.shown[0].panel
            self.question.setText(panel.question or panel.title)
        self.wants_changed.emit()
        self.present(self._session.snapshot())

    # following

    def present(self, snapshot: Snapshot) -> None:
        run, history = snapshot.run, snapshot.history
        if run is not None:
            self.show_time(int(run.config["training"]["steps"]), history.last_step)
            self.what.setText(f"{run.title}, {run.corpus_summary}")
        for item in self.shown:
            item.present(snapshot, self._session.probe)
