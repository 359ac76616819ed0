from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from seqviz.data.corpora.copy_memory import CopyMemory, CopyMemoryConfig
from seqviz.data.corpora.corridor import CorridorConfig, CorridorWalks
from seqviz.data.tasks import TaskConfig, tasks
from seqviz.models.output import Categorical, Output


def make(**changes):
    content = replace(CopyMemory(CopyMemoryConfig(samples=40, delay=5)).read(), **changes)
    return tasks.get("labelling")(TaskConfig(), content, 64)


def tensors(batch):
    return batch.convert(torch.from_numpy)


def saying(symbols, size=10):
    return Output(Categorical(torch.nn.functional.one_hot(symbols, size).float() * 50))


def test_the_whole_row_is_one_context_whatever_the_training_window():
    task = make()
    assert task.interface.context_length == task.context_length == 25
    batch = task.batch_of("train", np.array([4, 2]))
    assert batch.inputs["tokens"].values.dtype == np.int64
    assert np.array_equal(batch.targets["tokens"].values, task.content.train_targets[[4, 2]])


def test_saying_nothing_but_blanks_scores_every_position_but_the_recalled_ones():
    task = make()
    batch = tensors(next(task.evaluation_batches(4)))
    blanks = saying(torch.zeros_like(batch.targets["tokens"].values))
    assert task.metrics(blanks, batch) == {"accuracy": (60.0, 100.0), "recall_accuracy": (0.0, 40.0)}


def test_the_memoryless_strategy_has_the_loss_of_its_baseline():
    task = make()
    batch = tensors(next(task.evaluation_batches(4)))
    logits = torch.full((4, 25, 10), -1e9)
    logits[:, :15, 0] = 0.0
    logits[:, 15:, 1:9] = 0.0
    total, count = task.objective(Output(Categorical(logits)), batch)
    baselines = {line.name: line.nats for line in task.baselines()}
    assert float(total / count) == pytest.approx(baselines["memoryless"], rel=1e-5)
    assert baselines["uniform"] == math.log(10)


def test_the_probe_is_the_typed_digits_with_the_silence_and_the_go_marks():
    batch, notice = make().probe("3141562718")
    assert notice == ""
    assert "".join(batch.rulers["t"].labels) == "3141562718" + "____" + ">" * 11
    assert batch.targets["tokens"].values[0, -10:].tolist() == [3, 1, 4, 1, 5, 6, 2, 7, 1, 8]


def test_without_a_rule_symbols_stand_for_themselves_and_have_no_target():
    batch, _ = make(example=None).probe("12 >_")
    assert batch.inputs["tokens"].values.tolist() == [[1, 2, 9, 0]]
    assert not batch.targets["tokens"].mask.any()


@pytest.mark.parametrize("text", ["", "12x"])
def test_symbols_outside_the_corpus_are_refused_in_one_line(text):
    with pytest.raises(ValueError, match="^probe: .*there is _ 1 2"):
        make(example=None).probe(text)


def test_what_comes_out_may_have_labels_of_its_own():
    content = CorridorWalks(CorridorConfig(samples=40, doors="D...D", length=8)).read()
    task = tasks.get("labelling")(TaskConfig(), content, 64)
    assert (task.interface.inputs.size, task.interface.outputs.size) == (6, 5)
    assert task.interface.hidden
    assert task.labels == ("1 D", "2", "3", "4", "5 D")
    batch, _ = task.probe("D >.")
    assert batch.rulers["t"].labels == ("D", "→.")
    assert not batch.targets["tokens"].mask.any()
    assert task.probe("1")[0].targets["tokens"].mask.all()
    assert task.baselines()[0].nats == math.log(5)
