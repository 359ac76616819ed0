"""The race in the training thread: commands in, events out, one clock, and the single run beside it."""

from __future__ import annotations

import pytest

from seqviz.core.commands import (
    ExplainRace,
    LeaveRace,
    PauseRace,
    Play,
    PlayRace,
    Prepare,
    PrepareRace,
    SampleRace,
    SetRaceProbe,
    SolveSizes,
    StepRace,
    Watch,
    WatchRace,
)
from seqviz.core.events import (
    Explained,
    Frame,
    Notice,
    RunPaused,
    Sample,
    StepMetrics,
)
from seqviz.core.race_events import (
    Raced,
    RaceFinished,
    RacePaused,
    RaceProbeChanged,
    RacePulse,
    RaceRejected,
    RaceResumed,
    RaceStarted,
    SizesSolved,
)
from seqviz.training.control import Control
from seqviz.training.ports import NoStores

RACERS = [
    {"model": {"name": "ngram", "order": 2}},
    {"model": {"name": "rnn", "d_hidden": 10, "d_embedding": 6}},
    {"model": {"name": "lstm", "d_hidden": 8, "d_embedding": 6}},
]


@pytest.fixture
def desk(make_config):
    """A control that has prepared a race of three, and what it said."""
    return Desk(make_config(training__steps=30).replaced({"racers": RACERS}))


class Desk:
    def __init__(self, config) -> None:
        self.config = config
        self.said: list[object] = []
        self.control = Control(self.said.append, lambda: None, NoStores())
        self.control.obey(PrepareRace(config))

    def work(self, slices: int = 5000) -> None:
        for _ in range(slices):
            if not self.control.busy:
                return
            self.control.work()
        raise AssertionError("the race came to no rest")

    def of(self, kind: type) -> list:
        return [event for event in self.said if isinstance(event, kind)]

    def steps(self, racer: int) -> list[int]:
        return [e.event.step for e in self.of(Raced) if e.racer == racer and isinstance(e.event, StepMetrics)]


def test_stepping_moves_every_racer_that_learns_by_as_many_steps(desk):
    desk.control.obey(StepRace(4))
    desk.work()
    assert desk.steps(1) == desk.steps(2) == [1, 2, 3, 4]
    assert desk.of(RacePaused)[-1].step == 4
    desk.control.obey(StepRace(1))
    desk.work()
    assert desk.steps(1)[-1] == desk.steps(2)[-1] == 5


def test_playing_goes_to_the_end_and_tells_every_summary(desk):
    desk.control.obey(PlayRace())
    desk.work()
    assert len(desk.of(RaceResumed)) == 1
    finished = desk.of(RaceFinished)[-1]
    assert [summary["status"] for summary in finished.summaries] == ["finished"] * 3
    desk.control.obey(PlayRace())
    assert "over" in desk.of(RaceRejected)[-1].text


def test_a_pause_stops_all_at_once(desk):
    desk.control.obey(PlayRace())
    for _ in range(20):
        desk.control.work()
    desk.control.obey(PauseRace())
    told = len(desk.of(Raced))
    desk.work()
    assert not [e for e in desk.of(Raced)[told:] if isinstance(e.event, StepMetrics)]
    assert len(desk.of(RacePaused)) == 1


def test_slowed_down_it_makes_so_many_rounds_a_second(desk, monkeypatch):
    now = [0.0]
    monkeypatch.setattr("seqviz.training.race_control.time.perf_counter", lambda: now[0])
    monkeypatch.setattr("seqviz.training.race_control.time.sleep", lambda s: now.__setitem__(0, now[0] + s))
    monkeypatch.setattr("seqviz.training.race.READ_AHEAD", -1.0)
    desk.control.obey(PlayRace(2.0))
    while now[0] < 3.9:
        desk.control.work()
    assert desk.steps(1)[-1] in (7, 8, 9)
    assert abs(desk.steps(1)[-1] - desk.steps(2)[-1]) <= 1


def test_every_racer_is_looked_at_through_the_same_probe(desk):
    desk.control.obey(WatchRace(Watch(frozenset({"surprisal"}))))
    desk.control.obey(StepRace(2))
    desk.work()
    frames = {e.racer: e.event for e in desk.of(Raced) if isinstance(e.event, Frame)}
    assert set(frames) == {0, 1, 2}
    assert {frame.rulers["t"].labels for frame in frames.values()} == {tuple("the cat saw a red dog")}
    assert all(frame.step == 2 for number, frame in frames.items() if number)


def test_another_probe_is_everybody_s(desk):
    desk.control.obey(SetRaceProbe("a dog"))
    assert desk.of(RaceProbeChanged)[-1].text == "a dog"
    desk.control.obey(SetRaceProbe(""))
    assert "probe" in desk.of(RaceRejected)[-1].text


def test_a_sample_asked_for_is_written_by_every_racer(desk):
    desk.control.obey(SampleRace())
    desk.work()
    assert {e.racer for e in desk.of(Raced) if isinstance(e.event, Sample)} == {0, 1, 2}


def test_the_same_size_for_all_is_solved_without_touching_the_race(desk):
    desk.control.obey(SolveSizes(desk.config, 2))
    solved = desk.of(SizesSolved)[-1]
    assert solved.after[1] == pytest.approx(solved.before[2], rel=0.2)
    assert len(desk.of(RaceStarted)) == 1


def test_only_one_of_race_and_single_run_trains(desk, make_config):
    desk.control.obey(Prepare(make_config("rnn", training__steps=0)))
    desk.control.obey(Play())
    desk.control.work()
    desk.control.obey(PlayRace())
    assert desk.of(RunPaused)
    assert desk.control.race.playing
    desk.control.obey(Play())
    assert desk.of(RacePaused)
    assert not desk.control.race.playing


def test_a_race_that_cannot_be_built_leaves_the_one_before(desk):
    desk.control.obey(PrepareRace(desk.config.replaced({"racers": RACERS[:1]})))
    assert "two" in desk.of(RaceRejected)[-1].text
    desk.control.obey(StepRace(1))
    desk.work()
    assert desk.steps(1) == [1]


def test_a_race_that_was_left_takes_no_more_commands(desk):
    desk.control.obey(LeaveRace())
    desk.control.obey(StepRace(1))
    assert "no race" in desk.of(RaceRejected)[-1].text
    assert not desk.control.busy


def test_the_pulse_gives_the_own_speed_of_each(desk, monkeypatch):
    monkeypatch.setattr("seqviz.training.race_control.PULSE_INTERVAL", 0.0)
    desk.control.obey(StepRace(5))
    desk.work()
    pulse = desk.of(RacePulse)[-1]
    assert pulse.tokens_per_second[1] > 0
    assert pulse.seconds[1] > 0
    assert not desk.of(Notice)


def test_every_racer_explains_the_same_character_while_the_race_stands_still(desk):
    desk.control.obey(PlayRace())
    for _ in range(30):
        desk.control.work()
    desk.control.obey(ExplainRace(7))
    before = len(desk.of(Raced))
    while len([e for e in desk.of(Raced) if isinstance(e.event, Explained)]) < 3:
        desk.control.work()
    told = [e.event for e in desk.of(Raced)[before:]]
    assert {type(event) for event in told} == {Explained}
    assert {event.position for event in told} == {7}


def test_a_character_that_cannot_be_explained_is_rejected(desk):
    desk.control.obey(ExplainRace(0))
    desk.work()
    assert "token of the probe" in desk.of(RaceRejected)[-1].text
