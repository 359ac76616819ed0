"""The doctor beside a run: silent unless watched, within its budget, and without a trace in the weights."""

from __future__ import annotations

import statistics

import pytest
import torch

from seqviz.core.commands import Watch
from seqviz.core.config import parse_config
from seqviz.core.events import Event, Notice, RunPaused, RunResumed
from seqviz.core.lab_events import Diagnosed, Finding, RemedySwitch, Suggestion
from seqviz.training.builder import build, complete
from seqviz.training.diagnosis import CannotJudge, Rule, agreeing, confidence
from seqviz.training.diagnosis.case import Case
from seqviz.training.diagnosis.chart import EVERY
from seqviz.training.diagnosis.doctor import Doctor, diagnosed, offered
from seqviz.training.ports import NoStore
from seqviz.training.remedies import remedies
from seqviz.training.trainer import Trainer
from tests.training.diagnosis.cases import made
from tests.training.diagnosis.patients import FAULTS, faulty, on_text

LOOKING = Watch(frozenset({"diagnosis.*"}), budget=1.0)


def beside(config, watch: Watch | None):  # type: ignore[no-untyped-def]
    heard: list[Event] = []
    doctor = Doctor(heard.append)
    trainer = Trainer(build(config), NoStore(), doctor.hear)
    trainer.begin()
    doctor.take(trainer)
    if watch is not None:
        doctor.set_watch(watch)
    return doctor, trainer, heard


def drained(doctor: Doctor) -> int:
    pieces = 0
    while doctor.busy:
        doctor.work()
        pieces += 1
    return pieces


@pytest.mark.parametrize("model", ["lstm", "transformer"])
def test_being_diagnosed_at_every_step_changes_no_bit_of_the_weights(model):
    config = on_text(model, training__steps=12, training__valid_every=3, model__dropout=0.2)
    _, alone, _ = beside(config, None)
    for _ in alone.turns():
        pass
    doctor, watched, heard = beside(config, LOOKING)
    for _ in watched.turns():
        doctor.hear(RunPaused(watched.step))
        drained(doctor)
    assert sum(isinstance(event, Diagnosed) for event in heard) >= 12
    for name, value in alone.model.state_arrays().items():
        assert torch.equal(value, watched.model.state_arrays()[name]), name
    assert all(p.grad is None or p.grad.shape == p.shape for p in watched.model.parameters())


def test_nobody_looks_nobody_pays():
    doctor, trainer, heard = beside(on_text("lstm", training__steps=10), None)
    for _ in trainer.turns():
        assert not doctor.busy
    assert trainer.learner.onlookers == []
    assert heard == []
    doctor.set_watch(LOOKING)
    assert drained(doctor) > 3  # several bounded pieces
    assert [type(event) for event in heard] == [Diagnosed]


def test_the_record_of_before_somebody_looked_is_known():
    doctor, trainer, _ = beside(on_text("lstm", training__steps=10), None)
    for _ in trainer.turns():
        pass
    record = doctor.chart.record()
    assert record.steps.tolist() == list(range(1, 11))
    assert record.valid_steps.tolist() == [1, 3, 10]
    assert len(record.ratios) == 0


def test_update_ratios_equal_those_of_the_weights_before_and_after():
    doctor, trainer, _ = beside(on_text("lstm", training__steps=EVERY), LOOKING)
    turns, before = trainer.turns(), {}
    while trainer.step < EVERY:
        before = {n: p.detach().clone() for n, p in trainer.model.named_parameters() if p.ndim >= 2}
        next(turns)
    after = dict(trainer.model.named_parameters())
    ratios = [float((after[n].detach() - old).norm() / old.norm()) for n, old in before.items()]
    record = doctor.chart.record()
    assert record.ratio_steps.tolist() == [EVERY]
    assert record.ratios[0] == pytest.approx(statistics.median(ratios), rel=1e-5)


def test_while_the_run_goes_on_it_waits_for_its_share_of_the_time():
    doctor, trainer, heard = beside(on_text("lstm", training__steps=10), Watch(frozenset({"*"}), budget=1e-6))
    doctor.hear(RunResumed(0))
    assert doctor.busy
    doctor.work()
    assert not doctor.busy  # a millionth of the time is used up
    doctor.hear(RunPaused(0))
    drained(doctor)
    assert isinstance(heard[-1], Diagnosed)


def test_the_same_step_is_judged_once_until_somebody_looks_anew():
    doctor, trainer, heard = beside(on_text("lstm", training__steps=10), LOOKING)
    drained(doctor)
    doctor.hear(RunPaused(0))
    assert drained(doctor) == 0
    doctor.set_watch(Watch())
    doctor.set_watch(LOOKING)
    assert drained(doctor) > 0
    assert len(heard) == 2


def test_counting_models_have_no_doctor():
    doctor, _, heard = beside(on_text("ngram"), LOOKING)
    assert not doctor.busy
    assert heard == []


def test_a_model_that_cannot_be_measured_ends_nothing_and_is_told_among_the_silent(monkeypatch):
    doctor, trainer, heard = beside(on_text("transformer", training__steps=10), LOOKING)

    def broken(batch):
        raise RuntimeError("no trace\nhere")

    monkeypatch.setattr(trainer.model, "quick_trace", broken)
    drained(doctor)
    (told,) = heard
    assert isinstance(told, Diagnosed)
    assert any("it could not be measured: no trace here" in reason for _, reason in told.silent)


def test_a_rule_that_raises_costs_one_notice(monkeypatch):
    doctor, trainer, heard = beside(on_text("lstm", training__steps=10), LOOKING)
    monkeypatch.setattr("seqviz.training.diagnosis.doctor.diagnosed", lambda case, asked: 1 / 0)
    drained(doctor)
    assert [type(event) for event in heard] == [Notice]


class Sure(Rule):
    title = "sure"

    def judge(self, case: Case) -> Finding | None:
        return Finding("sure", self.title, "it is so", 0.9, (("a", "1"),), "loss")


class Unsure(Rule):
    title, order = "unsure", 1

    def judge(self, case: Case) -> Finding | None:
        return Finding("unsure", self.title, "it may be so", 0.6, (("a", "1"),), "loss")


class Lacking(Rule):
    title = "lacking"

    def judge(self, case: Case) -> Finding | None:
        raise CannotJudge("figures are lacking")


class Content(Rule):
    title = "content"

    def judge(self, case: Case) -> Finding | None:
        return None


def test_the_surest_finding_comes_first_and_silence_is_told_apart_from_health():
    told = diagnosed(made(), [Unsure(), Lacking(), Content(), Sure()])
    assert [found.rule for found in told.findings] == ["sure", "unsure"]
    assert told.passed == ("content",)
    assert told.silent == (("lacking", "figures are lacking"),)


class BroughtAbout(Sure):
    title, explained_by = "brought about", ("unsure",)


def test_what_another_finding_explains_is_told_after_it_though_it_is_surer():
    told = diagnosed(made(), [BroughtAbout(), Unsure()])
    assert [found.rule for found in told.findings] == ["unsure", "sure"]
    assert [found.rule for found in diagnosed(made(), [BroughtAbout(), Content()]).findings] == ["sure"]


def test_confidence_is_half_at_the_threshold_and_grows_with_the_logarithm():
    assert confidence(0.01, 0.01, 1e-5) == 0.5
    assert confidence(1e-5, 0.01, 1e-5) == pytest.approx(0.97)
    assert confidence(0.0, 0.01, 1e-5) == pytest.approx(0.97)
    assert confidence(0.1, 0.01, 1e-5) < 0.5
    assert 0.5 < confidence(30, 10, 1000) < confidence(300, 10, 1000) < 0.97
    assert agreeing(0.5, 0.5) == 0.75
    assert agreeing(0.97, 0.9, 0.9) <= 0.99


def test_only_fixes_that_the_run_can_be_given_and_does_not_have_are_offered():
    there = (
        RemedySwitch("learning_rate", "rate", "number", 0.1, "", low=1e-4, high=1.0),
        RemedySwitch("position", "position", "choice", "none", "", options=("none", "rope")),
        RemedySwitch("residual", "residual", "toggle", False, ""),
    )
    asked = (("learning_rate", 0.01), ("learning_rate", 0.1), ("learning_rate", 10.0), ("position", "rope"),
             ("position", "alibi"), ("residual", True), ("forget_bias", 3.0))  # fmt: skip
    finding = Finding("a", "a", "a", 0.9, (), "loss", tuple(Suggestion(name, value, "") for name, value in asked))
    assert [(s.remedy, s.value) for s in offered(finding, there).suggestions] == [
        ("learning_rate", 0.01), ("position", "rope"), ("residual", True),
    ]  # fmt: skip


def test_every_fix_offered_to_an_ill_run_makes_a_config_that_can_be_built():
    for name in FAULTS:
        for found in faulty(name).told.findings:
            for suggestion in found.suggestions:
                config = parse_config(dict(faulty(name).case.config))
                complete(remedies.get(suggestion.remedy)().applied(config, suggestion.value))
