"""A rehearsed step is the step the run would make, and leaves no trace in the run."""

from __future__ import annotations

import copy
import math

import pytest
import torch

from seqviz.models.base import Context
from seqviz.training.builder import build
from seqviz.training.learner import GradientLearner, make_learner
from seqviz.training.rehearsing import rehearse

PROBE = "the cat saw a red dog"


def trained(make_config, model: str = "lstm", **changes: object):
    """(experiment, learner, probe) after three real steps: the optimiser has a state."""
    experiment = build(make_config(model, **changes))
    learner = make_learner(experiment.model, experiment.task, experiment.config, "cpu", 100)
    assert isinstance(learner, GradientLearner)
    feeder = experiment.task.feeder(False)
    for _ in range(3):
        learner.learn(feeder.next(4, experiment.randomness.data))
    return experiment, learner, experiment.task.probe(PROBE)[0]


@pytest.mark.parametrize("optimizer", ["adamw", "adam", "sgd", "rmsprop"])
@pytest.mark.parametrize("model", ["rnn", "lstm", "gru", "highway"])
def test_it_equals_a_real_step_of_a_copied_optimiser(model, optimizer, make_config):
    experiment, learner, probe = trained(make_config, model, optimizer__name=optimizer, training__clip_norm=0.3,
                                         optimizer__weight_decay=0.1)  # fmt: skip
    found = rehearse(learner, probe)
    twin, optimiser = copy.deepcopy((learner.model, learner.optimizer))
    tensors = learner.tensors(probe)

    def loss():
        total, count = experiment.task.objective(twin.forward(tensors, Context()), tensors)
        return total / count

    optimiser.zero_grad()
    before = loss()
    before.backward()
    names = [name for name, _ in twin.named_parameters()]
    norms = [float(p.grad.norm()) for p in twin.parameters()]
    norm = float(torch.nn.utils.clip_grad_norm_(twin.parameters(), 0.3))
    old = [p.detach().clone() for p in twin.parameters()]
    for group in optimiser.param_groups:
        group["lr"] = learner.peak_rate * learner.schedule.share(learner.steps)
    optimiser.step()
    limit = (before.item(), norm, min(1.0, 0.3 / norm), 0.3, learner.peak_rate, loss().item())
    assert found.step == pytest.approx(limit, rel=1e-4)
    assert list(found.tensors) == names
    for name, gradient, past, now in zip(names, norms, old, twin.parameters(), strict=True):
        update = float((now.detach() - past).norm())
        weight = float(past.norm())
        expected = (gradient, weight, update, update / weight if weight else math.nan)
        assert found.tensors[name] == pytest.approx(expected, rel=1e-3, abs=1e-9, nan_ok=True), name


def test_weights_gradients_optimiser_and_random_numbers_stay_bit_for_bit(make_config):
    experiment, learner, probe = trained(make_config, "lstm", model__n_layers=2, model__dropout=0.2)
    weights = [p.detach().clone() for p in learner.model.parameters()]
    gradients = [p.grad.clone() for p in learner.model.parameters()]
    kept = copy.deepcopy(learner.optimizer.state_dict())
    random, mode = torch.get_rng_state(), learner.model.training
    rehearse(learner, probe)
    assert torch.equal(torch.get_rng_state(), random)
    assert learner.model.training is mode
    assert learner.model.cells.dropout == 0.2
    assert learner.steps == 3
    for p, weight, gradient in zip(learner.model.parameters(), weights, gradients, strict=True):
        assert torch.equal(p, weight)
        assert torch.equal(p.grad, gradient)
    now = learner.optimizer.state_dict()
    assert now["param_groups"] == kept["param_groups"]
    for key, state in kept["state"].items():
        assert all(torch.equal(value, now["state"][key][name]) for name, value in state.items())


def test_a_run_that_rehearses_at_every_step_ends_with_the_same_weights(make_config):
    ends = []
    for rehearses in (True, False):
        torch.manual_seed(5)
        experiment, learner, probe = trained(make_config, "lstm", model__dropout=0.3)
        feeder = experiment.task.feeder(False)
        for _ in range(4):
            if rehearses:
                rehearse(learner, probe)
            learner.learn(feeder.next(4, experiment.randomness.data))
        ends.append([p.detach().clone() for p in learner.model.parameters()])
    assert all(torch.equal(one, other) for one, other in zip(*ends, strict=True))


def test_a_step_that_would_diverge_gives_no_figures_and_no_error(make_config):
    _, learner, probe = trained(make_config)
    with torch.no_grad():
        learner.parameters[0].fill_(math.nan)
    found = rehearse(learner, probe)
    assert math.isnan(found.step[1])
    assert all(math.isnan(value) for values in found.tensors.values() for value in values)
