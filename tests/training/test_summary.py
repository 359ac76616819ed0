"""What a run says of itself at its end, and before it."""

from __future__ import annotations

from seqviz.core.events import Evaluated
from seqviz.training.builder import build
from seqviz.training.ports import NoStore
from seqviz.training.trainer import Trainer


def trained(config):
    events: list[object] = []
    trainer = Trainer(build(config), NoStore(), events.append)
    for _ in trainer.turns():
        pass
    return trainer, events


def test_before_the_end_the_summary_tells_the_sampled_loss_apart_from_that_of_the_whole_split(make_config):
    trainer = Trainer(build(make_config()), NoStore(), lambda event: None)
    turns = trainer.turns()
    while trainer.step < 6:
        next(turns)
    early = trainer.summary({})
    assert early["valid_loss"] is None
    assert early["valid_loss_sampled"] == trainer.valid_loss
    for _ in turns:
        pass
    assert trainer.summary({})["valid_loss"] == trainer.valid_loss


def test_the_sampled_loss_says_of_which_step_it_is_and_what_each_token_saw(make_config):
    """At 8 steps the last estimate is of step 5; a counting model is estimated window by window, judged in one go."""
    _, events = trained(make_config(training__steps=8))
    summary = events[-1].summary
    assert summary["valid_loss_sampled_step"] == 5
    assert summary["valid_loss_sampled"] == next(e.loss for e in events if isinstance(e, Evaluated) and e.step == 5)
    assert summary["valid_loss_sampled_rule"] == summary["valid_rule"]
    trainer, events = trained(make_config("ngram", training__steps=8))
    summary = events[-1].summary
    assert summary["valid_rule"] == "all of the text before it"
    assert summary["valid_loss_sampled_rule"] == trainer.task.rule != summary["valid_rule"]


def test_a_run_without_an_estimate_has_none_to_date(make_config):
    summary = Trainer(build(make_config()), NoStore(), lambda event: None).summary({})
    assert (summary["valid_loss_sampled"], summary["valid_loss_sampled_step"]) == (None, None)
