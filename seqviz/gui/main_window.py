"""The window: bars, rail, sheet, time column and card, joined to the session."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, QEvent, Qt, QTimer, Signal, Slot
from PySide6.QtGui import (
    QCloseEvent,
    QKeyEvent,
    QPaintEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from seqviz.core.config import RunConfig
from seqviz.core.events import Notice, RunStarted
from seqviz.gui import theme
from seqviz.gui.actions import Actions
from seqviz.gui.centre import Centre
from seqviz.gui.command_palette import CommandPalette
from seqviz.gui.first_start import OWN_TEXT, FirstStart
from seqviz.gui.keys import KeysList
from seqviz.gui.knob_words import in_words
from seqviz.gui.layout_store import LayoutStore
from seqviz.gui.looking_card import LookingCard
from seqviz.gui.middle import Middle
from seqviz.gui.notices import NoticeStack
from seqviz.gui.panel_board import PanelBoard
from seqviz.gui.panels.base import Snapshot
from seqviz.gui.preset_list import PresetChoice, load_preset, preset_choices
from seqviz.gui.race.session import RaceSession
from seqviz.gui.rail import Rail
from seqviz.gui.runs_list import ListRuns
from seqviz.gui.session import RunSession
from seqviz.gui.sheet import Sheet
from seqviz.gui.status_bar import StatusBar
from seqviz.gui.time_column import TimeColumn
from seqviz.gui.top_bar import TopBar
from seqviz.gui.widgets.text_strip import ENTER
from seqviz.gui.window_commands import WindowCommands
from seqviz.gui.window_lab import WindowLab

if TYPE_CHECKING:
    from seqviz.gui.race.page import RacePage

CURSOR_KEYS = (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Home, Qt.Key.Key_End)


class MainWindow(WindowLab):
    """One model, or a race. The first paint starts the session; `closed` comes when the trainer's thread has ended."""

    closed = Signal()
    painted_first = Signal()

    def __init__(self, session: RunSession, store: LayoutStore, list_runs: ListRuns | None = None) -> None:
        super().__init__("window")
        self.session, self.store = session, store
        session.setParent(self)
        self.race = RaceSession(session)
        self._list_runs = list_runs
        self._painted = self._closed = False
        self.presets: list[PresetChoice] = preset_choices()
        self.preset_name = ""
        self.setWindowTitle("seqviz")
        self.resize(1600, 1000)
        self.setMinimumSize(760, 520)
        self.top = TopBar(session)
        self.rail = Rail(session)
        self.sheet, self.column = Sheet(), TimeColumn()
        self.centre = Centre(self.sheet, self.column)
        self.card = LookingCard(session)
        self.middle = Middle(self.rail, self.centre, self.card)
        self.status = StatusBar(session)
        self.board = PanelBoard(session, self.sheet, self.column, store)
        self.actions_list = Actions(self)
        self.pages = QStackedWidget()
        self._assemble()
        self.notices = NoticeStack(self)
        self.palette_list = CommandPalette(self)
        self.keys = KeysList(self)
        self.first = FirstStart(self.presets)
        self.sheet.set_cover(self.first)
        self._join_explainer()
        self._join_lab()
        self.commands = WindowCommands(self)
        self.setAcceptDrops(True)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setFocus()
        self._connect()
        self._restore()

    def _assemble(self) -> None:
        page = QWidget()
        box = QVBoxLayout(page)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        for widget, stretch in ((self.top, 0), (self.middle, 1), (self.status, 0)):
            box.addWidget(widget, stretch)
        self.pages.addWidget(page)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self.pages)

    def _connect(self) -> None:
        session, board = self.session, self.board
        session.snapshot_changed.connect(self._present)
        session.run_started.connect(self._take_run)
        session.config_changed.connect(self._take_config)
        session.notice.connect(self.show_notice)
        session.rejected.connect(self.show_refusal)
        session.probe_changed.connect(self._take_probe)
        self.sheet.cursor_moved.connect(session.set_cursor)
        self.sheet.probe_edited.connect(session.set_probe)
        board.pointed.connect(self.card.look_at)
        self.card.rest_on(self.sheet.first_told)
        board.switch_asked.connect(self.rail.switch_architecture)
        self.centre.page_changed.connect(board.tell_wants)
        self.middle.folded.connect(self.top.fold)
        self.top.card_clicked.connect(self.middle.toggle_card)
        self.top.rail_clicked.connect(self.middle.toggle_rail)
        self.rail.refused.connect(self.show_refusal)
        self.rail.preset_chosen.connect(self.choose_preset)
        self.rail.run_opened.connect(lambda folder: self.session.open_run(Path(folder)))
        self.notices.changed.connect(self._place_notices)
        self.rail.own_text_asked.connect(self.show_own_text)
        self.rail.catalogue_asked.connect(self.show_catalogue)
        self.card.pin_clicked.connect(session.pin)
        self.card.copy_clicked.connect(self._copy_card)
        self.first.chosen.connect(self._choose_first)
        board.menu_asked.connect(self.commands.show_panel_menu)
        self.race.notice.connect(self.show_notice)
        self.race.rejected.connect(self.show_refusal)
        self.race.state_changed.connect(self.commands.follow_state)
        top, commands = self.top, self.commands
        top.name.page_chosen.connect(self.show_page)
        top.play_clicked.connect(commands.play_or_pause)
        top.step_clicked.connect(lambda: session.step())
        top.reset_clicked.connect(session.reset)
        top.menu_clicked.connect(self._open_menu)

    # experiments

    def show_experiment(self, config: RunConfig, preset_name: str = "") -> None:
        """Prepare an experiment; the rail shows it at once, the views once it is built. A race goes to its page."""
        if config.racers:
            self.prepare_race(config, preset_name)
            return
        if self.racing:
            self.leave_presentation()
            self.pages.setCurrentIndex(0)
        self.preset_name = preset_name
        self.rail.show_presets(self.presets, preset_name)
        self.rail.follow_config(config)
        self.sheet.show_run(None, config.probe)
        self.session.choose(config)
        self.card.refresh()

    @Slot(str)
    def choose_preset(self, name: str) -> None:
        try:
            config = load_preset(self.presets, name)
        except ValueError as error:
            self.show_refusal(str(error))
            self.rail.show_presets(self.presets, self.preset_name)
            return
        self.show_experiment(config, name)

    @Slot(object)
    def _take_run(self, run: RunStarted) -> None:
        config = self.session.config
        self.setWindowTitle(f"{run.title} - seqviz")
        # a filter has nothing to learn, a script learns by itself: they can be looked at right away
        if run.step or run.outside or not run.parameters:
            self.sheet.set_cover(None)
        self.board.show_run(run, config.probe if config is not None else "")
        self.card.refresh()

    @Slot(object)
    def _take_config(self, config: object) -> None:
        self.preset_name = self.rail.preset.currentData() or ""  # none where text or architecture were changed since
        self.first.show_current(self.preset_name)

    @Slot(object)
    def _take_probe(self, event: object) -> None:
        notice = getattr(event, "notice", "")
        if notice:
            self.show_notice(Notice("info", notice))

    @Slot(object)
    def _present(self, snapshot: Snapshot) -> None:
        if self.presentation is not None and self.presenting:
            self.presentation.present(snapshot)
        elif not self.racing and self.centre.currentIndex() == 0:
            self.board.present(snapshot, self.session.probe)
        if snapshot.history.last_step and self.sheet.cover is not None:
            self.sheet.set_cover(None)
            self.board.tell_wants()
            self.board.present(snapshot, self.session.probe)  # to the panel that stood under the cover

    @Slot(str)
    def _choose_first(self, name: str) -> None:
        if name == OWN_TEXT:
            self.show_own_text()
        else:
            self.choose_preset(name)

    def open_menu_at(self, page: RacePage) -> None:
        """The menu of the window, at the race page's button."""
        button = page.bar.menu
        self.commands.show_menu(button.mapToGlobal(button.rect().bottomLeft()))

    def choose_theme(self, name: str) -> None:
        theme.set_theme(name)

    # notices

    @Slot(object)
    def show_notice(self, notice: Notice) -> None:
        self.notices.add(replace(notice, text=in_words(notice.text, self.session.parts)))
        self._place_notices()

    @Slot(str)
    def show_refusal(self, text: str) -> None:
        if self.says_refusal(text):
            return
        self.rail.show_error(text)
        if self.own_text is None or not self.own_text.says(text):
            self.show_notice(Notice("warning", text))

    @Slot()
    def _place_notices(self) -> None:
        width = min(theme.px(620), self.width() - 40)
        self.notices.fit(width)
        self.notices.move((self.width() - width) // 2, self.height() - self.notices.height() - theme.px(40))
        self.notices.raise_()

    # life

    def after_first_paint(self, act: Callable[[], None]) -> None:
        """Run `act` once the window is on screen (heavy imports, the trainer's thread)."""
        if self._painted:
            act()
        else:
            self.painted_first.connect(act)

    @Slot()
    def _begin(self) -> None:
        if self._closed:
            return  # closed before its first paint was over
        self.session.start()
        self.painted_first.emit()
        if self._list_runs is not None:
            self.rail.runs.show_earlier(self._list_runs())

    def _restore(self) -> None:
        kept = self.store.load_window().get("geometry")
        if isinstance(kept, str):
            self.restoreGeometry(QByteArray.fromBase64(kept.encode("ascii", "ignore")))

    def _keep(self) -> None:
        geometry = bytes(self.saveGeometry().toBase64().data()).decode("ascii")
        self.store.save_window({"geometry": geometry, "theme": theme.wanted_theme()})

    # Qt overrides

    def resizeEvent(self, event: QResizeEvent) -> None:
        theme.set_window_width(self.width())
        super().resizeEvent(event)
        self._place_notices()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.WindowStateChange:
            self.board.tell_wants()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        strip = self.key_strip()
        if event.key() in (*CURSOR_KEYS, *ENTER) and strip is not None:
            strip.keyPressEvent(event)
        elif event.key() == Qt.Key.Key_Escape and self.explainer_now.shown:
            self.explainer_now.close()
        elif not self.pass_key(event):
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._painted:
            self._painted = True
            QTimer.singleShot(0, self._begin)

    def closeEvent(self, event: QCloseEvent) -> None:
        self._closed = True
        self._keep()
        self.board.close_floats()
        self.leave_presentation()
        for part in (self.status, self.card, self.rail.form, self.own_text, self.race_page):
            if part is not None:
                part.stop()
        self.notices.clear()
        self.session.stop()
        event.accept()
        self.closed.emit()
