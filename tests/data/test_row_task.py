from __future__ import annotations

import numpy as np
import pytest

from seqviz.data.corpora.copy_memory import CopyMemory, CopyMemoryConfig
from seqviz.data.tasks import TaskConfig
from seqviz.data.tasks.labelling import LabellingTask


@pytest.fixture
def task():
    return LabellingTask(TaskConfig(), CopyMemory(CopyMemoryConfig(samples=70, delay=3)).read(), 64)


def stacked(batches):
    return np.concatenate([batch.inputs["tokens"].values for batch in batches])


def test_evaluation_reads_every_validation_row_once_in_order(task):
    assert np.array_equal(stacked(task.evaluation_batches(3)), task.content.valid_inputs)


def test_counting_models_read_every_training_row_once_in_order(task):
    assert np.array_equal(stacked(task.reading_batches(32)), task.content.train_inputs)


def test_training_rows_follow_from_the_generator_alone(task):
    first = [task.feeder(False).next(8, np.random.default_rng(3)) for _ in range(2)]
    assert np.array_equal(stacked(first[:1]), stacked(first[1:]))
    rows = stacked(task.feeder(False).next(64, np.random.default_rng(n)) for n in range(20))
    assert len(np.unique(rows, axis=0)) == len(np.unique(task.content.train_inputs, axis=0))


def test_an_epoch_is_as_many_batches_as_cover_the_rows(task):
    assert task.steps_per_epoch(7) == 10
    assert sum(batch.tokens for batch in task.reading_batches(32)) == task.tokens_per_epoch


def test_carried_state_is_refused_because_rows_do_not_follow_one_another(task):
    with pytest.raises(ValueError, match="training.carry_state"):
        task.feeder(True)
