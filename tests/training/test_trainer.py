"""A run, headless: reproducible, bounded by its budgets, undisturbed by being watched (R3)."""

from __future__ import annotations

import math
import time

import pytest
import torch

from seqviz.core.commands import Watch
from seqviz.core.events import (
    BaselinesCounted,
    Evaluated,
    Frame,
    KnobChanged,
    RunFinished,
    RunStarted,
    Sample,
    StepMetrics,
)
from seqviz.training.builder import build
from seqviz.training.looking import Looker
from seqviz.training.ports import NoStore
from seqviz.training.trainer import Trainer

MODELS = ["rnn", "lstm", "gru", "transformer"]


def trained(config, watch: Watch | None = None):
    events: list[object] = []
    trainer = Trainer(build(config), NoStore(), events.append)
    trainer.begin()
    looker = Looker(trainer, events.append)
    if watch is not None:
        looker.set_watch(watch)
    for _ in trainer.turns():
        if watch is not None:
            looker.renew()
            while looker.look(paused=True):
                pass
    return trainer, events


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("source", ["probe", "batch", "windows"])
def test_watching_everything_gives_bit_for_bit_the_same_weights_and_losses(model, source, make_config):
    config = make_config(model, model__dropout=0.2, training__steps=4)
    alone, alone_events = trained(config)
    watched, watched_events = trained(config, Watch(frozenset({"*"}), source))
    assert any(isinstance(e, Frame) for e in watched_events)
    for name, value in alone.model.state_arrays().items():
        assert torch.equal(value, watched.model.state_arrays()[name]), name
    losses = [[e.loss for e in events if isinstance(e, StepMetrics)] for events in (alone_events, watched_events)]
    assert losses[0] == losses[1]


def test_the_same_seed_gives_the_same_run_and_another_seed_another(make_config):
    first, second = trained(make_config())[0], trained(make_config())[0]
    other = trained(make_config(training__seed=5))[0]
    assert first.last_loss == second.last_loss
    assert first.last_loss != other.last_loss


def test_a_run_leaves_the_global_random_numbers_where_they_were(make_config):
    before = torch.get_rng_state()
    trained(make_config(model__dropout=0.3))
    assert torch.equal(before, torch.get_rng_state())


def test_a_run_tells_its_whole_story(make_config):
    trainer, events = trained(make_config())
    kinds = [type(e) for e in events]
    assert kinds[0] is RunStarted
    assert kinds[1] is BaselinesCounted
    assert kinds[-1] is RunFinished
    assert [e.step for e in events if isinstance(e, StepMetrics)] == list(range(1, 13))
    assert [e.step for e in events if isinstance(e, Evaluated) and not e.full] == [1, 3, 5, 10]
    assert [e.step for e in events if isinstance(e, Sample)] == [1, 10]
    assert len(next(e for e in events if isinstance(e, Sample)).tokens) == 8
    summary = events[-1].summary
    assert summary["status"] == "finished"
    assert summary["steps"] == 12
    assert summary["valid_loss"] == pytest.approx(trainer.valid_loss)
    assert summary["bits_per_character"] == pytest.approx(trainer.valid_loss / math.log(2))


def test_the_full_validation_scores_every_token_once(make_config):
    trainer, _ = trained(make_config())
    task = trainer.task
    batches = list(task.evaluation_batches(3))
    targets = [t for b in batches for row in b.targets["tokens"].values for t in row]
    assert targets == list(task.valid_ids[1:])


def test_epochs_and_seconds_end_a_run(make_config):
    by_epochs, _ = trained(make_config(training__steps=0, training__epochs=0.05))
    per_step = 4 * 16
    assert by_epochs.step == math.ceil(0.05 * by_epochs.task.tokens_per_epoch / per_step)
    by_time, events = trained(make_config(training__steps=0, training__seconds=0.2))
    assert by_time.seconds >= 0.2
    assert 0.5 < by_time.learner.progress <= 1
    assert "seconds" in events[-1].reason


def test_a_live_change_is_applied_recorded_and_refused_when_out_of_range(make_config):
    events: list[object] = []
    trainer = Trainer(build(make_config(model__dropout=0.1)), NoStore(), events.append)
    trainer.begin()
    turns = trainer.turns()
    next(turns)
    trainer.set_knob("optimizer.learning_rate", 0.5)
    trainer.set_knob("model.dropout", 0.4)
    trainer.set_knob("training.batch_size", 2)
    with pytest.raises(ValueError, match=r"optimizer\.learning_rate"):
        trainer.set_knob("optimizer.learning_rate", float("nan"))
    with pytest.raises(ValueError, match=r"model\.dropout"):
        trainer.set_knob("model.dropout", 7.0)
    while trainer.step < 3:
        next(turns)
    changes = {e.key: (e.old, e.new) for e in events if isinstance(e, KnobChanged)}
    assert changes["optimizer.learning_rate"] == (2e-3, 0.5)
    assert changes["model.dropout"] == (0.1, 0.4)
    assert trainer.model.dropout.p == 0.4
    steps = [e for e in events if isinstance(e, StepMetrics)]
    assert steps[-1].learning_rate == 0.5
    assert steps[-1].tokens - steps[-2].tokens == 2 * 16


def test_a_batch_that_leaves_no_window_to_a_stream_is_refused_before_and_during_the_run(make_config):
    with pytest.raises(ValueError, match=r"training\.batch_size: 900 streams"):
        Trainer(build(make_config(training__carry_state=True, training__batch_size=900)), NoStore(), print)
    trainer = Trainer(build(make_config(training__carry_state=True)), NoStore(), lambda event: None)
    turns = trainer.turns()
    next(turns)
    with pytest.raises(ValueError, match=r"training\.batch_size: 900 streams"):
        trainer.set_knob("training.batch_size", 900)
    assert trainer.config.training.batch_size == 4
    while trainer.step < 3:
        next(turns)


def test_a_counting_model_reads_the_training_split_once_and_in_order(make_config):
    trainer, events = trained(make_config("ngram", training__steps=0))
    assert trainer.tokens == len(trainer.task.train_ids) - 1
    assert trainer.status == "finished"
    assert math.isfinite(events[-1].summary["valid_loss"])


def test_a_context_longer_than_the_corpus_is_refused_by_name(make_config):
    with pytest.raises(ValueError, match=r"training\.context_length: 4096 is longer than the corpus"):
        build(make_config(training__context_length=4096, corpus__text="the cat saw a dog " * 40))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"model__name": "nope"}, r'model\.name: no architecture is called "nope"'),
        ({"corpus__text": ""}, r"corpus\.path: name a text file"),
        ({"corpus__text": "a"}, r"pasted text|characters"),
        ({"corpus__text": "a" * 500}, r"corpus: one symbol repeated"),
        ({"model__d_hidden": 0}, r"model\.d_hidden: .* got 0"),
        ({"model__d_hiden": 4}, r"model\.d_hiden: there is no such setting"),
        ({"training__device": "cuda"}, r"training\.device: there is no cuda"),
        ({"task__name": "labelling"}, r"task\.name: .* cannot be asked of"),
    ],
)
def test_bad_configs_are_refused_with_one_line_that_names_the_field(changes, message, make_config):
    if "cuda" in changes.values() and torch.cuda.is_available():
        pytest.skip("there is a GPU here")
    with pytest.raises(ValueError, match=message) as caught:
        build(make_config(**changes))
    assert "\n" not in str(caught.value)


def test_the_last_pass_is_ended_even_where_the_budget_ends_with_it(make_config):
    """Baum-Welch: two passes of four batches are eight steps, and the eighth must bring its M step."""
    config = make_config("hmm", training__context_length=64, training__batch_size=4, training__steps=0)
    config = config.replaced({"model": {"name": "hmm", "n_states": 3, "passes": 2}})
    free, _ = trained(config)
    capped, _ = trained(config.replaced({"training.steps": free.step}))
    assert free.step % 2 == 0
    arrays = capped.model.state_arrays()
    assert all(torch.equal(value, arrays[name]) for name, value in free.model.state_arrays().items())


def test_seconds_hold_what_a_counting_model_puts_off(make_config, monkeypatch):
    """Counts wait until many can be counted together, or somebody asks: that is the run's own work all the same."""
    slept = []

    def slow(*args: object) -> dict[str, float]:
        slept.append(0.05)
        time.sleep(0.05)
        return {}

    trainer = Trainer(build(make_config("ngram", training__steps=2)), NoStore(), lambda event: None)
    monkeypatch.setattr(trainer.model, "growth", slow)
    for _ in trainer.turns():
        pass
    assert trainer.seconds >= sum(slept) > 0


def test_a_count_is_finished_when_the_text_is(make_config):
    trainer, _ = trained(make_config("ngram", training__steps=0))
    assert not trainer.model._unread.size
    assert trainer.model._smoothing is not None


def test_without_an_end_in_sight_no_share_of_the_training_is_done(make_config):
    trainer = Trainer(build(make_config(training__steps=0)), NoStore(), lambda event: None)
    turns = trainer.turns()
    while trainer.step < 3:
        next(turns)
    assert trainer.learner.progress == 0
