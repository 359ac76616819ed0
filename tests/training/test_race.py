"""A race: every racer ends with the weights of its run alone, in step with the others, and none pulls another down."""

from __future__ import annotations

import pytest
import torch

from seqviz.core.commands import Watch
from seqviz.core.config import RunConfig
from seqviz.core.events import BaselinesCounted, RunFailed, RunStarted, StepMetrics
from seqviz.core.race_events import Raced, RaceStarted
from seqviz.training.builder import build
from seqviz.training.ports import NoStore, NoStores
from seqviz.training.race import Race
from seqviz.training.trainer import Trainer

RACERS = [
    {"label": "bigram", "model": {"name": "ngram", "order": 2}},
    {"label": "plain", "model": {"name": "rnn", "d_hidden": 10, "d_embedding": 6, "dropout": 0.2}},
    {"label": "gated", "model": {"name": "lstm", "d_hidden": 8, "d_embedding": 6}, "learning_rate": 0.01},
]


@pytest.fixture
def race_config(make_config):
    def make(racers=RACERS, **changes: object) -> RunConfig:
        return make_config(**changes).replaced({"racers": racers})

    return make


def raced(config: RunConfig) -> tuple[Race, list[object]]:
    events: list[object] = []
    race = Race.prepared(config, NoStores(), events.append)
    race.begin()
    for _ in race.turns():
        pass
    return race, events


def alone(config: RunConfig) -> Trainer:
    trainer = Trainer(build(config), NoStore(), lambda event: None)
    trainer.begin()
    for _ in trainer.turns():
        pass
    return trainer


def test_each_racer_ends_with_the_weights_of_its_run_alone_bit_for_bit(race_config):
    config = race_config()
    race, _ = raced(config)
    for lane in race.lanes:
        solo = alone(lane.trainer.config)
        assert lane.trainer.step == solo.step
        expected = solo.model.state_arrays()
        for name, value in lane.trainer.model.state_arrays().items():
            assert torch.equal(value, expected[name]), f"{lane.label}: {name}"


def test_only_those_that_make_optimiser_steps_are_held_to_their_number(race_config):
    race, _ = raced(race_config())
    assert [lane.trainer.step for lane in race.lanes[1:]] == [12, 12]
    counted = race.lanes[0].trainer
    assert counted.tokens == counted.task.tokens_per_epoch


def test_being_looked_at_changes_no_racer(race_config):
    config = race_config()
    quiet, _ = raced(config)
    race = Race.prepared(config, NoStores(), lambda event: None)
    race.begin()
    for lane in race.lanes:
        lane.looker.set_watch(Watch(frozenset({"*"}), "windows", 1.0))
    for _ in race.turns():
        for lane in race.lanes:
            lane.looker.look(paused=False)
    for one, other in zip(quiet.lanes, race.lanes, strict=True):
        arrays = other.trainer.model.state_arrays()
        assert all(torch.equal(value, arrays[name]) for name, value in one.trainer.model.state_arrays().items())


def test_racers_read_the_same_batches(race_config):
    race = Race.prepared(race_config(), NoStores(), lambda event: None)
    race.begin()
    learners = [lane for lane in race.lanes if lane.trainer.learns]
    for _ in range(5):
        for _ in race.round():
            pass
        one, other = (lane.trainer.last_batch for lane in learners)
        assert one is not None
        assert other is not None
        assert (one.inputs["tokens"].values == other.inputs["tokens"].values).all()


def test_after_every_round_all_that_learn_stand_at_the_same_step(race_config):
    race = Race.prepared(race_config(), NoStores(), lambda event: None)
    race.begin()
    for step in range(1, 8):
        for _ in race.round():
            pass
        assert {lane.trainer.step for lane in race.lanes if lane.trainer.learns} == {step}
        assert race.step == race.rounds == step


def test_the_race_is_announced_before_anything_is_said_of_a_racer(race_config):
    _, events = raced(race_config())
    assert isinstance(events[0], RaceStarted)
    assert events[0].labels == ("bigram", "plain", "gated")
    assert events[0].learns_by == ("observe", "gradient", "gradient")
    assert events[0].flops_per_token[0] == 0
    assert events[0].flops_per_token[1] > 0
    assert [run.config["optimizer"]["learning_rate"] for run in events[0].racers] == [2e-3, 2e-3, 0.01]
    assert all(isinstance(e, Raced) and e.race_id == events[0].race_id for e in events[1:])
    for number in range(3):
        told = [e.event for e in events[1:] if e.racer == number]
        assert isinstance(told[0], RunStarted)
        assert any(isinstance(e, BaselinesCounted) for e in told)


def test_a_racer_that_fails_ends_alone(race_config):
    events: list[object] = []
    race = Race.prepared(race_config(), NoStores(), events.append)
    race.begin()

    def break_down(place: str) -> None:
        if place == "step" and race.lanes[1].trainer.step == 3:
            raise RuntimeError("the plain one broke")

    race.lanes[1].trainer.fault = break_down
    for _ in race.turns():
        pass
    failed = [e for e in events if isinstance(e, Raced) and isinstance(e.event, RunFailed)]
    assert [e.racer for e in failed] == [1]
    assert "the plain one broke" in failed[0].event.text
    assert race.lanes[2].trainer.status == "finished"
    assert [bool(s) for s in race.summaries()] == [True, False, True]


def test_a_racer_that_diverges_ends_alone_and_the_other_is_not_disturbed(race_config):
    wild = [*RACERS, {"label": "wild", "model": {"name": "rnn", "d_hidden": 10, "activation": "relu"},
                      "learning_rate": 1000.0}]  # fmt: skip
    config = race_config(wild, optimizer__name="sgd", training__clip_norm=0.0, training__steps=40)
    race, _ = raced(config)
    assert race.lanes[3].trainer.status == "diverged"
    solo = alone(config.lanes()[2])
    arrays = solo.model.state_arrays()
    assert all(torch.equal(v, arrays[n]) for n, v in race.lanes[2].trainer.model.state_arrays().items())


def test_seconds_of_a_racer_are_those_of_its_own_steps(race_config):
    race, events = raced(race_config())
    for lane in race.lanes:
        steps = [e.event for e in events if isinstance(e, Raced) and e.racer == lane.number
                 and isinstance(e.event, StepMetrics)]  # fmt: skip
        told, seconds = steps[-1].seconds, lane.trainer.seconds  # telling how counts have grown costs a little more
        assert told == seconds if lane.trainer.learns else 0 < told <= seconds
    assert sum(lane.trainer.seconds for lane in race.lanes) > 0


@pytest.mark.parametrize(
    ("racers", "words"),
    [
        ([], "at least two"),
        (RACERS[:1], "at least two"),
        ([RACERS[0], {"model": {"name": "lstm", "d_hidden": 0}}], "racers.1.model.d_hidden"),
        ([RACERS[0], {"model": {"name": "kalman"}}], "racers.1.model.name"),
        ([RACERS[0], {"model": {"name": "unheard"}}], "racers.1.model.name"),
    ],
)
def test_a_race_that_cannot_be_is_refused_in_one_line_that_names_the_racer(race_config, racers, words):
    with pytest.raises(ValueError, match=words.replace(".", r"\.")) as refused:
        Race.prepared(race_config(racers), NoStores(), lambda event: None)
    assert "\n" not in str(refused.value)


def test_a_seventh_racer_is_refused(race_config):
    with pytest.raises(ValueError, match="racers"):
        race_config(RACERS * 3)


def test_a_probe_that_one_cannot_read_leaves_all_with_the_old_one(race_config):
    racers = [RACERS[1], {"model": {"name": "transformer", "d_model": 16, "n_layers": 1, "n_heads": 2}}]
    race = Race.prepared(race_config(racers), NoStores(), lambda event: None)
    common = "the cat saw a re"  # the Transformer reads 16 characters
    assert [lane.looker.probe_text for lane in race.lanes] == [common] * 2
    with pytest.raises(ValueError, match="probe"):
        race.set_probe("the cat saw a red dog " * 10)
    assert [lane.looker.probe_text for lane in race.lanes] == [common] * 2
    assert race.set_probe("a cat") == ""
    assert [lane.looker.probe_text for lane in race.lanes] == ["a cat"] * 2
