"""The race's half of the main window: its page is made when it is first asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Slot

from seqviz.core.config import RunConfig
from seqviz.core.events import Notice
from seqviz.gui import theme
from seqviz.gui.keys import KeysList
from seqviz.gui.preset_list import PresetChoice, preset_choices, save_preset
from seqviz.gui.race.drafting import race_of
from seqviz.gui.race.race_presentation import RacePresentation
from seqviz.gui.race.session import RaceSession
from seqviz.gui.session import RunSession
from seqviz.gui.window_pages import WindowPages

if TYPE_CHECKING:
    from seqviz.gui.race.page import RacePage


class WindowRace(WindowPages):
    """Turns between the page of one model and that of the race."""

    race: RaceSession
    race_page: RacePage | None = None
    race_presentation: RacePresentation | None = None
    presets: list[PresetChoice]
    preset_name: str
    race_preset = ""
    keys: KeysList

    def choose_preset(self, name: str) -> None:
        raise NotImplementedError

    def show_notice(self, notice: Notice) -> None:
        raise NotImplementedError

    def open_menu_at(self, page: RacePage) -> None:
        raise NotImplementedError

    @property
    def racing(self) -> bool:
        """Whether the race page is shown, or the race is presented."""
        shown = self.pages.currentWidget()
        return self.race_page is not None and shown in (self.race_page, self.race_presentation)

    @property
    def presenting_race(self) -> bool:
        """Whether the race is presented."""
        return self.race_presentation is not None and self.pages.currentWidget() is self.race_presentation

    @property
    def on_stage(self) -> RunSession | RaceSession:
        """Whom play, step and reset mean."""
        return self.race if self.racing else self.session

    @Slot(str)
    def show_page(self, name: str) -> None:
        """Turn to a page of the top bar."""
        if name == "Race":
            self.show_race()
        else:
            self.show_one_model()

    @Slot()
    def show_one_model(self) -> None:
        """The page of one model; where there is none yet, the chosen racer by itself."""
        if not self.racing:
            return
        self.leave_presentation()
        self.pages.setCurrentIndex(0)
        if self.session.config is None and self.race.config is not None and self.race.config.racers:
            lanes = self.race.config.lanes()
            self.show_experiment(lanes[min(self.race.selected, len(lanes) - 1)])
        self.board.tell_wants()
        self.session.refresh()
        self.commands.follow_state()
        self.setFocus()

    @Slot()
    def show_race(self) -> None:
        """The race page; where there is no race yet, one of the present experiment against others."""
        if self.racing:
            return
        self.leave_presentation()
        page = self._race_page()
        self.pages.setCurrentWidget(page)
        if self.race.config is None:
            self.race_this()
        self.board.tell_wants()
        self.commands.follow_state()
        self.setFocus()

    @Slot()
    def race_this(self) -> None:
        """The present experiment's model against others, on its corpus and task."""
        if self.session.config is not None:
            self.prepare_race(race_of(self.session.config, self.session.parts))
            self.show_race()

    def prepare_race(self, config: RunConfig, preset_name: str = "") -> None:
        """Show the race page with this race, built at step 0."""
        self.race_preset = preset_name
        page = self._race_page()
        page.rail.show_presets(self.presets, preset_name)
        self.race.prepare(config)
        self.setWindowTitle(f"{config.title or 'Race'} - seqviz")
        self.show_race()

    def _race_page(self) -> RacePage:
        if self.race_page is None:
            from seqviz.gui.race.page import RacePage  # only now: the first paint need not wait for it

            page = self.race_page = RacePage(self.session, self.race)
            page.rail.show_presets(self.presets, self.race_preset)
            page.rail.preset_chosen.connect(self.choose_preset)
            page.rail.save_asked.connect(self.save_race)
            page.rail.refused.connect(self.show_refusal)
            page.centre.table.said.connect(self._say)
            page.centre.table.refused.connect(self.show_refusal)
            page.bar.name.page_chosen.connect(self.show_page)
            page.bar.play_clicked.connect(page.play_or_pause)
            page.bar.step_clicked.connect(lambda: self.race.step_on())
            page.bar.reset_clicked.connect(self.race.reset)
            page.bar.menu_clicked.connect(lambda: self.open_menu_at(page))
            self.pages.addWidget(page)
        return self.race_page

    @Slot()
    def toggle_presentation(self) -> None:
        """F11: the race, or the panels of one model, in large type; or back."""
        page = self.race_page
        if page is None or not self.racing:
            super().toggle_presentation()
        elif self.presenting_race:
            self.leave_presentation()
        elif self.race.racers:
            self._present_race(page)

    def _present_race(self, page: RacePage) -> None:
        if self.race_presentation is None:
            self.race_presentation = RacePresentation(self.race, page.centre)
            self.race_presentation.left.connect(self.leave_presentation)
            self.race_presentation.play_clicked.connect(page.play_or_pause)
            self.pages.addWidget(self.race_presentation)
        theme.set_presentation(True)
        self.pages.setCurrentWidget(self.race_presentation)
        self.race_presentation.begin()
        self.race_presentation.setFocus()

    @Slot()
    def leave_presentation(self) -> None:
        if self.race_page is None or self.race_presentation is None or not self.presenting_race:
            super().leave_presentation()
            return
        self.race_presentation.end()
        theme.set_presentation(False)
        self.pages.setCurrentWidget(self.race_page)
        self.setFocus()

    @Slot()
    def save_race(self) -> None:
        """Keep the race among the user's presets."""
        config = self.race.config
        if config is None:
            return
        try:
            path = save_preset(config, config.title or "race")
        except (OSError, ValueError) as error:
            self.show_notice(Notice("warning", f"the preset could not be saved: {error}"))
            return
        self.presets = preset_choices()
        if self.race_page is not None:
            self.race_page.rail.show_presets(self.presets, self.race_preset)
        self._say(f"saved as {path.name} among your presets")

    @Slot(str)
    def _say(self, text: str) -> None:
        self.show_notice(Notice("info", text))
