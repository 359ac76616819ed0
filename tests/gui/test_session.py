"""The bridge: events in, signals out, commands across."""

from __future__ import annotations

import socket
import time

import numpy as np
import pytest
from fake_worker import PROBE, FakeWorker, example_config

from seqviz.core import commands as cm
from seqviz.core import events as ev
from seqviz.core import lab_events as lab
from seqviz.core import race_events as race_ev
from seqviz.core.batch import Ruler
from seqviz.core.channel import Mailbox
from seqviz.gui.panels.base import Cursor
from seqviz.gui.session import RunSession


class Bridge:
    """A session with a fake worker, driven by hand."""

    def __init__(self, config=None, ready: bool = True) -> None:
        self.worker: FakeWorker | None = None
        self.session = RunSession(lambda mailbox: self._start(mailbox, ready))
        if config is not None:
            self.session.choose(config)
        self.session.start()
        self.session.tick()

    def _start(self, mailbox: Mailbox, ready: bool) -> FakeWorker:
        self.worker = FakeWorker(mailbox, ready)
        return self.worker


@pytest.fixture
def bridge(qapp):
    made = Bridge(example_config())
    yield made
    made.session.stop()


def test_every_event_class_is_handed_out(qapp):
    bridge = Bridge()
    zero = np.zeros(1)
    made = {
        ev.Ready: lambda: ev.Ready((), (), (), {}),
        ev.Frame: lambda: ev.Frame(0, "", {}, {}, {}, {}),
        ev.Sample: lambda: ev.Sample(0, "", (), zero, {}),
        ev.StepMetrics: lambda: ev.StepMetrics(0, 0, 0.0, 0.0, 0.0, 1.0, 0.0),
        ev.Evaluated: lambda: ev.Evaluated(0, 0.0, False),
        ev.BaselinesCounted: lambda: ev.BaselinesCounted(()),
        ev.CountsGrown: lambda: ev.CountsGrown(0, 0, {}),
        ev.Explained: lambda: ev.Explained(0, 1, 0.0, ()),
        race_ev.RaceEvent: lambda: race_ev.RacePaused("", 0),
        ev.KnobChanged: lambda: ev.KnobChanged(0, "training.batch_size", 1, 2),
        ev.ProbeChanged: lambda: ev.ProbeChanged(""),
        ev.Pulse: lambda: ev.Pulse(0.0, 0.0, 0.0),
        ev.Progress: lambda: ev.Progress("", 1.0),
        ev.Notice: lambda: ev.Notice("info", ""),
        ev.Rejected: lambda: ev.Rejected(""),
        ev.TokenPreviewed: lambda: ev.TokenPreviewed("", 0, (), 0.0, ""),
        ev.RunPaused: lambda: ev.RunPaused(0),
        ev.RunResumed: lambda: ev.RunResumed(0),
        ev.RunFinished: lambda: ev.RunFinished(0, "", {}),
        ev.RunDiverged: lambda: ev.RunDiverged(0, "", ""),
        ev.RunFailed: lambda: ev.RunFailed(0, "", ""),
        ev.WorkerStopped: lambda: ev.WorkerStopped(),
        lab.ParametersMeasured: lambda: lab.ParametersMeasured(0, (), {}, zero, zero),
        lab.RunHalted: lambda: lab.RunHalted(1, "", "", 0.0, 0.0),
        lab.BreakpointsMeasured: lambda: lab.BreakpointsMeasured({}, {}),
        lab.Diagnosed: lambda: lab.Diagnosed(0, (), ()),
        lab.RemediesOffered: lambda: lab.RemediesOffered(()),
        lab.TwinMade: lab.TwinMade,
        lab.PluginRead: lambda: lab.PluginRead("mine.py"),
        lab.TwinTold: lambda: lab.TwinTold(race_ev.RacePaused("", 0)),
    }
    kinds = set(ev.Event.__subclasses__()) - {ev.RunStarted}
    assert kinds == set(made), "an event was added: say here how it is made, and hand it out in the session"
    for make in made.values():
        bridge.session._hand_out(make())
    bridge.session.stop()


def test_an_unknown_event_is_an_error_and_not_silence(bridge):
    class Strange(ev.Event):
        pass

    try:
        with pytest.raises(AssertionError, match="Strange"):
            bridge.session._hand_out(Strange())
    finally:
        del Strange
        import gc

        gc.collect()


def test_commands_before_the_start_reach_the_worker_in_order(bridge):
    assert isinstance(bridge.worker.sent[0], cm.Prepare)
    assert bridge.session.state == "paused"


def test_without_an_experiment_the_session_is_ready(qapp):
    bridge = Bridge()
    assert bridge.session.state == "ready"
    bridge.session.stop()


def test_before_the_worker_is_ready_the_session_is_starting(qapp):
    bridge = Bridge(ready=False)
    assert bridge.session.state == "starting"
    bridge.session.stop()


def test_play_and_pause_follow_the_worker_and_not_the_wish(bridge):
    bridge.worker.obedient = False
    bridge.session.play()
    bridge.session.tick()
    assert bridge.session.state == "paused"
    bridge.worker.mailbox.post(ev.RunResumed(0))
    bridge.session.tick()
    assert bridge.session.state == "running"


def test_a_rejected_experiment_leaves_the_former_one_in_place(bridge):
    refused = []
    bridge.session.rejected.connect(refused.append)
    bridge.session.rebuild_with({"model.d_hidden": 10**9})
    assert bridge.session.state == "preparing"
    bridge.session.tick()
    assert bridge.session.state == "paused"
    assert bridge.session.value_of("model.d_hidden") == 128
    assert refused == ["model.d_hidden: 1000000000 is above 1024"]
    assert bridge.session.undo() is None


def test_undo_puts_the_former_value_of_a_live_knob_back(bridge):
    bridge.session.set_knob("optimizer.learning_rate", 1e-3)
    bridge.session.tick()
    assert bridge.session.value_of("optimizer.learning_rate") == 1e-3
    bridge.session.undo()
    bridge.session.tick()
    assert bridge.worker.of(cm.SetKnob)[-1] == cm.SetKnob("optimizer.learning_rate", 3e-3)
    assert bridge.session.value_of("optimizer.learning_rate") == 3e-3
    assert bridge.session.undo() is None


def test_undo_builds_the_former_model_again(bridge):
    bridge.session.rebuild_with({"model.d_hidden": 64})
    bridge.session.tick()
    bridge.session.undo()
    bridge.session.tick()
    assert bridge.session.value_of("model.d_hidden") == 128


def test_undo_takes_a_change_of_several_settings_back_at_once(bridge):
    before = bridge.session.config
    bridge.session.rebuild_with({"model": {"name": "transformer"}, "title": "Another", "watch_for": ""})
    bridge.session.tick()
    assert bridge.session.run.family == "transformer"
    bridge.session.undo()
    bridge.session.tick()
    assert bridge.session.config == before
    assert bridge.session.undo() is None


def test_another_experiment_forgets_what_could_be_undone(bridge):
    bridge.session.set_knob("optimizer.learning_rate", 1e-3)
    bridge.session.tick()
    bridge.session.choose(example_config("transformer"))
    bridge.session.tick()
    assert bridge.session.undo() is None


def test_a_frame_of_the_former_run_is_dropped(bridge):
    stale = ev.Frame(9, "long ago", {"x": np.zeros(1)}, {"x": ("t",)}, {}, {"x": 9})
    bridge.worker.mailbox.post(stale)
    bridge.session.tick()
    assert bridge.session.snapshot().array("x") is None


def test_the_same_watch_is_sent_once(bridge):
    bridge.session.watch(frozenset({"a"}))
    bridge.session.watch(frozenset({"a"}))
    assert len(bridge.worker.of(cm.Watch)) == 1


def test_a_shorter_probe_pulls_the_cursor_inside(bridge):
    bridge.session.set_cursor(Cursor(len(PROBE) - 1))
    bridge.session.set_probe("Tom")
    bridge.session.tick()
    assert bridge.session.cursor.column < 3


def test_before_anybody_moved_the_cursor_stands_where_much_of_the_probe_lies_behind_it(bridge):
    bridge.worker.advance(1)
    bridge.session.tick()
    assert len(PROBE) / 2 <= bridge.session.cursor.column < len(PROBE) - 1


def test_a_cursor_that_was_moved_stays_when_the_model_is_built_again(bridge):
    bridge.session.set_cursor(Cursor(2))
    bridge.session.rebuild_with({"model.d_hidden": 64})
    bridge.session.tick()
    bridge.worker.advance(3)
    bridge.session.tick()
    assert bridge.session.cursor.column == 2


def test_a_pinned_position_stays_while_the_cursor_moves(bridge):
    bridge.session.set_cursor(Cursor(5))
    bridge.session.pin()
    bridge.session.set_cursor(Cursor(9, None, 3))
    assert bridge.session.cursor == Cursor(9, None, 5)
    bridge.session.pin()
    bridge.session.set_cursor(Cursor(9, None, 3))
    assert bridge.session.cursor.key == 3


def test_snapshots_come_at_most_thirty_times_a_second(bridge):
    seen = []
    bridge.session.snapshot_changed.connect(seen.append)
    began = time.perf_counter()
    for _ in range(50):
        bridge.worker.advance(1)
        bridge.session.tick()
    assert len(seen) <= 1 + 30 * (time.perf_counter() - began)


def test_the_now_paint_byte_hands_a_snapshot_out(qapp, qtbot):
    reader, writer = socket.socketpair()
    worker = None

    def start(mailbox):
        nonlocal worker
        worker = FakeWorker(mailbox)
        worker.now_paint_fd = reader.fileno()
        return worker

    session = RunSession(start)
    session.choose(example_config())
    session.start()
    session.tick()
    session.play()
    session.tick()
    session._timer.stop()
    session._presented = 0.0
    worker.advance(3)
    with qtbot.waitSignal(session.snapshot_changed, timeout=2000):
        writer.send(b"\0")
    assert session.history.last_step == 3
    session.stop()
    reader.close()
    writer.close()


def test_the_thread_ending_by_itself_is_a_visible_failure(bridge):
    said = []
    bridge.session.notice.connect(said.append)
    bridge.worker.mailbox.post(ev.WorkerStopped())
    bridge.session.tick()
    assert bridge.session.state == "failed"
    assert said[0].level == "error"


def test_a_failed_run_shows_its_traceback(bridge):
    said = []
    bridge.session.notice.connect(said.append)
    bridge.worker.mailbox.post(ev.RunFailed(3, "boom", "Traceback: boom"))
    bridge.session.tick()
    assert bridge.session.state == "failed"
    assert said == [ev.Notice("error", "boom", "Traceback: boom")]


def test_arrays_of_one_frame_outlive_a_lighter_one(bridge):
    run_id = bridge.session.run.run_id
    ruler = {"t": Ruler(tuple(PROBE))}
    bridge.worker.mailbox.post(ev.Frame(3, run_id, {"dear": np.ones(2)}, {"dear": ("t",)}, ruler, {"dear": 3}))
    bridge.session.tick()
    bridge.worker.mailbox.post(ev.Frame(4, run_id, {"light": np.ones(2)}, {"light": ("t",)}, ruler, {"light": 4}))
    bridge.session.tick()
    assert bridge.session.snapshot().array("dear") is not None


def test_opening_a_stored_run_forgets_what_could_be_undone_in_the_one_before(bridge, tmp_path):
    bridge.session.set_knob("optimizer.learning_rate", 1e-3)
    bridge.session.tick()
    bridge.session.open_run(tmp_path)
    bridge.worker._prepare(example_config())  # as if it was stored there
    bridge.session.tick()
    assert bridge.session.undo() is None


def test_a_folder_that_is_no_run_leaves_undo_as_it_was(bridge, tmp_path):
    bridge.session.set_knob("optimizer.learning_rate", 1e-3)
    bridge.session.tick()
    bridge.session.open_run(tmp_path)
    bridge.worker.mailbox.post(ev.Rejected("it is no run folder"))
    bridge.session.tick()
    assert bridge.session.undo() is not None


def test_a_knob_confirmed_while_a_bad_experiment_is_built_does_not_bring_that_experiment_back(bridge):
    bridge.worker.obedient = False
    bridge.session.set_knob("optimizer.learning_rate", 1e-3)
    bridge.session.rebuild_with({"model.d_hidden": 10**9})
    bridge.worker.mailbox.post(ev.KnobChanged(0, "optimizer.learning_rate", 3e-3, 1e-3))
    bridge.worker.mailbox.post(ev.Rejected("model.d_hidden: 1000000000 is above 1024"))
    bridge.session.tick()
    assert bridge.session.value_of("model.d_hidden") == 128
    assert bridge.session.value_of("optimizer.learning_rate") == 1e-3


def test_a_typed_probe_outlasts_reset_and_another_architecture(bridge):
    bridge.session.set_probe("Tom lost his ball.")
    bridge.session.tick()
    bridge.session.reset()
    bridge.session.tick()
    assert bridge.worker.probe == "Tom lost his ball."
    bridge.session.rebuild_with({"model": {"name": "transformer"}})
    bridge.session.tick()
    assert bridge.worker.probe == "Tom lost his ball."


def test_the_probe_that_a_corpus_brings_is_not_written_into_the_experiment(qapp):
    bridge = Bridge(example_config(probe=""))
    bridge.worker.mailbox.post(ev.ProbeChanged(PROBE))
    bridge.session.tick()
    assert bridge.session.probe == PROBE
    assert bridge.session.config.probe == ""
    bridge.session.stop()
