from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from seqviz.data.corpora.date_pairs import DatePairs, DatePairsConfig
from seqviz.data.tasks import TaskConfig, tasks
from seqviz.data.tasks.transduction import BOS, EOS, PAD
from seqviz.models.output import Categorical, Output


def make(**changes):
    content = replace(DatePairs(DatePairsConfig(samples=300)).read(), **changes)
    return tasks.get("transduction")(TaskConfig(), content, 64)


def saying(symbols, size):
    return Output(Categorical(torch.nn.functional.one_hot(symbols, size).float() * 50))


def test_the_decoder_reads_the_target_one_later_than_it_is_said():
    task = make()
    batch, _ = task.probe("3 March 2024")
    said, read = batch.targets["tokens"].values[0], batch.inputs["decoder"].values[0]
    assert read[0] == BOS
    assert said[-1] == EOS
    assert read[1:].tolist() == said[:-1].tolist()
    assert "".join(task.labels[i] for i in said[:-1]) == "2024-03-03"


def test_short_rows_are_padded_and_masked():
    task = make()
    batch = task.batch_of("train", np.arange(40))
    for field in (batch.inputs["source"], batch.inputs["decoder"], batch.targets["tokens"]):
        assert np.array_equal(field.mask, field.values != PAD)
    assert not batch.inputs["source"].mask.all()
    lengths = batch.inputs["source"].mask.sum(axis=1)
    assert lengths.tolist() == [len(source) for source, _ in task.content.train[:40]]


def test_padding_counts_neither_in_the_loss_nor_in_the_tokens():
    task = make(train=(("a", "xy"), ("abc", "x")), valid=(("b", "y"),))
    batch = task.batch_of("train", np.arange(2))
    assert batch.tokens == 5 == task.tokens_per_epoch
    tensors = batch.convert(torch.from_numpy)
    uniform = Output(Categorical(torch.zeros(2, 3, len(task.labels))))
    total, count = task.objective(uniform, tensors)
    assert float(count) == 5
    assert float(total) == pytest.approx(5 * task.baselines()[0].nats)


def test_one_wrong_character_spoils_the_exact_match_of_its_row_only():
    task = make()
    batch = task.batch_of("valid", np.arange(3)).convert(torch.from_numpy)
    symbols = batch.targets["tokens"].values.clone()
    symbols[1, 4] = BOS
    found = task.metrics(saying(symbols, len(task.labels)), batch)
    assert found == {"character_accuracy": (32.0, 33.0), "exact_match": (2.0, 3.0)}


def test_the_probe_is_ruled_on_both_sides_and_names_what_it_replaced():
    task = make()
    batch, notice = task.probe("3 März 2024 -> 2024-03-03")
    assert batch.rulers["source"].labels == tuple(task.source.labels[i] for i in batch.inputs["source"].values[0])
    assert batch.rulers["source"].labels[2:5] == ("M", "a", "r")
    assert batch.rulers["target"].labels[:2] == ("<bos>", "2")
    assert notice.endswith(": ä z")  # no month has a z


@pytest.mark.parametrize("text", ["", "-> 2024", "3 March ->", "tomorrow", "x" * 200])
def test_what_cannot_be_rewritten_is_refused_in_one_line(text):
    with pytest.raises(ValueError, match="^probe: "):
        make().probe(text)


def test_without_a_rule_both_sides_must_be_typed():
    with pytest.raises(ValueError, match="source -> target"):
        make(answer=None).probe("3 March 2024")
