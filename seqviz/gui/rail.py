"""The left rail: preset, architecture, corpus, knobs, size, and the runs of late."""

from __future__ import annotations

from PySide6.QtCore import QRect, Qt, Signal, Slot
from PySide6.QtGui import QColor, QIcon, QPainter, QPaintEvent, QPalette, QPixmap
from PySide6.QtWidgets import (
    QComboBox,
    QStyle,
    QStyleOptionComboBox,
    QStylePainter,
    QVBoxLayout,
    QWidget,
)

from seqviz.core.config import RunConfig
from seqviz.core.events import PartDescription, RunStarted
from seqviz.gui import theme
from seqviz.gui.config_form import ConfigForm
from seqviz.gui.experiment import architecture_changes, corpus_changes
from seqviz.gui.form_plan import part_named
from seqviz.gui.groups import add_heading, disable, family_title, grouped, names_family, plain_first, preset_group
from seqviz.gui.labels import TextLabel
from seqviz.gui.preset_list import PresetChoice
from seqviz.gui.row_stack import scrolled
from seqviz.gui.runs_list import RunsList
from seqviz.gui.session import RunSession
from seqviz.gui.size_box import SizeBox
from seqviz.gui.surfaces import Surface

WIDTH = 216
WIDEST = 380  # of a list that opens


class Rail(Surface):
    """Choices go to the session; what needs more than a choice (own text) is asked for by a signal."""

    preset_chosen = Signal(str)  # name of a preset
    run_opened = Signal(str)  # folder
    own_text_asked = Signal()
    catalogue_asked = Signal()
    refused = Signal(str)  # one line: why nothing was changed

    def __init__(self, session: RunSession, parent: QWidget | None = None) -> None:
        super().__init__("rail", "right", parent)
        self._session = session
        self._presets: dict[str, PresetChoice] = {}
        self.preset = _combo("preset")
        self.preset.shows_icon = False  # the architecture below has it
        self.architecture = _combo("architecture")
        self.corpus = _combo("corpus")
        self.corpus_summary = TextLabel("", 11, "ink2", wrap=True)
        self._script = TextLabel("", 13, "ink", wrap=True)
        self._labels: dict[QWidget, QWidget] = {}
        self.form = ConfigForm()
        self.size_box = SizeBox()
        self.runs = RunsList(session)
        self._build()
        self.preset.activated.connect(self._choose_preset)
        self.architecture.activated.connect(self._choose_architecture)
        self.corpus.activated.connect(self._choose_corpus)
        self.form.live_edited.connect(session.set_knob)
        self.form.rebuild_asked.connect(self._rebuild)
        self.runs.opened.connect(self.run_opened)
        session.ready.connect(self.follow_parts)
        session.config_changed.connect(self.follow_config)
        session.run_started.connect(self.follow_run)
        session.knob_changed.connect(self.form.mark_change)

    def _build(self) -> None:
        inner = QWidget()
        self._inner = QVBoxLayout(inner)
        self._inner.setSpacing(theme.px(4))
        self._script.hide()
        self._inner.addWidget(self._script)
        for title, combo in (("Preset", self.preset), ("Architecture", self.architecture), ("Corpus", self.corpus)):
            self._labels[combo] = TextLabel(title, 11, "ink2")
            self._inner.addWidget(self._labels[combo])
            self._inner.addWidget(combo)
            self._inner.addSpacing(theme.px(4) if combo is not self.corpus else 0)
        for widget in (self.corpus_summary, self.form, self.size_box):
            self._inner.addWidget(widget)
            self._inner.addSpacing(theme.px(6))
        self._inner.addStretch(1)
        self._inner.addWidget(self.runs)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 1, 0)
        box.addWidget(scrolled(inner))
        self._measure()

    def _measure(self) -> None:
        self.setFixedWidth(theme.px(WIDTH))
        self._inner.setContentsMargins(theme.px(16), theme.px(12), theme.px(14), theme.px(10))

    # filling

    def show_presets(self, presets: list[PresetChoice], chosen: str) -> None:
        """Names and titles of the presets there are."""
        self.preset.clear()
        for heading, members in grouped(presets, preset_group):
            add_heading(self.preset, heading)
            for choice in sorted(members, key=plain_first):
                self.preset.addItem(dot_icon(theme.family_colour(choice.model)), choice.title, choice.name)
                self.preset.setItemData(self.preset.count() - 1, choice.description, Qt.ItemDataRole.ToolTipRole)
        self._presets = {choice.name: choice for choice in presets}
        self.preset.setPlaceholderText("your own")
        self.preset.setCurrentIndex(self.preset.findData(chosen))

    @Slot()
    def follow_parts(self) -> None:
        if self._session.config is not None:
            self.follow_config(self._session.config)

    @Slot(object)
    def follow_config(self, config: RunConfig | None) -> None:
        """Show an experiment as it is now."""
        if config is None:
            return
        ready = self._session.parts
        self._fill_architectures(config)
        _fill(self.corpus, self._parts("corpus"), config.corpus.name)
        self.form.show_config(config, ready)
        chosen = self._presets.get(self.preset.currentData() or "")
        if chosen is not None and (chosen.model, chosen.corpus) != (config.model.name, config.corpus.name):
            self.preset.setCurrentIndex(-1)  # it is no longer that experiment

    def _fill_architectures(self, config: RunConfig) -> None:
        """By family; what cannot do this task comes last and opens an experiment of its own."""
        combo, models = self.architecture, self._parts("model")
        combo.clear()
        for heading, members in grouped(models, lambda part: family_title(part.family)):
            add_heading(combo, heading)
            for part in sorted(members, key=lambda p: (not _serves(p, config), not names_family(p.name))):
                self._add_architecture(part, config)
        _choose(combo, config.model.name, bool(models))

    def _add_architecture(self, part: PartDescription, config: RunConfig) -> None:
        combo, own = self.architecture, None if _serves(part, config) else self._own_preset(part.name)
        words = part.summary if own is None else f"{part.summary}\nAnother task: opens the preset “{own.title}”."
        combo.addItem(dot_icon(theme.family_colour(part.family)), part.title, part.name)
        row = combo.count() - 1
        if not _serves(part, config):
            combo.setItemData(row, theme.theme().ink3, Qt.ItemDataRole.ForegroundRole)
            combo.setItemText(row, f"{part.title} …")
            if own is None:
                words = f"{part.summary}\nIt does another task than this experiment's."
                disable(combo, row)
        combo.setItemData(row, words, Qt.ItemDataRole.ToolTipRole)

    def _own_preset(self, model: str) -> PresetChoice | None:
        """The first experiment with one model of this architecture; the published ones last."""
        own = [p for p in self._presets.values() if p.model == model and not p.racers]
        return min(own, key=lambda preset: preset.name.startswith("figures/"), default=None)

    @Slot(object)
    def follow_run(self, run: RunStarted) -> None:
        self._show_outside(run)
        self.size_box.show_run(run)
        self.form.forget_changes()
        self.corpus_summary.setText(run.corpus_summary)

    def _show_outside(self, run: RunStarted) -> None:
        """Of a model that learns in a script of its own nothing can be chosen here: the rail says what it is."""
        alone = not self._parts("model")  # this window belongs to the script: it opens nothing else
        for combo, label in self._labels.items():
            for widget in (combo, label):
                widget.setVisible(not run.outside or (combo is self.preset and not alone))
        self.form.setVisible(not run.outside)
        if run.outside and alone:
            self.runs.hide()
        self._script.setVisible(run.outside)
        self._script.setText(f"{run.title}, in a script of its own")

    def show_error(self, text: str) -> bool:
        """A rejected value, under its own row; False when it belongs to none."""
        return self.form.show_error(text)

    def _parts(self, kind: str) -> list[PartDescription]:
        ready = self._session.parts
        return [] if ready is None else [part for part in ready.parts if part.kind == kind]

    # choosing

    @Slot(int)
    def _choose_preset(self, index: int) -> None:
        self.preset_chosen.emit(self.preset.itemData(index))

    @Slot(int)
    def _choose_architecture(self, index: int) -> None:
        config, name = self._session.config, self.architecture.itemData(index)
        part = part_named(self._session.parts, "model", name)
        if config is None or part is None or _serves(part, config):
            self.switch_architecture(name)
            return
        own = self._own_preset(name)
        self.follow_config(config)
        if own is not None:
            self.preset_chosen.emit(own.name)

    @Slot(str)
    def switch_architecture(self, name: str) -> None:
        """Another architecture on the same text; settings that both have are kept."""
        config, part = self._session.config, part_named(self._session.parts, "model", name)
        if config is not None and part is not None and name != config.model.name:
            self._rebuild(architecture_changes(config, part, self._session.parts))

    @Slot(int)
    def _choose_corpus(self, index: int) -> None:
        name = self.corpus.itemData(index)
        config, ready = self._session.config, self._session.parts
        part = part_named(ready, "corpus", name)
        if config is None or ready is None or part is None or name == config.corpus.name:
            return
        keys = {knob.key for knob in part.knobs}
        if "corpus.entry" in keys:
            self.follow_config(config)
            self.catalogue_asked.emit()
        elif "corpus.path" in keys:
            self.follow_config(config)
            self.own_text_asked.emit()
        else:
            self._rebuild(corpus_changes(config, part, ready))

    @Slot(object)
    def _rebuild(self, changes: dict[str, object]) -> None:
        try:
            self._session.rebuild_with(changes)
        except ValueError as error:
            self.follow_config(self._session.config)
            if not self.show_error(str(error)):
                self.refused.emit(str(error))

    def on_theme_changed(self) -> None:
        super().on_theme_changed()
        self._measure()
        self.follow_parts()


class ElidedCombo(QComboBox):
    """Shortens a long title with dots, as the styled combo box does not; its list is as wide as its titles."""

    shows_icon = True  # also of the title that is chosen, not in the list alone

    def showPopup(self) -> None:
        view = self.view()
        room = view.sizeHintForColumn(0) + view.verticalScrollBar().sizeHint().width() + theme.px(16)
        view.setMinimumWidth(max(min(room, theme.px(WIDEST)), self.width()))
        super().showPopup()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, option = QStylePainter(self), QStyleOptionComboBox()
        self.initStyleOption(option)
        painter.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option)
        area, of = QStyle.ComplexControl.CC_ComboBox, QStyle.SubControl
        left = self.style().subControlRect(area, option, of.SC_ComboBoxEditField, self).left()
        right = self.style().subControlRect(area, option, of.SC_ComboBoxArrow, self).left()
        text, icon = option.currentText or self.placeholderText(), option.currentIcon
        if self.shows_icon and not icon.isNull():
            side = theme.px(16)
            icon.paint(painter, QRect(left - theme.px(3), (self.height() - side) // 2, side, side))
            left += theme.px(16)
        group = QPalette.ColorGroup.Normal if self.isEnabled() and option.currentText else QPalette.ColorGroup.Disabled
        painter.setPen(option.palette.color(group, QPalette.ColorRole.Text))
        elided = option.fontMetrics.elidedText(text, Qt.TextElideMode.ElideRight, right - left)
        painter.drawText(QRect(left, 0, right - left, self.height()), int(Qt.AlignmentFlag.AlignVCenter), elided)
        painter.end()


def _combo(name: str) -> ElidedCombo:
    combo = ElidedCombo()
    combo.setAccessibleName(name)
    combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    combo.setMinimumContentsLength(8)
    combo.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    combo.setMaxVisibleItems(24)
    return combo


def _fill(combo: QComboBox, parts: list[PartDescription], chosen: str) -> None:
    """Parts by title; the chosen one alone while nothing is known yet."""
    combo.clear()
    for part in parts:
        combo.addItem(part.title, part.name)
        combo.setItemData(combo.count() - 1, part.summary, Qt.ItemDataRole.ToolTipRole)
    _choose(combo, chosen, bool(parts))


def _choose(combo: QComboBox, chosen: str, known: bool) -> None:
    if combo.findData(chosen) < 0:
        combo.addItem(chosen.replace("_", " "), chosen)
    combo.setCurrentIndex(combo.findData(chosen))
    combo.setEnabled(known)


def _serves(part: PartDescription, config: RunConfig) -> bool:
    return not part.serves or config.task.name in part.serves


def dot_icon(colour: QColor) -> QIcon:
    """A round dot in the colour of a family."""
    pixmap = QPixmap(32, 32)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    painter.drawEllipse(6, 6, 20, 20)
    painter.end()
    return QIcon(pixmap)
