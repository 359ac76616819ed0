"""The probe through the chosen racer: the strip that is the ruler, with the surprise at the cursor in words."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from seqviz.gui import theme
from seqviz.gui.axes_of_frame import highest_bits
from seqviz.gui.race.racer import Racer
from seqviz.gui.race.session import RaceSession
from seqviz.gui.race.titled_sheet import MARGIN, TitledSheet
from seqviz.gui.widgets.column_grid import ColumnGrid
from seqviz.gui.widgets.strip_painting import smallest_cell
from seqviz.gui.widgets.text_strip import TextStrip
from seqviz.gui.widgets.token_names import token_name

GUTTER = 50


class ProbeSheet(QWidget):
    """Follows the race; edits go to all racers. `token_clicked` carries the token that was clicked,
    `token_asked` that at the cursor when Enter was pressed.
    """

    token_clicked = Signal(int)
    token_asked = Signal(int)

    def __init__(self, race: RaceSession, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._race = race
        self._grid = ColumnGrid(0, 0, 9, 0, 0)
        self._shown: NDArray[np.floating] | None = None
        self.strip = TextStrip()
        self.edit_button = QPushButton("Edit the probe")
        self.edit_button.setProperty("flat", "true")
        self.edit_button.setFixedHeight(theme.px(24))
        self.edit_button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.sheet = TitledSheet("How surprised is it?", self.strip, (self.edit_button,), reads=False)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.addWidget(self.sheet)
        self.edit_button.clicked.connect(self.strip.edit)
        self.strip.column_hovered.connect(self._hover)
        self.strip.column_clicked.connect(race.set_cursor)
        self.strip.token_pressed.connect(self.token_clicked)
        self.strip.token_asked.connect(self.token_asked)
        self.strip.set_enter_asks(True)
        self.strip.setToolTip("The probe. A click or Enter asks who explains that token; a double click edits.")
        self.strip.probe_edited.connect(race.set_probe)
        race.cursor_changed.connect(self._follow_cursor)
        race.selected_changed.connect(self.refresh)
        race.probe_changed.connect(self._forget)

    def refresh(self) -> None:
        """Show the chosen racer's surprisal."""
        racer, tokens = self._race.chosen, self._race.tokens()
        if racer is None or not tokens:
            return
        tokens = racer.labels() or tokens
        bits = racer.surprisal()
        if len(tokens) != self._grid.n:
            self._shown = None
        self.strip.set_tokens(tokens, self._race.probe)
        if bits is not self._shown or bits is None:
            self._shown = bits
            self.strip.set_surprisal(bits, highest_bits(racer.run))
        self._fit(len(tokens))
        self._say(racer, tokens, bits)

    def _say(self, racer: Racer, tokens: tuple[str, ...], bits: NDArray[np.floating] | None) -> None:
        at = min(self._race.cursor, len(tokens) - 1)
        words = f"{racer.label} shown here; a click on a column shows another"
        if bits is not None and np.isfinite(bits).any():
            mean = float(np.nanmean(np.where(np.isfinite(bits), bits, np.nan)))
            words = f"{racer.label}, {mean:.1f} bits on average"
            here = float(bits[at])
            if not math.isnan(here):
                told = "∞" if math.isinf(here) else f"{here:.1f}"
                words += f"; {told} bits at {token_name(tokens[at])}"
        self.sheet.say(words)

    def _forget(self) -> None:
        self._shown = None
        self.refresh()

    def _fit(self, count: int) -> None:
        width = self.width() - 2 * theme.px(MARGIN)
        least = smallest_cell(self._race.tokens())
        grid = ColumnGrid.fit(count, width, theme.px(GUTTER), self._race.cursor, least, margin=2)
        if (grid.n, grid.cell, grid.visible) == (self._grid.n, self._grid.cell, self._grid.visible):
            grid = self._grid.windowed(self._race.cursor)
        self._grid = grid
        self.strip.set_grid(grid)
        self.strip.set_cursor(self._race.cursor)

    def _follow_cursor(self, token: int) -> None:
        self.refresh()

    def _hover(self, token: int) -> None:
        if token >= 0:
            self._race.set_cursor(token)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._grid = ColumnGrid(0, 0, 9, 0, 0)
        self.refresh()

    def sizeHint(self) -> QSize:
        return QSize(theme.px(600), theme.px(118))
