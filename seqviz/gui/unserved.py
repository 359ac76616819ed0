"""A panel that the architecture cannot serve: the reason, and one click to the nearest one that can."""

from __future__ import annotations

import fnmatch

from PySide6.QtCore import QRectF, Qt, Signal, Slot
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from seqviz.core.events import PartDescription, Ready, RunStarted
from seqviz.gui import theme
from seqviz.gui.panels.base import Panel
from seqviz.gui.widgets.ghost import paint_ghost
from seqviz.gui.widgets.painted import PaintedWidget


def nearest_model(panel: type[Panel], run: RunStarted, ready: Ready | None) -> PartDescription | None:
    """The architecture that can serve `panel` on the run's task: of the same family first, then by name."""
    if ready is None:
        return None
    task = run.config["task"]["name"]
    able = [
        part
        for part in ready.parts
        if part.kind == "model" and (not part.serves or task in part.serves) and _provides(part, panel)
    ]
    return min(able, key=lambda part: (part.family != run.family, part.name), default=None)


def _provides(part: PartDescription, panel: type[Panel]) -> bool:
    return any(
        fnmatch.fnmatchcase(given, need) or fnmatch.fnmatchcase(need, given)
        for need in panel.needs
        for given in part.provides
    )


class UnservedView(PaintedWidget):
    """Stands where the panel would be. `switch_asked` carries the architecture's name."""

    switch_asked = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._reason = ""
        self._offer = ""
        self.button = QPushButton(self)
        self.button.clicked.connect(self._switch)
        box = QVBoxLayout(self)
        box.addStretch(3)
        box.addWidget(self.button, 0, Qt.AlignmentFlag.AlignHCenter)
        box.addStretch(1)

    def say(self, reason: str, nearest: tuple[str, str] | None) -> None:
        """Why, and (name, title) of what could."""
        self._reason = reason
        self._offer = "" if nearest is None else nearest[0]
        self.button.setVisible(nearest is not None)
        if nearest is not None:
            self.button.setText(f"Switch to {nearest[1]}")
        self.setAccessibleName(reason)
        self.update()

    @property
    def reason(self) -> str:
        return self._reason

    @Slot()
    def _switch(self) -> None:
        self.switch_asked.emit(self._offer)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        margin = theme.px(16)
        paint_ghost(painter, QRectF(self.rect()).adjusted(margin, 4, -margin, -margin), self._reason)
        painter.end()
