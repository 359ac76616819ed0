"""The top bar: name, transport, speed, the time slider, the readout and the menu."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QWidget

from seqviz.core.events import KnobChanged
from seqviz.gui import theme
from seqviz.gui.icon_button import IconButton
from seqviz.gui.knob_words import change_words
from seqviz.gui.page_name import PageName
from seqviz.gui.perplexity_words import hover_text
from seqviz.gui.readout import Readout
from seqviz.gui.session import RunSession
from seqviz.gui.speed_slider import SpeedSlider
from seqviz.gui.surfaces import Surface
from seqviz.gui.widgets.time_slider import Flag, TimeSlider

HEIGHT, CARD = 56, 264
_SLIDER_STATES = {"running": "live", "paused": "paused", "finished": "finished", "diverged": "diverged"}


class TopBar(Surface):
    """Buttons emit; whoever owns the bar obeys. The bar itself follows the session."""

    play_clicked = Signal()
    step_clicked = Signal()
    reset_clicked = Signal()
    menu_clicked = Signal()
    card_clicked = Signal()
    rail_clicked = Signal()

    def __init__(self, session: RunSession, parent: QWidget | None = None) -> None:
        super().__init__("rail", "bottom", parent)
        self._session = session
        self.play = IconButton("play", "Train (Space)", "primary", "Play")
        self.step = IconButton("step", "One step (.)")
        self.reset = IconButton("reset", "From step 0 again, with the same seed (R)")
        self.speed = SpeedSlider()
        self.slider = TimeSlider()
        self.readout = Readout()
        self.menu = IconButton("menu", "Menu", "flat")
        self.card_button = IconButton("side", "What you are looking at", "flat")
        self.name = PageName("One model")
        self.rail_button = self.name.rail_button
        self._build()
        session.state_changed.connect(self.follow_state)
        session.snapshot_changed.connect(self.follow_numbers)
        session.knob_changed.connect(self.follow_flags)
        session.run_started.connect(self.follow_run)
        self.follow_state(session.state)

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
            (self.rail_button, self.rail_clicked),
        ):  # fmt: skip
            button.clicked.connect(signal)
        self.speed.speed_changed.connect(self._choose_speed)
        self._measure()

    def _measure(self) -> None:
        self.setFixedHeight(theme.px(HEIGHT))
        self._box.setContentsMargins(0, 0, theme.px(12), 1)
        self.readout.setFixedSize(theme.px(CARD - 60), theme.px(HEIGHT) - 1)

    def fold(self, rail: bool, card: bool) -> None:
        """Narrow windows: which side parts are drawers now, so that their buttons are shown."""
        self.name.fold(rail)
        self.card_button.setVisible(card)

    # following

    @Slot(str)
    def follow_state(self, state: str) -> None:
        running = state == "running"
        text = "Pause" if running else "Again" if state == "finished" else "Play"
        tip = {"Pause": "Pause (Space)", "Play": "Train (Space)", "Again": "Train again from step 0 (Space)"}[text]
        self.play.set_sign("pause" if running else "play", text, tip)
        self.play.setEnabled(state in ("paused", "running", "finished"))
        self.step.setEnabled(state == "paused")
        self.reset.setEnabled(state in ("paused", "running", "finished", "diverged", "failed"))
        self.slider.set_state(_SLIDER_STATES.get(state, "ready") if self._step() or running else "ready")
        self.follow_numbers()

    def _step(self) -> int:
        run = self._session.run
        return max(self._session.history.last_step, 0 if run is None else run.step)

    @Slot()
    def follow_numbers(self) -> None:
        run, history, step = self._session.run, self._session.history, self._step()
        if run is None or (step == 0 and self._session.state != "running"):
            self.readout.say(self._words())
            self.readout.setToolTip("")
            return
        if self._session.state == "paused" and self.slider.state == "ready":
            self.slider.set_state("paused")
        self.readout.say("")
        last = history.evaluations[-1].loss if history.evaluations else None
        self.readout.set_numbers(step, None if last is None else run.unit.convert(last), run.unit.name)
        self.readout.setToolTip(hover_text(last, run.unit))
        self.slider.set_step(step)

    def _words(self) -> str:
        return {
            "starting": "loading torch ...",
            "ready": "choose an experiment",
            "preparing": "building the model ...",
            "failed": "failed",
        }.get(self._session.state, "ready, step 0")

    @Slot()
    def follow_run(self) -> None:
        run = self._session.run
        assert run is not None
        planned = int(run.config["training"]["steps"])
        self.slider.set_horizon(planned or 10_000)
        self.slider.set_step(run.step)
        self.follow_flags()
        self.follow_state(self._session.state)

    @Slot()
    def follow_flags(self, event: KnobChanged | None = None) -> None:
        flags = [Flag(change.step, change_words(change)) for change in self._session.history.knob_changes]
        self.slider.set_flags(flags)

    @Slot(float)
    def _choose_speed(self, speed: float) -> None:
        self._session.set_speed(speed, playing=self._session.state == "running")

    # Qt overrides

    def on_theme_changed(self) -> None:
        super().on_theme_changed()
        self._measure()
