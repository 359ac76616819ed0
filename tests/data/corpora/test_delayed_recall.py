from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from seqviz.core.config import parse_config
from seqviz.data.corpora import corpora
from seqviz.data.corpora.delayed_recall import QUESTION, SYMBOLS, DelayedRecallConfig, recall_rows
from seqviz.models.output import Categorical, Output
from seqviz.training.builder import build


def read(**knobs):
    return corpora.get("delayed_recall")(DelayedRecallConfig(**{"samples": 60, "delay": 5, **knobs})).read()


def test_a_row_is_the_symbol_the_letters_and_the_question_and_only_the_end_is_asked():
    inputs, targets = recall_rows(np.array([4]), np.array([[8, 9, 13]]))
    assert inputs.tolist() == [[4, 8, 9, 13, QUESTION]]
    assert targets.tolist() == [[-1, -1, -1, -1, 4]]


@pytest.mark.parametrize("delay", [0, 1, 40])
def test_the_answer_lies_delay_plus_one_positions_back(delay):
    content = read(delay=delay)
    assert content.train_inputs.shape == (60, delay + 2)
    assert np.array_equal(content.train_inputs[:, 0], content.train_targets[:, -1])
    assert content.distance == delay + 1
    assert ((content.train_inputs[:, 1:-1] >= SYMBOLS) & (content.train_inputs[:, 1:-1] < QUESTION)).all()


def test_who_remembers_nothing_pays_the_logarithm_of_the_symbols():
    assert read().baselines[0][2] == math.log(8)


@pytest.mark.parametrize("text", ["", "9", "abc", "5 xyz", "55"])
def test_anything_but_a_digit_and_letters_is_refused_in_one_line(text):
    with pytest.raises(ValueError, match="type a digit from 1 to 8"):
        read().example(text)


def test_a_digit_with_letters_is_taken_as_it_stands():
    inputs, targets = read().example("5 cafe ?")
    assert inputs.tolist() == [4, 10, 8, 13, 12, QUESTION]
    assert targets.tolist() == [-1] * 5 + [4]
    assert len(read(delay=5).example("5")[0]) == 7


@pytest.fixture(scope="module")
def experiment():
    return build(
        parse_config(
            {
                "corpus": {"name": "delayed_recall", "delay": 4, "samples": 40},
                "task": {"name": "labelling"},
                "model": {"name": "rnn", "d_hidden": 6, "d_embedding": 3},
            }
        )
    )


def test_the_loss_is_that_of_the_last_position_alone(experiment):
    task = experiment.task
    batch = next(iter(task.evaluation_batches(4))).convert(torch.from_numpy)
    logits = torch.randn(4, 6, 15, generator=torch.Generator().manual_seed(2))
    total, count = task.objective(Output(Categorical(logits)), batch)
    last = torch.log_softmax(logits[:, -1], dim=-1)
    answer = batch.inputs["tokens"].values[:, 0]
    assert float(count) == 4
    assert float(total) == pytest.approx(-float(last[torch.arange(4), answer].sum()), rel=1e-6)


def test_accuracy_counts_the_answers_alone(experiment):
    task = experiment.task
    batch = next(iter(task.evaluation_batches(4))).convert(torch.from_numpy)
    logits = torch.zeros(4, 6, 15)
    logits[:2, -1] = torch.nn.functional.one_hot(batch.inputs["tokens"].values[:2, 0].long(), 15).float()
    logits[2:, -1, 14] = 1.0
    assert task.metrics(Output(Categorical(logits)), batch) == {"accuracy": (2.0, 4.0)}
