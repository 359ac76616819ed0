"""One optimiser step is what a plain PyTorch loop does, and its figures are those of the gradient."""

from __future__ import annotations

import math

import pytest
import torch

from seqviz.models.base import Context
from seqviz.training.builder import build
from seqviz.training.learner import GradientLearner, make_learner

ARCHITECTURES = ["rnn", "lstm", "gru", "transformer"]


def learner_of(config):
    experiment = build(config)
    learner = make_learner(experiment.model, experiment.task, experiment.config, "cpu", 100)
    assert isinstance(learner, GradientLearner)
    return experiment, learner


@pytest.mark.parametrize("model", ARCHITECTURES)
def test_five_steps_equal_a_plain_loop(model, make_config):
    config = make_config(model, optimizer__name="adamw", training__clip_norm=0.3)
    experiment, learner = learner_of(config)
    twin = build(config)
    plain = torch.optim.AdamW(
        [{"params": [p for p in twin.model.parameters() if p.ndim >= 2]},
         {"params": [p for p in twin.model.parameters() if p.ndim < 2]}],
        lr=config.optimizer.learning_rate, betas=(0.9, 0.99), weight_decay=0.0, fused=True,
    )  # fmt: skip
    feeder = experiment.task.feeder(False)
    for _ in range(5):
        batch = feeder.next(4, experiment.randomness.data)
        result = learner.learn(batch)
        tensors = learner.tensors(batch)
        plain.zero_grad()
        logits = twin.model.forward(tensors, Context()).predictive.logits
        loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), tensors.targets["tokens"].values.flatten())
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(twin.model.parameters(), 0.3)
        plain.step()
        assert result.loss == pytest.approx(loss.item(), rel=1e-5)
        assert result.grad_norm == pytest.approx(norm.item(), rel=1e-4)
        assert result.clip_scale == pytest.approx(min(1.0, 0.3 / norm.item()), rel=1e-4)
    for ours, theirs in zip(experiment.model.parameters(), twin.model.parameters(), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-6)


def test_phases_come_in_the_order_of_the_textbook(make_config):
    experiment, learner = learner_of(make_config())
    batch = experiment.task.feeder(False).next(4, experiment.randomness.data)
    assert list(learner.phases(batch)) == ["forward", "loss", "backward", "clip", "update"]


def test_layer_norms_add_up_to_the_total_norm(make_config):
    experiment, learner = learner_of(make_config(training__clip_norm=0.0))
    result = learner.learn(experiment.task.feeder(False).next(4, experiment.randomness.data))
    assert learner.layer_names == ("embedding", "layer 1", "head")
    assert math.sqrt((result.layer_norms.astype(float) ** 2).sum()) == pytest.approx(result.grad_norm, rel=1e-5)


def test_clipping_by_value_bounds_every_entry(make_config):
    experiment, learner = learner_of(make_config(training__clip_value=1e-4, training__clip_norm=0.0))
    learner.learn(experiment.task.feeder(False).next(4, experiment.randomness.data))
    assert max(p.grad.abs().max() for p in learner.parameters) <= 1e-4


@pytest.mark.parametrize("value", [0.0, 1e-4, 1e-2, 1e3])
@pytest.mark.parametrize("norm", [0.0, 1e-3, 0.3, 1e3])
def test_the_length_before_times_the_share_kept_is_the_length_that_the_optimiser_gets(make_config, value, norm):
    experiment, learner = learner_of(make_config(training__clip_value=value, training__clip_norm=norm))
    for _ in range(2):
        result = learner.learn(experiment.task.feeder(False).next(4, experiment.randomness.data))
        after = math.sqrt(sum(float((p.grad.double() ** 2).sum()) for p in learner.parameters))
        assert result.grad_norm * result.clip_scale == pytest.approx(after, rel=2e-5)
        touched = (value and max(float(p.grad.abs().max()) for p in learner.parameters) >= 0.999 * value) or (
            norm and result.grad_norm > norm
        )
        assert (result.clip_scale == 1.0) == (not touched) or (value and norm)


def test_carried_state_continues_and_is_dropped_where_the_stream_starts_again(make_config):
    experiment, learner = learner_of(make_config(training__carry_state=True))
    feeder = experiment.task.feeder(True)
    first = feeder.next(4, experiment.randomness.data)
    second = feeder.next(4, experiment.randomness.data)
    assert first.fresh
    assert not second.fresh
    learner.learn(first)
    carried = [s.clone() for s in learner._state]
    assert all(not s.requires_grad for s in carried)
    continued = learner.model.forward(learner.tensors(second), Context(tuple(carried))).predictive.logits
    afresh = learner.model.forward(learner.tensors(second), Context()).predictive.logits
    assert not torch.allclose(continued, afresh)


def test_evaluation_leaves_the_random_numbers_alone(make_config):
    experiment, learner = learner_of(make_config(model__dropout=0.5))
    batch = experiment.task.feeder(False).next(4, experiment.randomness.data)
    before = torch.get_rng_state()
    assert learner.evaluate(batch).total == learner.evaluate(batch).total
    assert torch.equal(before, torch.get_rng_state())
