"""What the training thread does with its commands, without a thread."""

from __future__ import annotations

import torch

from seqviz.core.commands import Play, Prepare, Step
from seqviz.core.events import Notice, Rejected, RunStarted
from seqviz.core.lab_commands import Ask
from seqviz.runs.folders import RunFolders, open_run
from seqviz.training.control import Control
from seqviz.training.ports import NoStores


def test_a_run_that_another_one_replaces_is_kept_as_far_as_it_came(make_config, tmp_path):
    started: list[RunStarted] = []
    control = Control(lambda e: started.append(e) if isinstance(e, RunStarted) else None, lambda: None,
                      RunFolders(tmp_path))  # fmt: skip
    control.obey(Prepare(make_config(training__steps=0)))
    control.obey(Play())
    trainer = control.trainer
    while trainer.step < 9:
        control.work()
    control.obey(Prepare(make_config()))
    assert control.trainer is not trainer
    assert open_run(tmp_path / started[0].run_id).step == 9
    control.close()


def test_a_step_of_nothing_does_not_set_the_run_going(make_config):
    control = Control(lambda event: None, lambda: None, NoStores())
    control.obey(Prepare(make_config()))
    for count in (0, -3):
        control.obey(Step(count))
    for _ in range(20):
        control.work()
    assert control.trainer.step == 0
    control.obey(Step(2))
    for _ in range(20):
        control.work()
    assert control.trainer.step == 2


def test_a_part_that_breaks_while_it_is_built_leaves_the_run_before_as_it_was(make_config, monkeypatch):
    said: list[object] = []
    control = Control(said.append, lambda: None, NoStores())
    control.obey(Prepare(make_config("rnn")))
    control.obey(Step(2))
    while control.busy:
        control.work()

    def break_down(self, *given: object) -> None:
        raise KeyError("lost")

    monkeypatch.setattr("seqviz.models.gru.GRU.__init__", break_down)
    control.obey(Prepare(make_config("gru")))
    assert "could not be built" in said_last(said, Rejected).text
    assert "KeyError" in said_last(said, Notice).details
    assert control.trainer is not None
    assert control.trainer.status == "running"
    control.obey(Step(1))
    while control.busy:
        control.work()
    assert control.trainer.step == 3


def said_last(said: list, kind: type):
    return [event for event in said if isinstance(event, kind)][-1]


def test_a_question_that_breaks_down_is_told_and_the_run_goes_on(make_config, monkeypatch):
    said: list[object] = []
    control = Control(said.append, lambda: None, NoStores())
    control.obey(Prepare(make_config("rnn")))

    def break_down(*given: object):
        raise RuntimeError("it did not converge")
        yield

    monkeypatch.setattr("seqviz.analysis.curvature.Curvature.slices", break_down)
    control.obey(Ask(frozenset({"curvature.*"})))
    while control.busy:
        control.work()
    assert "did not converge" in said_last(said, Notice).text
    control.obey(Step(1))
    while control.busy:
        control.work()
    assert control.trainer.step == 1


def test_a_question_about_weights_that_are_no_numbers_is_refused_with_one_sentence(make_config):
    said: list[object] = []
    control = Control(said.append, lambda: None, NoStores())
    control.obey(Prepare(make_config("rnn")))
    with torch.no_grad():
        next(control.trainer.model.parameters()).fill_(float("nan"))
    control.obey(Ask(frozenset({"curvature.*"})))
    while control.busy:
        control.work()
    assert "no finite number" in said_last(said, Rejected).text
    assert control.looker.awaiting == ""
