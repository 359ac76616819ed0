"""Operations of a training token, against arithmetic done by hand."""

from __future__ import annotations

import pytest

from seqviz.training.builder import build
from seqviz.training.flops import training_flops_per_token


def flops(config) -> tuple[float, int]:
    experiment = build(config)
    from seqviz.training.learner import make_learner

    learner = make_learner(experiment.model, experiment.task, config, "cpu", 1)
    batch = learner.tensors(next(experiment.task.evaluation_batches(1)))
    return training_flops_per_token(experiment.model, batch), experiment.task.interface.inputs.size


def test_of_a_plain_recurrent_net_are_six_for_every_weight_that_multiplies(make_config):
    found, vocabulary = flops(make_config("rnn"))
    hidden, embedding = 12, 8
    weights = hidden * embedding + hidden * hidden + hidden * vocabulary
    assert found == pytest.approx(3 * 2 * weights)


def test_of_an_lstm_are_four_times_as_many_in_the_cell(make_config):
    found, vocabulary = flops(make_config("lstm"))
    hidden, embedding = 12, 8
    assert found == pytest.approx(3 * 2 * (4 * hidden * (embedding + hidden) + hidden * vocabulary))


def test_of_attention_grow_with_the_length_of_the_window(make_config):
    short, _ = flops(make_config("transformer"))
    long, _ = flops(make_config("transformer", training__context_length=64))
    assert long > short


@pytest.mark.parametrize(("train_by", "recurrent"), [("teacher_forcing", 0), ("free_running", 1)])
def test_of_output_to_hidden_recurrence_are_those_of_the_way_it_trains(make_config, train_by, recurrent):
    """Its trace shows both ways; the true output picks a row, its own one is multiplied by the whole matrix."""
    found, vocabulary = flops(make_config("output_to_hidden", model__train_by=train_by))
    hidden, embedding, length = 12, 8, 16
    after_the_first = recurrent * hidden * vocabulary * (length - 1) / length
    assert found == pytest.approx(3 * 2 * (hidden * embedding + hidden * vocabulary + after_the_first))


def test_of_counting_are_none(make_config):
    assert flops(make_config("ngram"))[0] == 0
