"""A copy of a run in the middle of it goes on bit for bit as the run does, and moves nothing in it."""

from __future__ import annotations

import pytest
import torch

from seqviz.core.events import Evaluated, StepMetrics
from seqviz.training.builder import build
from seqviz.training.forking import fork
from seqviz.training.ports import NoStore
from seqviz.training.trainer import Trainer


@pytest.fixture
def adding(make_config):
    return make_config().replaced(
        {
            "corpus": {"name": "adding", "samples": 60, "length": 10},
            "task": {"name": "regression"},
            "model": {"name": "gru", "d_hidden": 8, "d_embedding": 4},
            "probe": "",
            "sampling.prompt": "",
        }
    )


def started(config) -> tuple[Trainer, list[object]]:
    said: list[object] = []
    trainer = Trainer(build(config), NoStore(), said.append)
    trainer.begin()
    return trainer, said


def run_to(trainer: Trainer, turns, step: int) -> None:
    while trainer.step < step:
        next(turns)


def finished(trainer: Trainer) -> Trainer:
    for _ in trainer.turns():
        pass
    return trainer


def same_weights(one: Trainer, other: Trainer) -> bool:
    arrays = other.model.state_arrays()
    return all(torch.equal(value, arrays[name]) for name, value in one.model.state_arrays().items())


def measured(said: list[object], after: int) -> list[tuple[object, ...]]:
    """Figures of steps and validations, clocks left out."""
    steps = [(e.step, e.loss, e.grad_norm, e.learning_rate) for e in said if isinstance(e, StepMetrics)]
    valid = [(e.step, e.loss) for e in said if isinstance(e, Evaluated)]
    return [figures for figures in (*steps, *valid) if figures[0] > after]


CASES = {
    "lstm, dropout, carried state": {
        "model": "lstm", "model__dropout": 0.3, "model__n_layers": 2, "training__carry_state": True,
    },
    "transformer, cosine": {
        "model": "transformer", "model__dropout": 0.1, "optimizer__schedule": "cosine", "optimizer__warmup_steps": 3,
    },
    "rnn, plateau": {
        "model": "rnn", "optimizer__name": "sgd", "optimizer__schedule": "plateau", "optimizer__plateau_patience": 1,
        "optimizer__learning_rate": 3.0, "training__valid_every": 1,
    },
    "rmsprop": {"model": "gru", "optimizer__name": "rmsprop"},
}  # fmt: skip


@pytest.mark.parametrize("at", [1, 5, 7])
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_copy_with_no_knob_turned_goes_on_as_the_run_bit_for_bit(make_config, case, at):
    trainer, told = started(make_config(**case))
    turns = trainer.turns()
    run_to(trainer, turns, at)
    said: list[object] = []
    twin = fork(trainer, trainer.config, said.append)
    assert same_weights(trainer, twin)
    finished(twin)
    for _ in turns:
        pass
    assert trainer.step == twin.step == 12
    assert same_weights(trainer, twin)
    assert measured(said, at) == measured(told, at)


def test_a_copy_of_a_run_on_generated_examples_draws_the_same_examples(adding):
    trainer, _ = started(adding)
    turns = trainer.turns()
    run_to(trainer, turns, 4)
    twin = fork(trainer, trainer.config, lambda event: None)
    finished(twin)
    for _ in turns:
        pass
    assert same_weights(trainer, twin)


def test_a_run_ends_the_same_whether_it_was_copied_or_not(make_config):
    config = make_config("lstm", model__dropout=0.3, training__carry_state=True)
    alone, _ = started(config)
    finished(alone)
    copied, _ = started(config)
    turns = copied.turns()
    run_to(copied, turns, 6)
    finished(fork(copied, copied.config.replaced({"training.clip_norm": 0.1}), lambda event: None))
    for _ in turns:
        pass
    assert same_weights(alone, copied)


@pytest.mark.parametrize(
    "change", [{"training.clip_norm": 0.01}, {"optimizer.learning_rate": 0.5}, {"training.clip_value": 1e-3}]
)
def test_a_copy_with_a_knob_turned_begins_at_the_same_weights_and_reads_the_same_batches(make_config, change):
    trainer, _ = started(make_config("lstm"))
    turns = trainer.turns()
    run_to(trainer, turns, 5)
    twin = fork(trainer, trainer.config.replaced(change), lambda event: None)
    assert same_weights(trainer, twin)
    other = twin.turns()
    run_to(trainer, turns, 6)
    run_to(twin, other, 6)
    assert twin.last_loss == trainer.last_loss  # the loss of a step is taken before its update
    assert not same_weights(trainer, twin)
    run_to(trainer, turns, 9)
    run_to(twin, other, 9)
    for name in trainer.last_batch.inputs:
        assert (trainer.last_batch.inputs[name].values == twin.last_batch.inputs[name].values).all()


def test_a_pause_between_a_step_and_its_validation_does_not_lose_the_validation(make_config):
    trainer, _ = started(make_config("rnn"))
    run_to(trainer, trainer.turns(), 5)
    said: list[object] = []
    finished(fork(trainer, trainer.config, said.append))
    assert [e.step for e in said if isinstance(e, Evaluated) and not e.full] == [5, 10]


def test_a_window_of_another_length_keeps_the_weights_and_drops_the_carried_state(make_config):
    trainer, _ = started(make_config("lstm", training__carry_state=True))
    run_to(trainer, trainer.turns(), 5)
    twin = fork(trainer, trainer.config.replaced({"training.context_length": 6}), lambda event: None)
    assert same_weights(trainer, twin)
    run_to(twin, twin.turns(), 6)
    assert twin.last_batch.fresh
    assert twin.last_batch.inputs["tokens"].values.shape[1] == 6


def test_other_weights_cannot_be_copied_into(make_config):
    trainer, _ = started(make_config("lstm"))
    with pytest.raises(ValueError, match="both must begin anew"):
        fork(trainer, trainer.config.replaced({"model.d_hidden": 5}), lambda event: None)
