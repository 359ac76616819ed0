"""The left rail of a race: preset, corpus, who races, and the settings of the racer that is chosen."""

from __future__ import annotations

from functools import partial
from typing import Any

from PySide6.QtCore import QPoint, Qt, Signal, Slot
from PySide6.QtWidgets import QMenu, QPushButton, QVBoxLayout, QWidget

from seqviz.core.config import MOST_RACERS, RunConfig
from seqviz.core.race_events import SizesSolved
from seqviz.gui import theme
from seqviz.gui.form_plan import part_named
from seqviz.gui.labels import Hairline, TextLabel
from seqviz.gui.preset_list import PresetChoice
from seqviz.gui.race import drafting
from seqviz.gui.race.racer_form import LEARNING_RATE, RacerForm, named_combo
from seqviz.gui.race.racer_list import Entry, RacerList
from seqviz.gui.race.session import RaceSession
from seqviz.gui.race.styles import styles_of
from seqviz.gui.rail import dot_icon
from seqviz.gui.row_stack import scrolled
from seqviz.gui.session import RunSession
from seqviz.gui.surfaces import Surface

WIDTH = 216


class RaceRail(Surface):
    """Choices go to the race; what needs more than a choice is asked for by a signal."""

    preset_chosen = Signal(str)
    corpus_asked = Signal(str)  # a corpus that needs a page of its own
    save_asked = Signal()
    refused = Signal(str)

    def __init__(self, session: RunSession, race: RaceSession, parent: QWidget | None = None) -> None:
        super().__init__("rail", "right", parent)
        self._session, self._race = session, race
        self.preset, self.corpus = named_combo("preset"), named_combo("corpus")
        self.summary = TextLabel("", 11, "ink2", wrap=True)
        self.racers = RacerList()
        self.add = QPushButton("Add a racer")
        self.same = QPushButton("Same parameters")
        self.save = QPushButton("Save as preset")
        self.sizes = TextLabel("", 11, "ink2", wrap=True)
        self.form = RacerForm()
        self.watch_title = TextLabel("Watch for", 11, bold=True)
        self.watch_for = TextLabel("", 11, "ink2", wrap=True)
        self._build()
        self._connect()

    def _build(self) -> None:
        inner = QWidget()
        box = self._inner = QVBoxLayout(inner)
        box.setSpacing(theme.px(4))
        for title, combo in (("Preset", self.preset), ("Corpus", self.corpus)):
            box.addWidget(TextLabel(title, 11, "ink2"))
            box.addWidget(combo)
        box.addWidget(self.summary)
        box.addSpacing(theme.px(4))
        box.addWidget(TextLabel("Racers", 13, bold=True))
        self.same.setToolTip("Find widths that give all about as many parameters as the chosen racer has.")
        for widget in (self.racers, self.add, self.same, self.sizes):
            box.addWidget(widget)
        box.addSpacing(theme.px(4))
        box.addWidget(Hairline())
        for part in (self.form, self.save, Hairline(), self.watch_title, self.watch_for):
            box.addWidget(part)
        box.addStretch(1)
        self.sizes.hide()
        for button in (self.add, self.same, self.save):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 1, 0)
        outer.addWidget(scrolled(inner))
        self._measure()

    def _connect(self) -> None:
        self.preset.activated.connect(lambda index: self.preset_chosen.emit(self.preset.itemData(index)))
        self.corpus.activated.connect(self._choose_corpus)
        self.form.architecture_chosen.connect(self._choose_architecture)
        self.form.knobs_changed.connect(self._apply_knobs)
        self.form.renamed.connect(self._rename)
        self.racers.chosen.connect(self._race.select)
        self.racers.removed.connect(self._remove)
        self.add.clicked.connect(self.show_add_menu)
        self.same.clicked.connect(self._race.solve_sizes)
        self.save.clicked.connect(self.save_asked)
        race, session = self._race, self._session
        race.config_changed.connect(self.follow)
        race.race_started.connect(self.follow)
        race.selected_changed.connect(self.follow)
        race.sizes_solved.connect(self._say_sizes)
        session.ready.connect(self.follow)

    def _measure(self) -> None:
        self.setFixedWidth(theme.px(WIDTH))
        self._inner.setContentsMargins(theme.px(16), theme.px(12), theme.px(14), theme.px(10))

    def stop(self) -> None:
        self.form.stop()

    # following

    def show_presets(self, presets: list[PresetChoice], chosen: str) -> None:
        """Races first, then the experiments with one model."""
        self.preset.clear()
        for choice in sorted(presets, key=lambda choice: not choice.racers):
            self.preset.addItem(choice.title, choice.name)
            self.preset.setItemData(self.preset.count() - 1, choice.description, Qt.ItemDataRole.ToolTipRole)
        self.preset.setPlaceholderText("your own")
        self.preset.setCurrentIndex(self.preset.findData(chosen))

    @Slot()
    def follow(self) -> None:
        """Show the race as it is now, or as it is being built."""
        config = self._race.config
        if config is None or not config.racers:
            return
        number = min(self._race.selected, len(config.racers) - 1)
        self._show_racers(config, number)
        self._show_corpus(config)
        self.form.show_racer(config, number, self.racers.entries[number].label, self._session.parts)
        ready = self._session.parts is not None
        self.add.setEnabled(ready and len(config.racers) < MOST_RACERS)
        self.same.setEnabled(ready and self._race.state != "preparing")
        if self._race.racers:
            self.summary.setText(self._race.racers[0].run.corpus_summary)
        for widget in (self.watch_title, self.watch_for):
            widget.setVisible(bool(config.watch_for))
        self.watch_for.setText(config.watch_for)

    def _show_racers(self, config: RunConfig, number: int) -> None:
        parts = [part_named(self._session.parts, "model", racer.model.name) for racer in config.racers]
        families = [p.family if p is not None else r.model.name for p, r in zip(parts, config.racers, strict=True)]
        names = [racer.model.name for racer in config.racers]
        styles = styles_of(list(zip(families, names, strict=True)))
        built = [racer.run for racer in self._race.racers] if self._race.state != "preparing" else []
        entries = []
        for at, (racer, part, style) in enumerate(zip(config.racers, parts, styles, strict=True)):
            title = part.title if part is not None else racer.model.name
            count = sum(n for _, n in built[at].parameters) if at < len(built) else 0
            size = f"{theme.thousands(count)} parameters" if count else ""
            label = self._race.racers[at].label if at < len(built) else racer.label or title
            entries.append(Entry(label, size or (title if label != title else ""), style, title))
        self.racers.show_entries(entries, number, len(entries) > drafting.FEWEST)

    def _show_corpus(self, config: RunConfig) -> None:
        ready = self._session.parts
        parts = [] if ready is None else [part for part in ready.parts if part.kind == "corpus"]
        self.corpus.clear()
        for part in parts:
            self.corpus.addItem(part.title, part.name)
            self.corpus.setItemData(self.corpus.count() - 1, part.summary, Qt.ItemDataRole.ToolTipRole)
        if self.corpus.findData(config.corpus.name) < 0:
            self.corpus.addItem(config.corpus.name.replace("_", " "), config.corpus.name)
        self.corpus.setCurrentIndex(self.corpus.findData(config.corpus.name))
        self.corpus.setEnabled(bool(parts))

    # choosing

    def _change(self, config: RunConfig) -> None:
        self.preset.setCurrentIndex(-1)
        _say(self.sizes, "")
        self._race.prepare(config, undoable=True)

    @Slot()
    def show_add_menu(self) -> QMenu:
        """Every architecture; those that cannot race here say why."""
        menu, config = QMenu(self), self._race.config
        task = "" if config is None else config.task.name
        menu.setToolTipsVisible(True)
        for part, reason in drafting.reasons(self._session.parts, task):
            action = menu.addAction(dot_icon(theme.family_colour(part.family)), part.title)
            action.setToolTip(reason or part.summary)
            action.setEnabled(not reason)
            action.triggered.connect(partial(self.add_racer, part.name))
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(self.add.mapToGlobal(QPoint(0, self.add.height())))
        return menu

    def add_racer(self, name: str, _checked: bool = False) -> None:
        part, config = part_named(self._session.parts, "model", name), self._race.config
        if part is None or config is None:
            return
        try:
            wider = drafting.with_racer(config, part)
        except ValueError as error:
            self.refused.emit(str(error))
            return
        self._race.select_next(len(wider.racers) - 1)
        self._change(wider)

    @Slot(int)
    def _remove(self, number: int) -> None:
        config = self._race.config
        if config is not None:
            try:
                self._change(drafting.without_racer(config, number))
            except ValueError as error:
                self.refused.emit(str(error))

    @Slot(str)
    def _choose_architecture(self, name: str) -> None:
        part = part_named(self._session.parts, "model", name)
        config, number = self._race.config, self._race.selected
        if part is not None and config is not None and name != config.racers[number].model.name:
            self._change(drafting.with_model(config, number, part))

    @Slot(int)
    def _choose_corpus(self, index: int) -> None:
        part = part_named(self._session.parts, "corpus", self.corpus.itemData(index))
        config = self._race.config
        if part is None or config is None or part.name == config.corpus.name:
            return
        try:
            self._change(drafting.with_corpus(config, part, self._session.parts))
        except ValueError as error:
            self.refused.emit(str(error))
            self.follow()

    @Slot(str)
    def _rename(self, text: str) -> None:
        config, number = self._race.config, self._race.selected
        if config is not None and number < len(self.racers.entries):
            self._race.rename(number, drafting.free_label(config, text, number))

    @Slot(object)
    def _apply_knobs(self, changes: dict[str, Any]) -> None:
        config, number = self._race.config, self._race.selected
        if config is None:
            return
        rate = changes.get(LEARNING_RATE)
        knobs = {key.removeprefix("model."): value for key, value in changes.items() if key != LEARNING_RATE}
        if knobs:
            config = drafting.with_knobs(config, number, knobs)
        if rate is not None:
            config = drafting.with_changed(config, number, learning_rate=float(rate))
        self._change(config)

    @Slot(object)
    def _say_sizes(self, event: SizesSolved) -> None:
        pairs = zip(self.racers.entries, event.before, event.after, strict=False)
        lines = [f"{e.label}: {theme.short(a)} → {theme.short(b)}" for e, a, b in pairs if a != b]
        _say(self.sizes, "\n".join(lines) or "They are as near as can be.")

    def on_theme_changed(self) -> None:
        super().on_theme_changed()
        self._measure()
        self.follow()


def _say(label: TextLabel, text: str) -> None:
    label.setText(text)
    label.setVisible(bool(text))
