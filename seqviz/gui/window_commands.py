"""The commands of the window: what the menu, the keys and the palette can do."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMenu

from seqviz.core.events import Notice
from seqviz.core.paths import log_file, runs_root
from seqviz.core.presets import to_toml
from seqviz.gui.actions import Command
from seqviz.gui.file_picker import pick_file
from seqviz.gui.knob_words import knob_label, value_words
from seqviz.gui.lab.rooms import ROOMS
from seqviz.gui.panel_frame import PanelFrame
from seqviz.gui.panel_menu import PanelMenu
from seqviz.gui.panels.base import panels
from seqviz.gui.preset_list import preset_choices, save_preset

if TYPE_CHECKING:
    from seqviz.gui.main_window import MainWindow

MENU_GROUPS = ("Run", "Experiment", "View", "Help")


class WindowCommands:
    """Made once per window. Names are stable: tests and the palette use them."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        self._session = window.session
        actions = window.actions_list
        for command in self._commands():
            window.addAction(actions.add(command))
        actions.add_source(self._panel_commands)
        actions.add_source(self._preset_commands)
        self._session.state_changed.connect(self.follow_state)
        self.follow_state()

    def _commands(self) -> Iterator[Command]:
        w, s = self._window, self._session
        yield Command("play", "Train or pause", self.play_or_pause, "Space", "Run")
        yield Command("step", "One step", self.step, ".", "Run")
        yield Command("reset", "From step 0 again, same seed", lambda: w.on_stage.reset(), "R", "Run")
        yield Command("sample", "Write a sample now", lambda: w.on_stage.sample_now(), "", "Run")
        yield Command("undo", "Undo the last knob change", self.undo, "Ctrl+Z", "Run")
        yield Command("save_preset", "Save the experiment as a preset", self.save_experiment, "Ctrl+S", "Experiment")
        yield Command("copy_preset", "Copy the experiment as TOML", self.copy_experiment, "", "Experiment")
        yield Command("open_preset", "Open a preset file ...", self.open_preset, "", "Experiment")
        yield Command("open_run", "Open a run folder ...", self.open_run, "Ctrl+O", "Experiment")
        yield Command("plugin", "Your own architecture (a Python file) ...", self.open_plugin, "", "Experiment")
        yield Command("own_text", "Your own text ...", w.show_own_text, "Ctrl+T", "Experiment")
        yield Command("catalogue", "Well-known texts ...", w.show_catalogue, "", "Experiment")
        yield Command("race_this", "Race this experiment against others", w.race_this, "", "Experiment")
        yield Command("one_model", "Page: one model", w.show_one_model, "Ctrl+1", "View")
        yield Command("race", "Page: race", w.show_race, "Ctrl+2", "View")
        yield Command("lab", "Page: gradient laboratory", w.show_lab, "Ctrl+3", "View")
        for number, room in enumerate(ROOMS, 1):
            yield Command(f"room_{room.name}", f"Lab: {room.title}", partial(w.show_room, room.name), f"Alt+{number}")
        yield Command("measure", "Lab: measure what is not watched (curvature)", w.measure, "M", "Run")
        yield Command("pair_play", "Original and twin: train or pause", w.play_pair, "T", "Run")
        yield Command("pair_step", "Original and twin: one step", w.step_pair, "Shift+T", "Run")
        yield Command("same_parameters", "Race: same parameters for all", w.race.solve_sizes, "", "Run")
        yield Command("edit_probe", "Edit the probe", self.edit_probe, "Ctrl+E", "View")
        yield Command("explain", "Who explains this character?", w.explain, "W", "View")
        yield Command("pin", "Pin or unpin the position as s", s.pin, "P", "View")
        yield Command("present", "Presentation", w.toggle_presentation, "F11", "View")
        yield Command("light", "Light", partial(w.choose_theme, "light"), "", "View")
        yield Command("dark", "Dark", partial(w.choose_theme, "dark"), "", "View")
        yield Command("system", "As the desktop", partial(w.choose_theme, "system"), "", "View")
        yield Command("default_panels", "Default panels", w.board.reset_layout, "", "View")
        yield Command("palette", "Find a command", self.open_palette, "Ctrl+Shift+P", "Help")
        yield Command("keys", "Keys", w.keys.toggle, "? or F1", "Help")
        yield Command("copy_log", "Copy the path of the log", self.copy_log_path, "", "Help")
        yield Command("close", "Close seqviz", w.close, "Ctrl+Q", "Help")

    def _panel_commands(self) -> Iterator[Command]:
        board = self._window.board
        for name, kind in panels.items():
            if name in board.names_open():
                yield Command(f"close_{name}", f"Close panel: {kind.title}", partial(board.close, name))
            else:
                yield Command(f"open_{name}", f"Open panel: {kind.title}", partial(board.open, name))

    def _preset_commands(self) -> Iterator[Command]:
        for choice in self._window.presets:
            yield Command(choice.name, f"Experiment: {choice.title}", partial(self._window.choose_preset, choice.name))

    def follow_state(self) -> None:
        """Only what can be done now is enabled."""
        state, actions = self._window.on_stage.state, self._window.actions_list
        ours = not self._outside
        actions["play"].setEnabled(state in ("paused", "running") or (ours and state == "finished"))
        actions["step"].setEnabled(state == "paused")
        actions["reset"].setEnabled(ours and state in ("paused", "running", "finished", "diverged", "failed"))
        actions["explain"].setEnabled(ours and state in ("paused", "running", "finished"))
        actions["sample"].setEnabled(ours and state in ("paused", "running", "finished"))

    @property
    def _outside(self) -> bool:
        """Whether what is shown is learnt in a script of its own: nothing can be asked of it but to stand still."""
        run = self._session.run
        return not self._window.racing and run is not None and run.outside

    # run

    def play_or_pause(self) -> None:
        """What Space does: train, pause, or train again when the run is over."""
        state = self._session.state
        if self._window.race_page is not None and self._window.racing:
            self._window.race_page.play_or_pause()
        elif state == "running":
            self._session.pause()
        elif state == "paused":
            self._session.play()
        elif state == "finished" and not self._outside:
            self._session.reset()
            self._session.play()

    def step(self) -> None:
        """One step of the model, or of every racer."""
        if self._window.racing:
            self._window.race.step_on()
        else:
            self._session.step()

    def edit_probe(self) -> None:
        if self._window.race_page is not None and self._window.racing:
            self._window.race_page.edit_probe()
        else:
            self._window.sheet.strip.edit()

    def undo(self) -> None:
        if self._window.racing:
            self._say("the race before the last change" if self._window.race.undo() else "there is nothing to undo")
            return
        edit = self._session.undo()
        if edit is None:
            self._say("there is nothing to undo")
        else:
            self._say(f"{knob_label(edit.key)} is {value_words(edit.old)} again")

    # experiments

    def save_experiment(self) -> None:
        if self._window.racing:
            self._window.save_race()
            return
        config = self._session.config
        if config is None:
            return
        try:
            path = save_preset(config, config.title or "experiment")
        except (OSError, ValueError) as error:
            self._refuse(f"the preset could not be saved: {error}")
            return
        self._window.presets = preset_choices()
        self._window.rail.show_presets(self._window.presets, self._window.preset_name)
        self._say(f"saved as {path.name} among your presets")

    def copy_experiment(self) -> None:
        config = self._window.on_stage.config
        if config is not None:
            QGuiApplication.clipboard().setText(to_toml(config))
            self._say("the experiment is on the clipboard, as TOML")

    def open_preset(self) -> None:
        pick_file(self._window, "Open a preset", "open", self._window.open_path, "Presets (*.toml)")

    def open_plugin(self) -> None:
        pick_file(self._window, "Your own architecture", "open", self._window.open_path, "Python files (*.py)")

    def open_run(self) -> None:
        dialog = pick_file(self._window, "Open a run folder", "folder", self._window.open_path)
        if runs_root().is_dir():
            dialog.setDirectory(str(runs_root()))

    # view

    def open_palette(self) -> None:
        self._window.palette_list.open_with(self._window.actions_list.commands_now())

    def copy_log_path(self) -> None:
        QGuiApplication.clipboard().setText(str(log_file()))
        self._say(f"the log is {log_file().name}; its path is on the clipboard")

    def show_menu(self, at: QPoint) -> QMenu:
        """The window's menu: commands by group, panels as a submenu."""
        menu, actions = QMenu(self._window), self._window.actions_list
        for group in MENU_GROUPS:
            if group == "View":
                self._add_panels(menu.addMenu("Panels"))
                sub = menu.addMenu("View")
                sub.addActions(actions.group(group))
                continue
            menu.addActions(actions.group(group))
            menu.addSeparator()
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(at)
        return menu

    def _add_panels(self, menu: QMenu) -> None:
        board = self._window.board
        for name, kind in panels.items():
            action = menu.addAction(kind.title)
            action.setCheckable(True)
            action.setChecked(name in board.names_open())
            act = board.close if name in board.names_open() else board.open
            action.triggered.connect(lambda _checked=False, a=act, n=name: a(n))

    def show_panel_menu(self, frame: PanelFrame, at: QPoint) -> QMenu:
        """The menu of one panel."""
        menu = PanelMenu(frame, self._window.board, self._refuse, self._window)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(at)
        return menu

    def _say(self, text: str) -> None:
        self._window.show_notice(Notice("info", text))

    def _refuse(self, text: str) -> None:
        self._window.show_notice(Notice("warning", text))
