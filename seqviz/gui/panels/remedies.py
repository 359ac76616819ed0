"""The remedies that the run can be given, as switches; flipping one puts a twin beside a copy of the run."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from PySide6.QtCore import Slot
from PySide6.QtWidgets import QVBoxLayout

from seqviz.gui import theme
from seqviz.gui.lab.switches import RemedySwitches
from seqviz.gui.lab.twin_session import TwinSession
from seqviz.gui.labels import TextLabel
from seqviz.gui.panels.base import Cursor, Explanation, FreePanel, Quantity, Snapshot, panels
from seqviz.gui.row_stack import scrolled
from seqviz.gui.session import RunSession

EMPTY = "Flip one: a twin that has just that changed is put beside a copy of this run."


@panels.register("remedies")
class RemediesPanel(FreePanel):
    """What could be done about the gradient: start, activation, gates, clipping, rate. Each is tried on a twin."""

    name = "remedies"
    title = "Remedies"
    question = "What could be done about it?"
    needs = ("gradient.itemised.*",)
    without_gradients = ": there is none to remedy"
    rooms = {"twin": 20}
    weight = 60
    order = 200
    minimum_height = 200
    shown_by_default = False

    def __init__(self) -> None:
        super().__init__()
        self.pair: TwinSession | None = None
        self.switches = RemedySwitches()
        self.words = TextLabel(EMPTY, 12, "ink2", wrap=True)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, theme.px(4))
        box.setSpacing(theme.px(6))
        box.addWidget(self.words)
        box.addWidget(scrolled(self.switches), 1)
        self.setMinimumHeight(theme.px(self.minimum_height))
        self.setAccessibleName(self.title)

    def join(self, session: RunSession) -> None:
        pair = self.pair = TwinSession.of(session)
        self.switches.flipped.connect(pair.flip)
        pair.switches_changed.connect(self.refresh)
        pair.pair_made.connect(self.refresh)
        self.refresh()

    @Slot()
    def refresh(self) -> None:
        """Show the switches as the twin has them."""
        if self.pair is None:
            return
        self.switches.show_switches(self.pair.switches, self.pair.changes)
        self.words.setText(self.pair.refusal or self.pair.words() or EMPTY)
        self.header_changed.emit()

    def present(self, snapshot: Snapshot) -> None:
        """The switches are told by the pair's own session."""

    def clear(self) -> None:
        self.refresh()

    def subtitle(self) -> str:
        flipped = 0 if self.pair is None else len(self.pair.changes)
        return f"{flipped} flipped on the twin" if flipped else "switches for a twin"

    def explain(self, cursor: Cursor) -> Explanation:
        sentence = (
            "What can be changed at this very step lets both go on from the same weights; what needs new weights "
            "sends both back to step 0. Either way they read the same batches."
        )
        changed = () if self.pair is None else tuple(self.pair.changes.items())
        return Explanation(self.title, "", sentence, tuple(Quantity(name, str(value)) for name, value in changed))

    def export(self) -> Mapping[str, np.ndarray]:
        return {}
