"""The pair in the training thread: made from the run that stands there, told as a race of two, moving nothing else."""

from __future__ import annotations

import pytest
import torch

from seqviz.core.commands import (
    LeaveRace,
    PauseRace,
    Play,
    PlayRace,
    Prepare,
    PrepareRace,
    SetKnob,
    Step,
    StepRace,
    Watch,
    WatchRace,
)
from seqviz.core.events import (
    Frame,
    RunDiverged,
    RunPaused,
    StepMetrics,
)
from seqviz.core.lab_commands import BreakpointSetting, DriveTwin, MakeTwin, SetBreakpoints
from seqviz.core.lab_events import RemediesOffered, RunHalted, TwinMade, TwinTold
from seqviz.core.race_events import Raced, RaceFinished, RacePaused, RaceRejected, RaceStarted
from tests.training.desk import Desk


class PairDesk(Desk):
    """A desk at which a pair is made and driven."""

    def ask(self, *commands) -> None:
        for command in commands:
            self.control.obey(command)

    def drive(self, *commands) -> None:
        self.ask(*(DriveTwin(command) for command in commands))

    def step_to(self, step: int) -> None:
        self.ask(Step(step - self.run.step))
        self.until(lambda: self.run.step == step and not self.control._playing)

    @property
    def run(self):
        return self.control.trainer

    @property
    def lanes(self):
        return self.control.lab.twin.race.race.lanes

    def told(self, kind) -> list:
        return [e.event for e in self.heard(TwinTold) if isinstance(e.event, kind)]


@pytest.fixture
def desk(make_config):
    return PairDesk(make_config("lstm", training__steps=14, model__dropout=0.2))


def weights(trainer) -> dict[str, torch.Tensor]:
    return {name: value.clone() for name, value in trainer.model.state_arrays().items()}


def equal(one, other) -> bool:
    return all(torch.equal(value, other[name]) for name, value in one.items())


def test_the_switches_of_a_run_are_offered_with_it_and_after_each_changed_knob(desk):
    assert len(desk.heard(RemediesOffered)) == 1
    desk.ask(SetKnob("optimizer.learning_rate", 0.25))
    rates = [s.value for e in desk.heard(RemediesOffered) for s in e.switches if s.name == "learning_rate"]
    assert rates == [2e-3, 0.25]


def test_a_pair_is_announced_paused_at_the_step_of_the_run(desk):
    desk.step_to(5)
    desk.ask(MakeTwin({"learning_rate": 0.1}))
    made = desk.heard(TwinMade)[-1]
    assert (made.step, made.changes) == (5, {"learning_rate": 0.1})
    assert made.words == "learning rate 0.002 → 0.1"
    started = desk.told(RaceStarted)[-1]
    assert started.labels == ("original", "twin")
    assert [run.step for run in started.racers] == [5, 5]
    kinds = [type(e).__name__ for e in desk.said]
    assert kinds.index("TwinMade") < kinds.index("TwinTold")
    assert not desk.control.lab.twin.race.playing


def test_from_the_same_step_the_original_ends_as_the_run_does_and_the_twin_elsewhere(desk):
    desk.step_to(5)
    desk.ask(MakeTwin({"learning_rate": 0.1}))
    here = weights(desk.run)
    assert all(equal(here, weights(lane.trainer)) for lane in desk.lanes)
    desk.drive(PlayRace())
    desk.until(lambda: desk.told(RaceFinished))
    assert desk.run.step == 5
    assert equal(here, weights(desk.run))
    original, twin = (weights(lane.trainer) for lane in desk.lanes)
    desk.ask(Play())
    desk.until(lambda: desk.run.status == "finished")
    assert equal(original, weights(desk.run))
    assert not equal(original, twin)


def test_both_are_fed_the_same_batches(desk):
    desk.step_to(3)
    desk.ask(MakeTwin({"learning_rate": 0.1}))
    for _ in range(4):
        desk.drive(StepRace(1))
        desk.until(lambda: not desk.control.lab.twin.race.playing)
        one, other = (lane.trainer.last_batch.inputs["tokens"].values for lane in desk.lanes)
        assert (one == other).all()


def test_what_needs_new_weights_trains_both_from_step_0_and_the_original_as_a_run_alone(desk):
    desk.step_to(5)
    desk.ask(MakeTwin({"start": "orthogonal"}))
    assert desk.heard(TwinMade)[-1].step == 0
    desk.drive(PlayRace())
    desk.until(lambda: desk.told(RaceFinished))
    original = weights(desk.lanes[0].trainer)
    alone = PairDesk(desk.config)
    alone.step_to(14)
    assert equal(original, weights(alone.run))
    assert not equal(original, weights(desk.lanes[1].trainer))


def test_of_a_run_that_is_over_both_begin_anew_and_it_is_said(desk):
    desk.ask(Play())
    desk.until(lambda: desk.run.status == "finished")
    desk.ask(MakeTwin({"learning_rate": 0.1}))
    made = desk.heard(TwinMade)[-1]
    assert made.step == 0
    assert made.notes == ("The run is over at step 14, so both begin at step 0 with its seed.",)


def test_that_the_original_begins_with_knobs_that_the_run_had_later_is_said(desk):
    desk.step_to(5)
    desk.ask(SetKnob("training.clip_norm", 0.5), MakeTwin({"start": "orthogonal"}))
    assert "as they are now" in desk.heard(TwinMade)[-1].notes[-1]
    desk.ask(MakeTwin({"learning_rate": 0.5}))
    assert desk.heard(TwinMade)[-1].notes == ()


def test_a_knob_that_only_the_new_architecture_has_can_be_turned_with_it(make_config):
    desk = PairDesk(make_config("rnn"))
    desk.ask(MakeTwin({"forget_bias": 3.0, "gates": "lstm"}))
    twin = desk.lanes[1].trainer
    assert (twin.config.model.name, twin.config.value("model.forget_bias")) == ("lstm", 3.0)
    assert desk.heard(TwinMade)[-1].words == "forget bias 1 → 3, gates rnn → lstm"


def test_every_remedy_of_a_run_trains_a_twin_to_its_end(make_config):
    for model in ("rnn", "lstm", "transformer"):
        desk = PairDesk(make_config(model, training__steps=3))
        for switch in desk.heard(RemediesOffered)[-1].switches:
            desk.said.clear()
            desk.ask(MakeTwin({switch.name: another(switch)}))
            assert desk.heard(TwinMade), (model, switch.name, desk.told(RaceRejected))
            desk.drive(PlayRace())
            desk.until(lambda desk=desk: desk.told(RaceFinished))
            assert [lane.trainer.status for lane in desk.lanes] == ["finished"] * 2, (model, switch.name)


def another(switch):
    if switch.kind == "toggle":
        return not switch.value
    if switch.kind == "choice":
        return next(option for option in reversed(switch.options) if option != switch.value)
    return 7 if isinstance(switch.value, int) else 0.5


def test_a_run_that_diverged_can_be_tried_again_with_a_remedy(make_config):
    desk = PairDesk(make_config("rnn", model__activation="relu", optimizer__name="sgd", optimizer__learning_rate=1e3,
                            training__clip_norm=0.0))  # fmt: skip
    desk.ask(Play())
    desk.until(lambda: desk.heard(RunDiverged))
    desk.ask(MakeTwin({"learning_rate": 0.1}))
    desk.drive(PlayRace())
    desk.until(lambda: desk.told(RaceFinished))
    ends = {(e.racer, type(e.event).__name__) for e in desk.told(Raced)}
    assert (0, "RunDiverged") in ends
    assert (1, "RunFinished") in ends


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"learning_rate": -1.0}, "learning_rate"),
        ({"incantation": 1}, "no remedy is called"),
        ({"learning_rate": "much"}, "learning_rate"),
    ],
)
def test_a_change_that_cannot_be_is_refused_in_one_line_and_the_pair_before_it_stays(desk, changes, words):
    desk.ask(MakeTwin({"learning_rate": 0.1}))
    before = desk.lanes
    desk.ask(MakeTwin(changes))
    assert words in desk.told(RaceRejected)[-1].text
    assert "\n" not in desk.told(RaceRejected)[-1].text
    assert desk.lanes is before


def test_of_a_run_that_a_breakpoint_stopped_both_go_on_from_the_step_before(desk):
    desk.step_to(4)
    desk.ask(SetBreakpoints((BreakpointSetting("grad_norm", 1e-6),)), Play())
    desk.until(lambda: desk.heard(RunHalted))
    here = weights(desk.run)
    desk.ask(MakeTwin({"learning_rate": 0.1}))
    assert desk.heard(TwinMade)[-1].step == 4
    desk.drive(PlayRace())
    desk.until(lambda: desk.told(RaceFinished))
    original = weights(desk.lanes[0].trainer)
    assert desk.run.step == 4
    assert equal(here, weights(desk.run))
    desk.ask(SetBreakpoints(()), Play())
    desk.until(lambda: desk.run.status == "finished")
    assert equal(original, weights(desk.run))


def test_a_model_that_counts_is_offered_nothing_and_has_no_twin(make_config):
    desk = PairDesk(make_config("ngram"))
    assert desk.heard(RemediesOffered)[-1].switches == ()
    desk.ask(MakeTwin({"learning_rate": 0.1}))
    assert "no gradient" in desk.told(RaceRejected)[-1].text


def test_while_the_pair_trains_the_run_stands_still_and_the_other_way_round(desk):
    desk.ask(Play())
    for _ in range(3):
        desk.control.work()
    desk.ask(MakeTwin({}))
    assert desk.heard(RunPaused)
    desk.drive(PlayRace())
    held = desk.run.step
    for _ in range(10):
        desk.control.work()
    assert desk.run.step == held
    desk.ask(Play())
    assert desk.told(RacePaused)
    steps = [lane.trainer.step for lane in desk.lanes]
    for _ in range(10):
        desk.control.work()
    assert [lane.trainer.step for lane in desk.lanes] == steps
    assert desk.run.step > held


def test_the_pair_shows_frames_of_both_when_watched(desk):
    desk.ask(MakeTwin({"learning_rate": 0.1}))
    desk.drive(WatchRace(Watch(frozenset({"gradient.total.*"}))))
    desk.idle()
    assert {e.racer for e in desk.told(Raced) if isinstance(e.event, Frame)} == {0, 1}


def test_everything_of_the_pair_is_told_as_a_twins(desk):
    before = len(desk.heard(StepMetrics))
    desk.ask(MakeTwin({"learning_rate": 0.1}))
    desk.drive(StepRace(3))
    desk.idle()
    assert len(desk.heard(StepMetrics)) == before
    assert not desk.heard(Raced)
    assert len([e for e in desk.told(Raced) if isinstance(e.event, StepMetrics)]) == 6


def test_a_pair_is_closed_when_asked_and_when_another_run_takes_the_stage(desk):
    desk.ask(MakeTwin({}))
    desk.drive(LeaveRace())
    assert desk.control.lab.twin.race.race is None
    desk.ask(MakeTwin({}), Prepare(desk.config))
    assert desk.control.lab.twin.race.race is None
    desk.drive(PauseRace(), PlayRace())
    assert desk.told(RaceRejected)[-1].text == "there is no race yet"


def test_a_pair_is_not_prepared_from_a_config(desk):
    desk.drive(PrepareRace(desk.config))
    assert "from the run that stands here" in desk.told(RaceRejected)[-1].text


def test_a_pair_that_trains_tells_when_to_paint_as_a_run_does(make_config):
    rung: list[None] = []
    desk = PairDesk(make_config())
    desk.control.ring = lambda: rung.append(None)
    desk.ask(MakeTwin({"learning_rate": 0.01}))
    desk.drive(StepRace(3))
    desk.until(lambda: all(lane.trainer.step == 3 for lane in desk.lanes))
    assert len(rung) == 6  # before each backward pass of each of the two
