"""Not a number is found in its own step, before the optimiser applies it, and named (R1)."""

from __future__ import annotations

import pytest
import torch

from seqviz.core.batch import Batch, Field
from seqviz.core.events import RunDiverged, StepMetrics
from seqviz.core.interface import Needs, reason_against
from seqviz.models.base import NeuralModel, architectures
from seqviz.training.builder import build
from seqviz.training.divergence import first_bad_array
from seqviz.training.ports import NoStore
from seqviz.training.trainer import Trainer

WRITES_TEXT = Needs("chain", "tokens", "softmax", causal=True)
NEURAL = [
    n for n, c in architectures.items() if c.learns_by == "gradient" and not reason_against(c.offers, WRITES_TEXT)
]


def run_until_the_end(config, disturb=None):
    events: list[object] = []
    trainer = Trainer(build(config), NoStore(), events.append)
    trainer.begin()
    for _ in trainer.turns():
        if disturb is not None:
            disturb(trainer)
    return trainer, events


@pytest.mark.parametrize("model", NEURAL)
def test_a_poisoned_weight_is_named_in_the_step_after_it(model, make_config):
    def poison(trainer: Trainer) -> None:
        if trainer.step == 4:
            with torch.no_grad():
                next(trainer.model.parameters())[0] = float("nan")

    trainer, events = run_until_the_end(make_config(model), poison)
    end = next(e for e in events if isinstance(e, RunDiverged))
    assert end.step == 5
    assert "weights of" in end.tensor
    assert trainer.status == "diverged"
    assert max(e.step for e in events if isinstance(e, StepMetrics)) == 4


@pytest.mark.parametrize("model", NEURAL)
def test_a_mad_learning_rate_never_leaves_weights_that_are_no_numbers(model, make_config):
    config = make_config(model, optimizer__learning_rate=1000.0, optimizer__name="sgd", training__clip_norm=0.0,
                         training__steps=60)  # fmt: skip
    trainer, events = run_until_the_end(config)
    assert all(bool(torch.isfinite(p).all()) for p in trainer.model.parameters())
    ended = [e for e in events if isinstance(e, RunDiverged)]
    assert trainer.status == ("diverged" if ended else "finished")


def test_a_gradient_that_overflows_is_named_before_the_update(make_config):
    config = make_config("rnn")
    experiment = build(config)
    trainer = Trainer(experiment, NoStore(), lambda event: None)
    assert isinstance(trainer.model, NeuralModel)
    weight = trainer.model.head.linear.weight
    weight.register_hook(lambda grad: grad * float("inf"))
    before = weight.detach().clone()
    told: list[object] = []
    trainer._emit = told.append
    for _ in trainer.turns():
        pass
    end = next(e for e in told if isinstance(e, RunDiverged))
    assert end.tensor == "gradient of head.linear.weight"
    assert torch.equal(weight, before)


@pytest.mark.parametrize("seed", range(4))
def test_sampling_at_every_step_leaves_the_divergence_to_the_step_that_names_it(seed, make_config):
    mad = {"optimizer__learning_rate": 1000.0, "optimizer__name": "sgd", "optimizer__momentum": 0.0}
    config = make_config("rnn", **mad, model__activation="relu", training__clip_norm=0.0, training__seed=seed,
                         sampling__every=1)  # fmt: skip
    trainer, events = run_until_the_end(config)
    assert trainer.status == "diverged"
    assert isinstance(events[-1], RunDiverged)


def test_a_penalty_that_hides_the_future_is_not_taken_for_the_culprit(make_config):
    experiment = build(make_config("transformer", model__position="alibi"))
    task = experiment.task
    batch = Batch({"tokens": Field(torch.tensor([[0, 1, 2, 3]]), ("batch", "t"))},
                  {"tokens": Field(torch.tensor([[1, 2, 3, 0]]), ("batch", "t"))})  # fmt: skip
    assert task.interface.inputs.size > 3
    assert isinstance(experiment.model, NeuralModel)
    assert first_bad_array(experiment.model, batch) is None
    with torch.no_grad():
        experiment.model.blocks[1].widen.weight.fill_(3e38)
    found = first_bad_array(experiment.model, batch)
    assert found is not None
    assert found.tensor == "blocks.1.mlp.hidden"
