"""What may stand in the place of the views: one's own text, the catalogue, the presentation; and what is dropped."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Slot
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication
from PySide6.QtWidgets import QStackedWidget

from seqviz.core.config import RunConfig
from seqviz.core.events import Notice
from seqviz.core.presets import read_preset
from seqviz.gui import theme
from seqviz.gui.catalogue_page import CataloguePage, catalogue_entries
from seqviz.gui.centre import Centre
from seqviz.gui.looking_card import LookingCard
from seqviz.gui.own_text import OwnTextPage
from seqviz.gui.panel_board import PanelBoard
from seqviz.gui.plugin_page import PluginPage
from seqviz.gui.presentation import Presentation
from seqviz.gui.session import RunSession
from seqviz.gui.surfaces import Surface
from seqviz.gui.top_bar import TopBar
from seqviz.gui.window_commands import WindowCommands

NOTHING_TO_PRESENT = "No panel is open that could be presented."


class WindowPages(Surface):
    """The pages' half of the main window; each page is made when it is first asked for."""

    session: RunSession
    board: PanelBoard
    centre: Centre
    card: LookingCard
    pages: QStackedWidget
    top: TopBar
    commands: WindowCommands
    own_text: OwnTextPage | None = None
    catalogue: CataloguePage | None = None
    plugin_page: PluginPage | None = None
    presentation: Presentation | None = None

    def show_experiment(self, config: RunConfig, preset_name: str = "") -> None:
        raise NotImplementedError

    def show_refusal(self, text: str) -> None:
        raise NotImplementedError

    def show_notice(self, notice: Notice) -> None:
        raise NotImplementedError

    def show_view(self, panel: str) -> None:
        raise NotImplementedError

    @property
    def presenting(self) -> bool:
        """Whether the presentation is shown."""
        return self.presentation is not None and self.pages.currentWidget() is self.presentation

    def open_path(self, path: Path) -> None:
        """What a dropped or picked path means: a run folder, a preset, an architecture, or a text to train on."""
        if path.is_dir():
            self.session.open_run(path)
        elif path.suffix.lower() == ".toml":
            self._open_preset_file(path)
        elif path.suffix.lower() == ".py" and path.is_file():
            self.show_plugin(path)
        else:
            self.show_own_text()
            assert self.own_text is not None
            self.own_text.take_file(path)

    def show_plugin(self, path: Path) -> None:
        """Show a user's Python file, which is run only when that is asked for."""
        if self.plugin_page is None:
            self.plugin_page = PluginPage(self.session)
            self.plugin_page.left.connect(self._show_views)
            self.plugin_page.loaded.connect(lambda words: self.show_notice(Notice("info", words)))
        self.plugin_page.show_file(path)
        self.leave_presentation()
        self.centre.show_page(self.plugin_page)

    def _open_preset_file(self, path: Path) -> None:
        try:
            config = read_preset(path)
        except ValueError as error:
            self.show_refusal(str(error))
            return
        self.show_experiment(config, "")

    @Slot()
    def show_own_text(self) -> None:
        if self.own_text is None:
            self.own_text = OwnTextPage(self.session)
            self.own_text.left.connect(self._show_views)
            self.own_text.refused.connect(self.show_refusal)
        self.leave_presentation()
        self.centre.show_page(self.own_text)

    @Slot()
    def show_catalogue(self) -> None:
        if self.catalogue is None:
            self.catalogue = CataloguePage(self.session, catalogue_entries())
            self.catalogue.left.connect(self._show_views)
            self.catalogue.refused.connect(self.show_refusal)
        self.catalogue.refresh()
        self.leave_presentation()
        self.centre.show_page(self.catalogue)

    @Slot()
    def _show_views(self) -> None:
        self.centre.show_page(None)
        self.session.refresh()

    @Slot()
    def toggle_presentation(self) -> None:
        """F11: one question in large type, or back."""
        if self.presenting:
            self.leave_presentation()
            return
        names = [f.name for f in self.board.frames() if f.panel.isVisibleTo(self) and not f.panel.fixed_height]
        if not names:
            self.show_notice(Notice("info", NOTHING_TO_PRESENT))
            return
        if self.presentation is None:
            self.presentation = Presentation(self.session)
            self.presentation.left.connect(self.leave_presentation)
            self.presentation.play_clicked.connect(self.commands.play_or_pause)
            self.presentation.wants_changed.connect(self._watch_presentation)
            self.presentation.view_asked.connect(self._leave_for)
            self.pages.addWidget(self.presentation)
        theme.set_presentation(True)
        self.pages.setCurrentWidget(self.presentation)
        looked_at = self.card.frame_name
        self.presentation.begin(names, looked_at if looked_at in names else names[0])
        self.presentation.setFocus()

    @Slot()
    def _watch_presentation(self) -> None:
        self.board.presented = self.presentation.panels_now() if self.presentation is not None else []
        self.board.tell_wants()

    @Slot(str)
    def _leave_for(self, panel: str) -> None:
        """A presented panel leads to one that is not on this page."""
        self.leave_presentation()
        self.show_view(panel)

    @Slot()
    def leave_presentation(self) -> None:
        if self.presentation is None or not self.presenting:
            return
        self.presentation.end()
        theme.set_presentation(False)
        self.pages.setCurrentIndex(0)
        self._watch_presentation()
        self.session.refresh()
        self.setFocus()

    @Slot()
    def _open_menu(self) -> None:
        corner = self.top.menu.mapToGlobal(self.top.menu.rect().bottomLeft())
        self.commands.show_menu(corner)

    @Slot()
    def _copy_card(self) -> None:
        QGuiApplication.clipboard().setText(self.card.as_text())

    # Qt overrides

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if any(url.isLocalFile() for url in event.mimeData().urls()) or event.mimeData().hasText():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        event.acceptProposedAction()
        urls = [url for url in event.mimeData().urls() if url.isLocalFile()]
        if urls:
            self.open_path(Path(urls[0].toLocalFile()))
        elif event.mimeData().hasText():
            self.show_own_text()
            assert self.own_text is not None
            self.own_text.take_text(event.mimeData().text())
