"""The time column: a card for each panel that is drawn over training steps, or is a picture of its own."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from seqviz.gui.panel_frame import PanelFrame
from seqviz.gui.panels.base import SheetPanel, Snapshot
from seqviz.gui.row_stack import Row, RowStack, scrolled
from seqviz.gui.surfaces import Surface

GAP = 8


class TimeColumn(QWidget):
    """Cards one under the other; the edges between them can be pulled."""

    row_weights_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.frames: list[PanelFrame] = []
        self._cards: dict[str, Surface] = {}
        self.stack = RowStack(GAP, lines=False)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.addWidget(scrolled(self.stack))
        self.stack.resized.connect(self.row_weights_changed)

    def set_frames(self, frames: list[PanelFrame], weights: dict[str, int]) -> None:
        self.frames = list(frames)
        rows = [Row(self._card(f), weights.get(f.name) or f.weight if f.weight else 0) for f in frames]
        self.stack.set_rows(rows)
        for name in set(self._cards) - {f.name for f in frames}:
            self._cards.pop(name).deleteLater()

    def weights(self) -> dict[str, int]:
        by_card = {id(card): name for name, card in self._cards.items()}
        return {by_card[id(card)]: weight for card, weight in self.stack.weights_now() if weight}

    def present(self, snapshot: Snapshot) -> None:
        for frame in self.frames:
            frame.present(snapshot)

    def _card(self, frame: PanelFrame) -> Surface:
        card = self._cards.get(frame.name)
        if card is None:
            card = Surface("sheet")
            box = QVBoxLayout(card)
            box.setContentsMargins(0, 2, 0, 8)
            self._cards[frame.name] = card
        if frame.parent() is not card:
            layout = card.layout()
            assert layout is not None
            layout.addWidget(frame)
            frame.show()
        if isinstance(frame.panel, SheetPanel):
            frame.set_column(None)
        return card
