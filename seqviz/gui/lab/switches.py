"""The remedies as switches: what the twin gets that the original has not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from seqviz.core.knobs import KnobDescription, KnobKind
from seqviz.core.lab_events import RemedySwitch
from seqviz.gui import theme
from seqviz.gui.labels import TextLabel
from seqviz.gui.widgets.knob_row import KnobRow

_ANEW = "Needs weights that begin anew: original and twin both train from step 0, on the same batches."
_HERE = "Changed at this very step: original and twin go on from the same weights, on the same batches."


class RemedySwitches(QWidget):
    """`flipped` carries the remedy's name and the value that the twin is to have."""

    flipped = Signal(str, object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: dict[str, KnobRow] = {}
        self._switches: tuple[RemedySwitch, ...] = ()
        self._box = QVBoxLayout(self)
        self._box.setContentsMargins(0, 0, theme.px(10), 0)
        self._box.setSpacing(theme.px(1))

    def row(self, name: str) -> KnobRow:
        """The switch of a remedy."""
        return self._rows[name]

    def show_switches(self, switches: tuple[RemedySwitch, ...], changes: Mapping[str, Any]) -> None:
        """These switches, with the values that the twin has (`changes` by name; else the run's own)."""
        shape = [(s.name, s.kind, s.options) for s in self._switches]
        if [(s.name, s.kind, s.options) for s in switches] != shape:
            self._switches = switches
            self._build()
        self._switches = switches
        for switch in switches:
            row = self._rows[switch.name]
            row.set_value(changes.get(switch.name, switch.value))
            if row.is_slider:
                row.set_before(float(switch.value) if switch.name in changes else None)

    def _build(self) -> None:
        while (item := self._box.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        self._rows = {}
        for anew, title in ((False, "from this step on"), (True, "from step 0")):
            group = [switch for switch in self._switches if switch.from_start is anew]
            if group:
                self._box.addWidget(TextLabel(title, 11, "ink2"))
            for switch in group:
                self._box.addWidget(self._row(switch))
        self._box.addStretch(1)

    def _row(self, switch: RemedySwitch) -> KnobRow:
        row = self._rows[switch.name] = KnobRow(knob_of(switch), switch.value)
        row.value_edited.connect(lambda value, name=switch.name: self.flipped.emit(name, value))
        return row


def knob_of(switch: RemedySwitch) -> KnobDescription:
    """A switch as the form's rows read it."""
    kinds: dict[str, KnobKind] = {"choice": "choice", "toggle": "bool", "number": "float"}
    kind = kinds[switch.kind]
    if switch.kind == "number" and type(switch.value) is int:
        kind = "int"
    told = f"{switch.help}\n{_ANEW if switch.from_start else _HERE}"
    bounded = switch.kind == "number"
    return KnobDescription(
        f"remedy.{switch.name}",
        switch.title,
        told,
        kind,
        switch.value,
        switch.low if bounded else None,
        switch.high if bounded else None,
        switch.options,
        switch.unit,
        switch.log,
    )
