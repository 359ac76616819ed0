"""The space between the bars: rail, centre, card. In narrow windows the side parts become drawers over the centre."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget

from seqviz.gui import theme
from seqviz.gui.looking_card import WIDTH as CARD
from seqviz.gui.rail import WIDTH as RAIL

CARD_FROM, RAIL_FROM, GAP = 1400, 1100, 8


class Middle(QWidget):
    """Lays its three children out by hand: a drawer must not push the centre aside."""

    folded = Signal(bool, bool)  # rail is a drawer, card is a drawer

    def __init__(self, rail: QWidget, centre: QWidget, card: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rail, self.centre, self.card = rail, centre, card
        self._rail_open = self._card_open = False
        self._was: tuple[bool, bool] | None = None
        for child in (centre, rail, card):
            child.setParent(self)

    @property
    def rail_is_drawer(self) -> bool:
        return self.width() < RAIL_FROM

    @property
    def card_is_drawer(self) -> bool:
        return self.width() < CARD_FROM

    def toggle_rail(self) -> None:
        """Open or close the rail's drawer."""
        self._rail_open = not self._rail_open
        self.arrange()

    def toggle_card(self) -> None:
        """Open or close the card's drawer."""
        self._card_open = not self._card_open
        self.arrange()

    def arrange(self) -> None:
        width, height = self.width(), self.height()
        rail, card, gap = theme.px(RAIL), theme.px(CARD), theme.px(GAP)
        left = 0 if self.rail_is_drawer else rail
        right = width if self.card_is_drawer else width - card
        self.centre.setGeometry(left + gap, gap, max(right - left - 2 * gap, 1), max(height - 2 * gap, 1))
        self.rail.setGeometry(0, 0, rail, height)
        self.card.setGeometry(width - card, 0, card, height)
        self.rail.setVisible(not self.rail_is_drawer or self._rail_open)
        self.card.setVisible(not self.card_is_drawer or self._card_open)
        self.rail.raise_()
        self.card.raise_()
        now = (self.rail_is_drawer, self.card_is_drawer)
        if now != self._was:
            self._was = now
            self.folded.emit(*now)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self.arrange()
