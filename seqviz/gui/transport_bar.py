"""What the top bars of both pages share: name, play, step, reset, speed, the time slider, the readout and the menu."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from seqviz.gui import theme
from seqviz.gui.icon_button import IconButton
from seqviz.gui.page_name import PageName
from seqviz.gui.readout import Readout
from seqviz.gui.speed_slider import SpeedSlider
from seqviz.gui.surfaces import Surface
from seqviz.gui.widgets.time_slider import TimeSlider

HEIGHT, CARD = 56, 264


class TransportBar(Surface):
    """Buttons emit; whoever owns the bar obeys. `verb`: what play does in its tooltips ("Train", "Race")."""

    play_clicked = Signal()
    step_clicked = Signal()
    reset_clicked = Signal()
    menu_clicked = Signal()
    card_clicked = Signal()
    rail_clicked = Signal()

    def __init__(
        self, page: str, verb: str, step_tip: str, card_tip: str, readout: Readout, parent: QWidget | None = None
    ) -> None:
        super().__init__("rail", "bottom", parent)
        self._verb = verb
        self.name = PageName(page)
        self.play = IconButton("play", f"{verb} (Space)", "primary", "Play")
        self.step = IconButton("step", step_tip)
        self.reset = IconButton("reset", "From step 0 again, with the same seed (R)")
        self.speed = SpeedSlider()
        self.slider = TimeSlider()
        self.readout = readout
        self.menu = IconButton("menu", "Menu", "flat")
        self.card_button = IconButton("side", card_tip, "flat")
        self._build()

    def _build(self) -> None:
        self._box = QHBoxLayout(self)
        self._box.setSpacing(theme.px(8))
        for widget in (self.name, self.play, self.step, self.reset, self.speed):
            self._box.addWidget(widget, 0, Qt.AlignmentFlag.AlignVCenter)
        self._box.addSpacing(theme.px(8))
        self._box.addWidget(self.slider, 1)
        self._box.addWidget(self.readout)
        for button in (self.card_button, self.menu):
            self._box.addWidget(button, 0, Qt.AlignmentFlag.AlignVCenter)
        self.card_button.hide()
        for button, signal in (
            (self.play, self.play_clicked), (self.step, self.step_clicked), (self.reset, self.reset_clicked),
            (self.menu, self.menu_clicked), (self.card_button, self.card_clicked),
            (self.name.rail_button, self.rail_clicked),
        ):  # fmt: skip
            button.clicked.connect(signal)
        self._measure()

    def _measure(self) -> None:
        self.setFixedHeight(theme.px(HEIGHT))
        self._box.setContentsMargins(0, 0, theme.px(12), 1)
        self.readout.setFixedSize(theme.px(CARD - 60), theme.px(HEIGHT) - 1)

    def fold(self, rail: bool, card: bool) -> None:
        """Narrow windows: which side parts are drawers now, so that their buttons are shown."""
        self.name.fold(rail)
        self.card_button.setVisible(card)

    def show_transport(self, state: str, resettable: frozenset[str]) -> None:
        """What play says and which buttons may be pressed in this state; reset in those of `resettable`."""
        running = state == "running"
        text = "Pause" if running else "Again" if state == "finished" else "Play"
        tips = {"Pause": "Pause", "Play": self._verb, "Again": f"{self._verb} again from step 0"}
        self.play.set_sign("pause" if running else "play", text, f"{tips[text]} (Space)")
        self.play.setEnabled(state in ("paused", "running") or (state == "finished" and state in resettable))
        self.step.setEnabled(state == "paused")
        self.reset.setEnabled(state in resettable)

    def on_theme_changed(self) -> None:
        super().on_theme_changed()
        self._measure()
