"""The chosen racer's name, architecture and settings, made from the descriptions of its knobs."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import QComboBox, QLineEdit, QVBoxLayout, QWidget

from seqviz.core.config import RunConfig
from seqviz.core.events import PartDescription, Ready
from seqviz.core.knobs import KnobDescription
from seqviz.gui import theme
from seqviz.gui.form_plan import part_named
from seqviz.gui.labels import TextLabel
from seqviz.gui.race.drafting import reasons
from seqviz.gui.rail import ElidedCombo, dot_icon
from seqviz.gui.reading import common_knobs
from seqviz.gui.widgets.knob_row import KnobRow

REBUILD_MS = 900  # time to change a second knob before the race is built anew
LEARNING_RATE = "optimizer.learning_rate"
_ANEW = "A change starts the race anew from step 0."
_FLAGS_ROLE = int(Qt.ItemDataRole.UserRole) - 1  # of a combo box's items: no flags, no choice


class RacerForm(QWidget):
    """`knobs_changed` carries knob names to values; the learning rate goes by its dotted key."""

    renamed = Signal(str)
    architecture_chosen = Signal(str)
    knobs_changed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.label = QLineEdit()
        self.architecture = named_combo("architecture")
        self.hint = TextLabel("", 11, "ink2", wrap=True)
        self._rows: dict[str, KnobRow] = {}
        self._shape: object = None
        self._named = ""
        self._pending: dict[str, Any] = {}
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._apply)
        self._build()

    def _build(self) -> None:
        self.label.setProperty("compact", "true")
        self.label.setAccessibleName("name of the racer")
        self.label.setToolTip("What this racer is called.")
        self._knobs = QVBoxLayout()
        self._knobs.setSpacing(0)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(theme.px(4))
        box.addWidget(self.label)
        box.addWidget(self.architecture)
        box.addLayout(self._knobs)
        box.addWidget(self.hint)
        self.hint.hide()
        self.label.editingFinished.connect(self._rename)
        self.architecture.activated.connect(self._choose)

    def show_racer(self, config: RunConfig, number: int, label: str, ready: Ready | None) -> None:
        """Values as the race has them; rows are made anew only for another racer or architecture."""
        self._timer.stop()
        self._pending = {}
        self.hint.hide()
        self._named = label
        self.label.setText(label)
        name = config.racers[number].model.name
        _fill(self.architecture, reasons(ready, config.task.name), name)
        part = part_named(ready, "model", name)
        shape = (number, name, part is None)
        if shape != self._shape:
            self._shape = shape
            self._make_rows(part)
        for row in self._rows.values():
            row.set_value(value_of(config, number, row.knob))
            row.set_error("")

    def row(self, key: str) -> KnobRow | None:
        """The row of a knob by its dotted key; None where this architecture has no such knob."""
        return self._rows.get(key)

    def stop(self) -> None:
        self._timer.stop()

    def _make_rows(self, part: PartDescription | None) -> None:
        for row in self._rows.values():
            self._knobs.removeWidget(row)
            row.hide()
            row.deleteLater()
        self._rows = {}
        if part is None:
            return
        knobs = [knob for knob in part.knobs if not knob.advanced]
        if part.learns_by == "gradient":
            knobs.append(common_knobs()[LEARNING_RATE])
        for knob in knobs:
            row = KnobRow(replace(knob, live=False, help=f"{knob.help}\n{_ANEW}"), knob.default)
            row.value_edited.connect(partial(self._edit, knob.key))
            self._rows[knob.key] = row
            self._knobs.addWidget(row)

    def _edit(self, key: str, value: object) -> None:
        self._pending[key] = value
        self.hint.setText(_ANEW)
        self.hint.show()
        self._timer.start(REBUILD_MS)

    @Slot()
    def _apply(self) -> None:
        pending, self._pending = self._pending, {}
        if pending:
            self.knobs_changed.emit(pending)

    @Slot()
    def _rename(self) -> None:
        text = self.label.text().strip()
        if text and text != self._named:
            self._named = text
            self.renamed.emit(text)

    @Slot(int)
    def _choose(self, index: int) -> None:
        self.architecture_chosen.emit(self.architecture.itemData(index))


def value_of(config: RunConfig, number: int, knob: KnobDescription) -> Any:
    """The value that a knob has in one lane."""
    racer = config.racers[number]
    if knob.key == LEARNING_RATE:
        return racer.learning_rate or config.optimizer.learning_rate
    return racer.model.knobs.get(knob.key.removeprefix("model."), knob.default)


def named_combo(name: str) -> QComboBox:
    """A combo box as the rail has them."""
    combo = ElidedCombo()
    combo.setAccessibleName(name)
    combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    combo.setMinimumContentsLength(8)
    combo.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    combo.setMaxVisibleItems(20)
    return combo


def _fill(combo: QComboBox, parts: list[tuple[PartDescription, str]], chosen: str) -> None:
    """Architectures with their dots; those that do not serve the task cannot be chosen and say why."""
    combo.clear()
    for part, reason in parts:
        combo.addItem(dot_icon(theme.family_colour(part.family)), part.title, part.name)
        at = combo.count() - 1
        combo.setItemData(at, reason or part.summary, Qt.ItemDataRole.ToolTipRole)
        if reason:
            combo.setItemData(at, 0, _FLAGS_ROLE)
    if combo.findData(chosen) < 0:
        combo.addItem(chosen.replace("_", " "), chosen)
    combo.setCurrentIndex(combo.findData(chosen))
    combo.setEnabled(bool(parts))
