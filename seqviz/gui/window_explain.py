"""Who explains this character? The main window's half: from the strip, the keys and the palette, on either page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt, Slot
from PySide6.QtWidgets import QMenu, QWidget

from seqviz.core.events import Explained
from seqviz.gui.explain.explainer import Explainer
from seqviz.gui.explain.hosts import ModelHost
from seqviz.gui.sheet import Sheet
from seqviz.gui.widgets.text_strip import TextStrip
from seqviz.gui.widgets.token_names import token_name
from seqviz.gui.window_race import WindowRace

if TYPE_CHECKING:
    from seqviz.gui.race.page import RacePage

TOLD = (
    "The probe: the text through which every panel looks at the model. Double click to edit; "
    "Enter asks who explains the token at the cursor."
)


class WindowExplain(WindowRace):
    """`explainer` is that of one model; the race page has its own."""

    sheet: Sheet
    explainer: Explainer

    def _join_explainer(self) -> None:
        session, strip = self.session, self.sheet.strip
        self.explainer = explainer = Explainer(ModelHost(session, self.centre), self)
        strip.set_enter_asks(True)
        strip.setToolTip(TOLD)
        strip.token_asked.connect(explainer.ask)
        strip.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        strip.customContextMenuRequested.connect(self.show_strip_menu)
        session.explained.connect(self._take_explained)
        session.cursor_changed.connect(explainer.follow_cursor)
        session.snapshot_changed.connect(explainer.follow_step)
        session.state_changed.connect(self._follow_explained_state)
        session.run_started.connect(explainer.forget)
        session.probe_changed.connect(explainer.forget)
        self._hear(explainer)

    def _race_page(self) -> RacePage:
        made = self.race_page is None
        page = super()._race_page()
        if made:
            self._hear(page.explainer)
        return page

    def _hear(self, explainer: Explainer) -> None:
        explainer.refused.connect(self.show_refusal)
        explainer.said.connect(self._say)

    @property
    def explainer_now(self) -> Explainer:
        """That of the page shown."""
        return self.race_page.explainer if self.race_page is not None and self.racing else self.explainer

    @Slot()
    def explain(self) -> None:
        """Ask about the token at the cursor."""
        self.leave_presentation()
        self.explainer_now.ask_at_cursor()

    def says_refusal(self, text: str) -> bool:
        """Whether a refusal is the answer to what was asked, and is said there."""
        return self.explainer_now.refuse(text)

    def key_strip(self) -> QWidget | None:
        """The strip that hears the cursor keys wherever the focus is; None where there is none."""
        if self.race_page is not None and self.racing:
            return self.race_page.strip
        if self.explainer.view is not None and self.explainer.shown:
            return self.explainer.view.strip
        return self.sheet.strip if self.centre.currentIndex() == 0 else None

    @Slot(QPoint)
    def show_strip_menu(self, at: QPoint) -> QMenu:
        """The context menu of the one model's strip."""
        strip, menu = self.sheet.strip, QMenu(self)
        token = self._token_under(strip, at)
        if token is not None:
            label = f"Who explains “{token_name(strip.tokens[token])}”?"
            menu.addAction(label).triggered.connect(lambda _checked=False: self.explainer.ask(token))
        menu.addAction("Edit the probe").triggered.connect(lambda _checked=False: strip.edit())
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(strip.mapToGlobal(at))
        return menu

    @staticmethod
    def _token_under(strip: TextStrip, at: QPoint) -> int | None:
        token = strip.token_at(at.x())
        return token if token is not None and token < len(strip.tokens) else None

    @Slot(object)
    def _take_explained(self, explained: Explained) -> None:
        self.explainer.take(0, explained)

    @Slot(str)
    def _follow_explained_state(self, state: str) -> None:
        if state in ("paused", "finished"):
            self.explainer.follow_pause()
