from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from seqviz.data.corpora.adding import Adding, AddingConfig
from seqviz.data.tasks import TaskConfig, tasks
from seqviz.models.output import Gaussian, Output


def make(samples=3000, **changes):
    content = replace(Adding(AddingConfig(samples=samples, length=12)).read(), **changes)
    return tasks.get("regression")(TaskConfig(), content, 64)


def tensors(batch):
    return batch.convert(torch.from_numpy)


def test_the_loss_is_the_squared_error_and_equals_the_mse():
    task = make()
    batch = tensors(task.batch_of("valid", np.arange(7)))
    output = Output(Gaussian(torch.linspace(0, 2, 7).reshape(7, 1, 1)))
    total, count = task.objective(output, batch)
    by_hand = ((torch.linspace(0, 2, 7) - torch.from_numpy(task.content.valid_targets[:7])) ** 2).mean()
    assert float(total / count) == pytest.approx(float(by_hand))
    squared, number = task.metrics(output, batch)["mse"]
    assert squared / number == pytest.approx(float(total / count))
    assert task.unit.convert(0.25) == 0.25


def test_its_gradient_is_that_of_the_heads_log_density():
    task = make()
    batch = tensors(task.batch_of("valid", np.arange(5)))
    mean = torch.zeros(5, 1, 1, requires_grad=True)
    output = Output(Gaussian(mean))
    (ours,) = torch.autograd.grad(task.objective(output, batch)[0], mean)
    (density,) = torch.autograd.grad(-output.predictive.log_prob(batch.targets["vectors"].values).sum(), mean)
    torch.testing.assert_close(ours, density)


def test_always_saying_one_costs_about_the_baseline():
    task = make()
    batch = tensors(task.batch_of("train", np.arange(3000)))
    total, count = task.objective(Output(Gaussian(torch.ones(3000, 1, 1))), batch)
    (line,) = task.baselines()
    assert float(total / count) == pytest.approx(line.nats, abs=0.02)


def test_any_text_is_a_probe_whose_ruler_has_one_label_a_step():
    batch, _ = make().probe("hello")
    assert batch.inputs["vectors"].values.shape == (1, 12, 2)
    assert batch.targets["vectors"].values.shape == (1, 1, 1)
    assert len(batch.rulers["t"].labels) == 12


def test_without_a_rule_the_probe_is_a_validation_example_by_number():
    task = make(example=None)
    batch, _ = task.probe(" 3 ")
    assert np.array_equal(batch.inputs["vectors"].values[0], task.content.valid_inputs[2])
    with pytest.raises(ValueError, match="1 to 300"):
        task.probe("301")
