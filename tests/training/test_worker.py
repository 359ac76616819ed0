"""The training thread: commands are obeyed between steps, bad ones change nothing, errors are told and survived."""

from __future__ import annotations

import threading

import pytest

from seqviz.core.channel import Mailbox
from seqviz.core.commands import (
    InjectFault,
    Pause,
    Play,
    Prepare,
    PreviewTokens,
    SampleNow,
    SetKnob,
    SetProbe,
    Step,
    Watch,
)
from seqviz.core.events import (
    Frame,
    KnobChanged,
    Notice,
    ProbeChanged,
    Pulse,
    Ready,
    Rejected,
    RunFailed,
    RunFinished,
    RunPaused,
    RunStarted,
    Sample,
    StepMetrics,
    TokenPreviewed,
    WorkerStopped,
)
from seqviz.training.worker import TrainingWorker, wait_until


class Driver:
    """A worker and everything it has said."""

    def __init__(self) -> None:
        self.box = Mailbox()
        self.worker = TrainingWorker(self.box)
        self.heard: list[object] = []
        self.worker.start()

    def wait_for(self, kind: type, count: int = 1, seconds: float = 30.0) -> object:
        def enough() -> bool:
            self.heard += self.box.drain()
            return len(self.of(kind)) >= count

        assert wait_until(enough, seconds), f"no {kind.__name__}; heard {[type(e).__name__ for e in self.heard]}"
        return self.of(kind)[-1]

    def of(self, kind: type) -> list:
        return [e for e in self.heard if isinstance(e, kind)]


@pytest.fixture
def driver():
    drive = Driver()
    yield drive
    assert drive.worker.stop(20), "the thread did not end"
    drive.heard += drive.box.drain()
    assert drive.of(WorkerStopped)
    assert not [t for t in threading.enumerate() if t.name.startswith("seqviz")]


def test_it_says_what_can_be_trained_before_anything_is_asked(driver):
    ready = driver.wait_for(Ready)
    names = {(p.kind, p.name) for p in ready.parts}
    assert {("model", "lstm"), ("model", "ngram"), ("corpus", "text"), ("task", "next_token")} <= names


def test_prepare_step_play_and_pause_move_the_run_as_asked(driver, make_config):
    driver.worker.send(Prepare(make_config(training__steps=100_000)))
    driver.wait_for(RunStarted)
    driver.worker.send(Step(3))
    assert driver.wait_for(RunPaused).step == 3
    assert [e.step for e in driver.of(StepMetrics)] == [1, 2, 3]
    driver.worker.send(Play())
    driver.wait_for(StepMetrics, 20)
    driver.worker.send(Pause())
    paused = driver.wait_for(RunPaused, 2)
    driver.heard += driver.box.drain()
    assert max(e.step for e in driver.of(StepMetrics)) == paused.step


def test_frames_hold_exactly_what_is_watched_and_cannot_be_written_to(driver, make_config):
    driver.worker.send(Watch(frozenset({"layers.0.forget_gate", "surprisal"})))
    driver.worker.send(Prepare(make_config()))
    frame = driver.wait_for(Frame)
    assert set(frame.arrays) == {"layers.0.forget_gate", "surprisal"}
    assert frame.arrays["layers.0.forget_gate"].shape == (21, 12)
    assert frame.rulers["t"].labels[:3] == ("t", "h", "e")
    with pytest.raises(ValueError, match="read-only"):
        frame.arrays["surprisal"][0] = 1.0


def test_a_run_that_stands_still_awaits_nothing_once_all_is_seen(driver, make_config):
    driver.worker.send(Watch(frozenset({"surprisal", "gradient.*"})))
    driver.worker.send(Prepare(make_config(training__steps=1000)))
    driver.wait_for(RunStarted)
    driver.worker.send(Step(3))
    driver.wait_for(RunPaused)
    driver.heard.clear()
    assert driver.wait_for(Pulse).awaiting == ""


def test_nothing_watched_costs_nothing(driver, make_config):
    driver.worker.send(Prepare(make_config()))
    driver.worker.send(Play())
    driver.wait_for(RunFinished)
    assert not driver.of(Frame)


@pytest.mark.parametrize(
    ("command", "named"),
    [
        (SetKnob("optimizer.learning_rate", float("inf")), "optimizer.learning_rate"),
        (SetKnob("optimizer.nope", 1), "optimizer.nope"),
        (SetProbe(""), "probe"),
        (SetProbe("x"), "probe"),
    ],
)
def test_a_bad_command_is_rejected_in_one_line_and_changes_nothing(driver, make_config, command, named):
    driver.worker.send(Prepare(make_config(training__steps=50)))
    driver.wait_for(RunStarted)
    driver.worker.send(command)
    text = driver.wait_for(Rejected).text
    assert text.startswith(named)
    assert "\n" not in text
    driver.worker.send(Step(1))
    driver.wait_for(RunPaused)
    assert not driver.of(KnobChanged)


def test_a_bad_config_leaves_the_old_run_alive(driver, make_config):
    driver.worker.send(Prepare(make_config(training__steps=50)))
    driver.wait_for(RunStarted)
    driver.worker.send(Prepare(make_config(corpus__text="a" * 400)))
    driver.wait_for(Rejected)
    driver.worker.send(Step(2))
    assert driver.wait_for(RunPaused).step == 2


def test_unseen_characters_of_a_probe_are_replaced_and_said(driver, make_config):
    driver.worker.send(Prepare(make_config()))
    driver.wait_for(ProbeChanged)
    driver.worker.send(SetProbe("the cat ÄÖ"))
    changed = driver.wait_for(ProbeChanged, 2)
    assert "Ä" in changed.notice


def test_a_probe_longer_than_the_model_can_read_is_rejected(driver, make_config):
    driver.worker.send(Prepare(make_config("transformer", model__position="learned")))
    driver.wait_for(ProbeChanged)
    driver.worker.send(SetProbe("the cat " * 12))
    assert driver.wait_for(Rejected).text.startswith("probe: this model has learned 16 positions")


def test_a_sample_is_written_on_request(driver, make_config):
    driver.worker.send(Prepare(make_config()))
    driver.worker.send(SampleNow())
    assert len(driver.wait_for(Sample).tokens) == 8


def test_tokens_are_previewed_without_a_run(driver):
    driver.worker.send(PreviewTokens("word", "to be or not to be\nthat is it"))
    preview = driver.wait_for(TokenPreviewed)
    assert preview.lines[0][0] == "to"


@pytest.mark.parametrize("place", ["data", "step", "validation", "sampler", "checkpoint"])
def test_an_error_inside_the_run_fails_the_run_with_its_traceback_and_not_the_thread(driver, make_config, place):
    driver.worker.send(Prepare(make_config()))
    driver.wait_for(RunStarted)
    driver.worker.send(InjectFault(place))
    driver.worker.send(Play())
    failed = driver.wait_for(RunFailed)
    assert f"injected into the {place}" in failed.text
    assert "Traceback" in failed.traceback
    driver.worker.send(Prepare(make_config(training__steps=3)))
    driver.wait_for(RunStarted, 2)
    driver.worker.send(Play())
    driver.wait_for(RunFinished)


def test_an_error_while_looking_is_a_notice_and_training_goes_on(driver, make_config):
    driver.worker.send(Watch(frozenset({"surprisal"})))
    driver.worker.send(InjectFault("probe"))
    driver.worker.send(Prepare(make_config()))
    driver.worker.send(Play())
    driver.wait_for(RunFinished)
    notices = [n for n in driver.of(Notice) if n.level == "error"]
    assert any("injected into the probe" in n.text and "Traceback" in n.details for n in notices)
    assert not driver.of(RunFailed)
