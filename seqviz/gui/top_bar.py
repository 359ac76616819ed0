"""The top bar: name, transport, speed, the time slider, the readout and the menu."""

from __future__ import annotations

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QWidget

from seqviz.core.events import KnobChanged
from seqviz.gui.knob_words import change_words
from seqviz.gui.perplexity_words import hover_text
from seqviz.gui.readout import Readout
from seqviz.gui.session import RunSession
from seqviz.gui.transport_bar import TransportBar
from seqviz.gui.widgets.time_slider import Flag

_SLIDER_STATES = {"running": "live", "paused": "paused", "finished": "finished", "diverged": "diverged"}
_RESETTABLE = frozenset({"paused", "running", "finished", "diverged", "failed"})


class TopBar(TransportBar):
    """The bar of one model: it follows the session."""

    def __init__(self, session: RunSession, parent: QWidget | None = None) -> None:
        super().__init__("Model", "Train", "One step (.)", "What you are looking at", Readout(), parent)
        self._session = session
        self.rail_button = self.name.rail_button
        self.speed.speed_changed.connect(self._choose_speed)
        session.state_changed.connect(self.follow_state)
        session.snapshot_changed.connect(self.follow_numbers)
        session.knob_changed.connect(self.follow_flags)
        session.halted.connect(self.follow_flags)
        session.run_started.connect(self.follow_run)
        self.follow_state(session.state)

    # following

    @Slot(str)
    def follow_state(self, state: str) -> None:
        outside = self._session.run is not None and self._session.run.outside
        self.show_transport(state, frozenset() if outside else _RESETTABLE)
        for widget in (self.reset, self.speed):  # a script of its own has no way back, and a pace of its own
            widget.setVisible(not outside)
        for widget in (self.play, self.step):
            widget.setVisible(not outside or state in ("paused", "running"))
        begun = self._step() or state == "running"
        self.slider.set_state(_SLIDER_STATES.get(state, "ready") if begun else "ready")
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
            "starting": self._session.awaited,
            "ready": "choose an experiment",
            "preparing": "building the model ...",
            "failed": "failed",
            "finished": "over at step 0",
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
        history = self._session.history
        flags = [Flag(change.step, change_words(change)) for change in history.knob_changes]
        flags += [Flag(halt.step, f"halted: {halt.text}") for halt in history.halts]
        self.slider.set_flags(flags)

    @Slot(float)
    def _choose_speed(self, speed: float) -> None:
        self._session.set_speed(speed, playing=self._session.state == "running")
