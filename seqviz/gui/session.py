"""RunSession: the only bridge between the trainer's thread and Qt.

Commands go out through the worker's handle; events come in through the mailbox, are drained by one timer and handed
out by one `match`. Snapshots go to whoever listens at most 30 times a second, best right after the trainer said
that it enters the backward pass, where it holds no GIL.
"""

from __future__ import annotations

import os
import time
from dataclasses import replace
from typing import Literal

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from seqviz.core import events as ev
from seqviz.core import lab_events as lab
from seqviz.core import race_events as race_ev
from seqviz.core.channel import Mailbox
from seqviz.gui.axes_of_frame import main_axis, strip_surprisal
from seqviz.gui.first_cursor import first_column
from seqviz.gui.frame_merging import merged
from seqviz.gui.history import History
from seqviz.gui.now_paint import NowPaint
from seqviz.gui.panels.base import Cursor, Snapshot
from seqviz.gui.session_commands import SessionCommands
from seqviz.gui.worker_port import StartWorker, WorkerHandle

RunState = Literal["starting", "ready", "preparing", "paused", "running", "finished", "diverged", "failed"]
BUSY_MS, IDLE_MS = 33, 80
FRAME_SECONDS = 1 / 30  # between two paintings while nothing trains
LIVE_SECONDS = 0.09  # while training: new frames come ten times a second, painting oftener shows nothing new
CROWDED_SECONDS = 0.16  # the same when the trainer has all cores: every painting makes all its threads wait
UNLOCKED_SECONDS = 0.3  # running, but no "now paint" came for so long: paint anyway


class RunSession(SessionCommands, QObject):
    """One per window. `state` is what the window may offer; `snapshot()` is what panels may look at."""

    snapshot_changed = Signal(object)  # Snapshot, at most 30 a second
    cursor_changed = Signal(object)  # Cursor
    breath = Signal()  # the trainer enters a backward pass: a good moment to paint what has waited
    state_changed = Signal(str)  # RunState
    ready = Signal(object)  # Ready
    run_started = Signal(object)  # RunStarted
    config_changed = Signal(object)  # RunConfig, as the run has it now
    knob_changed = Signal(object)  # KnobChanged
    evaluated = Signal(object)  # Evaluated
    sampled = Signal(object)  # Sample
    probe_changed = Signal(object)  # ProbeChanged
    tokens_previewed = Signal(object)  # TokenPreviewed
    pulse = Signal(object)  # Pulse
    explained = Signal(object)  # Explained
    progress = Signal(object)  # Progress
    notice = Signal(object)  # Notice
    rejected = Signal(str)
    ended = Signal(object)  # RunFinished, RunDiverged or RunFailed
    race_told = Signal(object)  # RaceEvent: the race page's business
    halted = Signal(object)  # RunHalted
    tensor_chosen = Signal(str)  # a parameter tensor by name: the views of one tensor turn to it
    breakpoints_measured = Signal(object)  # BreakpointsMeasured
    diagnosed = Signal(object)  # Diagnosed
    remedies_offered = Signal(object)  # RemediesOffered
    twin_made = Signal(object)  # TwinMade
    twin_told = Signal(object)  # RaceEvent of the pair
    plugin_read = Signal(object)  # PluginRead
    worker_stopped = Signal()

    def __init__(self, start_worker: StartWorker, mailbox: Mailbox | None = None) -> None:
        QObject.__init__(self)
        SessionCommands.__init__(self)
        self.mailbox = mailbox or Mailbox()
        self.awaited = "loading torch ..."  # before anything is heard
        self.history = History()
        self.run: ev.RunStarted | None = None
        self.parts: ev.Ready | None = None
        self.last_pulse: ev.Pulse | None = None
        self.probe = ""
        self.pinned: int | None = None
        self._frame: ev.Frame | None = None
        self._cursor = Cursor()
        self._cursor_placed = False  # by the user, or where something is to be seen
        self._state: RunState = "starting"
        self._before_preparing: RunState = "ready"
        self._start_worker = start_worker
        self._handle: WorkerHandle | None = None
        self._now_paint: NowPaint | None = None
        self._dirty = False
        self._racing, self._race_threads = False, 1
        self._presented = 0.0
        self._timer = QTimer(self)
        self._timer.timeout.connect(self.tick)

    # life

    def start(self) -> None:
        """Start the worker's thread; called once the window is on screen."""
        assert self._handle is None, "the worker was started twice"
        self._handle = self._start_worker(self.mailbox)
        self._now_paint = NowPaint.listen(self._handle.now_paint_fd, self._on_now_paint, self)
        self.flush_commands(self._handle)
        self._timer.start(BUSY_MS)

    def stop(self, timeout: float = 5.0) -> bool:
        """End the worker's thread; True when it ended in time. Nothing is handed out afterwards."""
        self._timer.stop()
        if self._now_paint is not None:
            self._now_paint.close()
            self._now_paint = None
        handle, self._handle = self._handle, None
        self.forget_handle()
        return True if handle is None else handle.stop(timeout)

    # what is so now

    @property
    def state(self) -> RunState:
        return self._state

    @property
    def cursor(self) -> Cursor:
        return self._cursor

    def snapshot(self) -> Snapshot:
        return Snapshot(self.run, self._frame, self.history, self._cursor)

    def set_cursor(self, cursor: Cursor) -> None:
        """Move the token cursor; every panel follows. A pinned s stays where it is."""
        if self.pinned is not None:
            cursor = replace(cursor, key=self.pinned)
        labels = self._labels()
        if labels and cursor.column >= len(labels):  # from a view that still shows the longer text before
            cursor = replace(cursor, column=len(labels) - 1)
        self._cursor_placed = True
        if cursor != self._cursor:
            self._cursor = cursor
            self.cursor_changed.emit(cursor)
            self._dirty = True
            if self._state != "running":
                self._present()

    def pin(self) -> None:
        """Hold the position under the cursor as s, or let it go again."""
        self.pinned = self._cursor.column if self.pinned is None else None
        self.set_cursor(replace(self._cursor, key=self.pinned))

    def refresh(self) -> None:
        """Hand the snapshot out again: a panel came on screen."""
        self._dirty = True

    def set_racing(self, racing: bool, threads: int) -> None:
        """A race of so many threads goes on: paint at its breath, as while a run trains."""
        self._racing, self._race_threads = racing, threads
        self._set_pace()

    # draining

    @Slot()
    def tick(self) -> None:
        """Drain the mailbox, hand out, and paint if it is time."""
        for event in self.mailbox.drain():
            self._hand_out(event)
        waited = time.perf_counter() - self._presented
        locked = (self._state == "running" or self._racing) and self._now_paint is not None
        if self._dirty and waited >= (UNLOCKED_SECONDS if locked else FRAME_SECONDS * 0.9):
            self._present()

    @Slot()
    def _on_now_paint(self) -> None:
        self.breath.emit()
        if time.perf_counter() - self._presented >= self._live_seconds():
            for event in self.mailbox.drain():
                self._hand_out(event)
            if self._dirty:
                self._present()

    def _live_seconds(self) -> float:
        threads = self._race_threads if self._racing else 0 if self.run is None else self.run.threads
        crowded = threads >= (os.cpu_count() or 1)
        return CROWDED_SECONDS if crowded else LIVE_SECONDS

    def _present(self) -> None:
        self._dirty = False
        self._presented = time.perf_counter()
        self.snapshot_changed.emit(self.snapshot())

    def _hand_out(self, event: ev.Event) -> None:
        self.history.apply(event)
        self._dirty = True
        match event:
            case ev.Frame():
                self._take_frame(event)
            case ev.StepMetrics() | ev.BaselinesCounted() | ev.CountsGrown() | lab.ParametersMeasured():
                pass  # history has them
            case ev.Evaluated():
                self.evaluated.emit(event)
            case ev.Sample():
                self.sampled.emit(event)
            case ev.Pulse():
                self.last_pulse = event
                self.pulse.emit(event)
            case ev.Ready():
                self._take_ready(event)
            case ev.RunStarted():
                self._take_run(event)
            case ev.KnobChanged():
                self._take_knob(event)
            case ev.ProbeChanged():
                # in another text the cursor stands at something to be seen again
                self._cursor_placed = self._cursor_placed and event.text == self.probe
                self.probe = event.text
                self.take_probe(event.text)
                self.probe_changed.emit(event)
            case ev.RunPaused():
                self._set_state("paused")
            case ev.RunResumed():
                self._set_state("running")
            case ev.RunFinished():
                self._end("finished", event)
            case ev.RunDiverged():
                self._end("diverged", event)
            case ev.RunFailed():
                self._fail(event)
            case ev.Explained():
                self.explained.emit(event)
            case ev.Notice():
                self.notice.emit(event)
            case ev.Rejected():
                self._reject(event)
            case ev.Progress():
                self.progress.emit(event)
            case ev.TokenPreviewed():
                self.tokens_previewed.emit(event)
            case race_ev.RaceEvent():
                self.race_told.emit(event)
            case ev.WorkerStopped():
                self._take_stop()
            case _:
                self._hand_out_lab(event)

    def _hand_out_lab(self, event: ev.Event) -> None:
        """What the gradient laboratory tells."""
        match event:
            case lab.RunHalted():
                self.halted.emit(event)
            case lab.BreakpointsMeasured():
                self.breakpoints_measured.emit(event)
            case lab.Diagnosed():
                self.diagnosed.emit(event)
            case lab.RemediesOffered():
                self.remedies_offered.emit(event)
            case lab.TwinMade():
                self.twin_made.emit(event)
            case lab.PluginRead():
                self.plugin_read.emit(event)
            case lab.TwinTold():
                self.twin_told.emit(event.event)
            case _:
                raise AssertionError(f"nobody hands out {type(event).__name__}")

    def _take_frame(self, frame: ev.Frame) -> None:
        if self.run is not None and frame.run_id != self.run.run_id:
            return  # traced for the run before
        self._frame = merged(self._frame, frame)
        self._keep_cursor_inside()
        if not self._cursor_placed:
            self._place_cursor()

    def _place_cursor(self) -> None:
        snapshot = self.snapshot()
        axis = main_axis(snapshot)
        labels = snapshot.labels(axis)
        if labels and snapshot.frame is not None:
            bits = strip_surprisal(snapshot, len(labels))
            self._cursor_placed = True
            hidden = snapshot.frame.rulers[axis].hidden
            column = first_column(labels, bits, snapshot.frame.step, axis, hidden)
            self._cursor = Cursor(column, None, self._cursor.key)
            self.cursor_changed.emit(self._cursor)

    def _labels(self) -> tuple[str, ...]:
        """The tokens that the cursor runs along."""
        snapshot = self.snapshot()
        return tuple(snapshot.labels(main_axis(snapshot)))

    def _keep_cursor_inside(self) -> None:
        labels = self._labels()
        if labels and self._cursor.column >= len(labels):
            self._cursor = Cursor(len(labels) - 1)
            self.cursor_changed.emit(self._cursor)

    def _take_ready(self, event: ev.Ready) -> None:
        self.parts = event
        if self._state == "starting":
            self._set_state("preparing" if self.config is not None else "ready")
        self.ready.emit(event)

    def _take_run(self, event: ev.RunStarted) -> None:
        self.run = event
        self.history = History()
        self._frame = None
        self.pinned = None
        self.take_config(event.config)
        self.run_started.emit(event)
        self.config_changed.emit(self.config)
        self._set_state("paused")
        for text in event.notices:
            self.notice.emit(ev.Notice("info", text))

    def _take_knob(self, event: ev.KnobChanged) -> None:
        self.take_knob(event)
        self.knob_changed.emit(event)
        self.config_changed.emit(self.config)

    def _reject(self, event: ev.Rejected) -> None:
        self.take_rejection()
        if self._state == "preparing":
            self._set_state(self._before_preparing)
        self.config_changed.emit(self.config)
        self.rejected.emit(event.text)

    def _fail(self, event: ev.RunFailed) -> None:
        self.notice.emit(ev.Notice("error", event.text, event.traceback))
        self._end("failed", event)

    def _end(self, state: RunState, event: ev.Event) -> None:
        self._set_state(state)
        self.ended.emit(event)

    def _take_stop(self) -> None:
        if self._handle is not None:
            self._set_state("failed")
            self.notice.emit(ev.Notice("error", "The trainer's thread has ended; restart seqviz to train on."))
        self.worker_stopped.emit()

    def _set_state(self, state: RunState) -> None:
        if state != self._state:
            if state == "preparing":
                self._before_preparing = "ready" if self._state == "starting" else self._state
            self._state = state
            self._set_pace()
            self.state_changed.emit(state)

    def _set_pace(self) -> None:
        if self._timer.isActive():
            busy = self._racing or self._state in ("running", "preparing", "starting")
            self._timer.setInterval(BUSY_MS if busy else IDLE_MS)

    def _on_prepare_sent(self) -> None:
        if self._state != "starting":
            self._set_state("preparing")
