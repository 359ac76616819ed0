"""The form of an experiment, made from the descriptions of its knobs: nothing is listed by hand but the order."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from PySide6.QtCore import QTimer, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from seqviz.core.config import RunConfig
from seqviz.core.events import KnobChanged, Ready
from seqviz.core.knobs import KnobDescription
from seqviz.gui import theme
from seqviz.gui.fold import Fold
from seqviz.gui.form_plan import Groups, group_knobs, setting
from seqviz.gui.knob_words import why_not_live
from seqviz.gui.labels import TextLabel
from seqviz.gui.widgets.knob_row import KnobRow

REBUILD_MS = 900  # time to see what will happen, and to change a second knob


class ConfigForm(QWidget):
    """Live knobs are sent at once; others build the run anew after a short delay that says so."""

    live_edited = Signal(str, object)  # dotted key, value
    rebuild_asked = Signal(object)  # dict of dotted keys to values

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: dict[str, KnobRow] = {}
        self._shape: object = None
        self._pending: dict[str, Any] = {}
        self._box = QVBoxLayout(self)
        self._box.setContentsMargins(0, 0, 0, 0)
        self._box.setSpacing(0)
        self._hint = TextLabel("", 11, "ink2", wrap=True, parent=self)
        self._hint.hide()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._rebuild)

    def row(self, key: str) -> KnobRow | None:
        """The row of a knob; None while its group is folded away or it does not exist."""
        return self._rows.get(key)

    def show_config(self, config: RunConfig, ready: Ready | None) -> None:
        """Values of the run as it is; rows are made anew only when the parts changed."""
        shape = (config.corpus.name, config.task.name, config.model.name, ready is None)
        if shape != self._shape:
            self._shape = shape
            self._build(config, ready)
        self._timer.stop()
        self._pending = {}
        self._hint.hide()
        for key, row in self._rows.items():
            row.set_value(setting(config, row.knob))
            row.setEnabled(ready is not None or not key.startswith(("model.", "corpus.", "task.")))

    def mark_change(self, change: KnobChanged) -> None:
        """Show where a knob stood before."""
        row = self._rows.get(change.key)
        if row is not None and row.is_slider and isinstance(change.old, int | float):
            row.set_before(float(change.old))

    def forget_changes(self) -> None:
        """Another run: no knob stood anywhere before."""
        for row in self._rows.values():
            row.set_before(None)

    def show_error(self, text: str) -> bool:
        """Say a rejected value under its row; False when no row here is meant."""
        key = text.split(":", 1)[0]
        row = self._rows.get(key)
        if row is None:
            return False
        row.set_error(text.split(":", 1)[1].strip())
        return True

    def stop(self) -> None:
        self._timer.stop()

    # building

    def _build(self, config: RunConfig, ready: Ready | None) -> None:
        self._clear()
        head = QWidget()
        line = QHBoxLayout(head)
        line.setContentsMargins(0, theme.px(4), 0, theme.px(4))
        line.addWidget(TextLabel("Knobs", 13, bold=True))
        line.addStretch(1)
        line.addWidget(TextLabel("○ live", 11, "ink2"))
        self._box.addWidget(head)
        groups = group_knobs(config, ready)
        for knob in groups.basic:
            self._box.addWidget(self._make_row(knob, config))
        everything = Fold("All settings")
        everything.opened.connect(lambda: self._add_groups(everything, groups))
        self._box.addWidget(everything)
        self._config = config

    def _add_groups(self, everything: Fold, groups: Groups) -> None:
        for title, knobs in groups.folded:
            fold = Fold(title)
            fold.opened.connect(lambda f=fold, k=knobs: self._fill(f, k))
            everything.add(fold)

    def _fill(self, fold: Fold, knobs: tuple[KnobDescription, ...]) -> None:
        for knob in knobs:
            if knob.key not in self._rows:
                fold.add(self._make_row(knob, self._config))

    def _clear(self) -> None:
        self._rows = {}
        while (item := self._box.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None and widget is not self._hint:
                widget.hide()
                widget.deleteLater()

    def _make_row(self, knob: KnobDescription, config: RunConfig) -> KnobRow:
        shown = knob
        if not knob.live:
            told = f"{knob.help}\n{why_not_live(knob.key).capitalize()}: a change starts the run anew from step 0."
            shown = replace(knob, help=told)
        row = KnobRow(shown, setting(config, knob))
        row.value_edited.connect(lambda value, k=knob: self._edited(k, value))
        self._rows[knob.key] = row
        return row

    # edits

    def _edited(self, knob: KnobDescription, value: Any) -> None:
        self._rows[knob.key].set_error("")
        if knob.live:
            self.live_edited.emit(knob.key, value)
            return
        self._pending[knob.key] = value
        row = self._rows[knob.key]
        self._hint.setText(f"{knob.label}: {why_not_live(knob.key)}, so the run starts anew from step 0")
        parent = row.parentWidget()
        holder = None if parent is None else parent.layout()
        if isinstance(holder, QVBoxLayout):
            holder.insertWidget(holder.indexOf(row) + 1, self._hint)
        self._hint.show()
        self._timer.start(REBUILD_MS)

    @Slot()
    def _rebuild(self) -> None:
        changes, self._pending = self._pending, {}
        if changes:
            self.rebuild_asked.emit(changes)
