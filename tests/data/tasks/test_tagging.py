from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from seqviz.data.content import TaggedSentences
from seqviz.data.tasks.tagging import PAD, UNKNOWN, TaggingConfig, TaggingTask
from seqviz.models.output import Categorical, Output, PathTable

CONTENT = TaggedSentences(
    "", "",
    train=((("a", "dog", "runs"), ("D", "N", "V")), (("a", "run"), ("D", "N")), (("dogs", "run"), ("N", "V"))),
    valid=((("a", "cat", "runs", "."), ("D", "N", "V", "X")), (("dog",), ("N",))),
    test=((("run",), ("N",)),),
    tags=("D", "N", "V"),
)  # fmt: skip


def task(min_count: int = 1, content: TaggedSentences = CONTENT) -> TaggingTask:
    return TaggingTask(TaggingConfig(min_count=min_count), content, 64)


def test_sentences_are_filled_up_and_masked_in_words_and_tags():
    batch = next(iter(task().evaluation_batches(2)))
    words, tags = batch.inputs["tokens"], batch.targets["tokens"]
    assert words.values[1, 1:].tolist() == [PAD] * 3
    assert words.mask.tolist() == [[True] * 4, [True, False, False, False]]
    assert tags.mask.tolist() == [[True, True, True, False], [True, False, False, False]]  # X was never learned
    assert batch.tokens == 5


def test_words_never_met_or_too_rare_are_unknown():
    assert task().words == ("<pad>", "<unk>", "a", "run", "dog", "dogs", "runs")
    assert task(min_count=2).words == ("<pad>", "<unk>", "a", "run")
    batch = next(iter(task(min_count=2).evaluation_batches(2)))
    assert batch.inputs["tokens"].values[0].tolist() == [2, UNKNOWN, UNKNOWN, UNKNOWN]


def test_every_split_is_read_once_in_order():
    made = task()
    assert [b.tokens for b in made.reading_batches(2)] == [5, 2]
    assert [b.tokens for b in made.test_batches(8)] == [1]
    assert made.tokens_per_epoch == 7
    assert made.interface.context_length == 4


def test_without_a_test_split_there_is_nothing_to_test():
    assert list(task(content=replace(CONTENT, test=())).test_batches(2)) == []


def test_random_batches_come_from_the_training_split():
    batch = task().feeder(False).next(16, np.random.default_rng(0))
    assert UNKNOWN not in batch.inputs["tokens"].values


def test_a_probe_may_say_the_true_tags():
    batch, notice = task().probe("a/D and/or dog runs/V")
    assert batch.rulers["t"].labels == ("a", "and/or", "dog", "runs")
    assert batch.targets["tokens"].mask.tolist() == [[True, False, False, True]]
    assert notice == "not in the vocabulary, read as <unk>: and/or"


def test_an_empty_probe_is_refused():
    with pytest.raises(ValueError, match="probe"):
        task().probe("  ")


def scores(made: TaggingTask, answers: list[list[int]], path: list[list[int]] | None = None):
    batch = next(iter(made.evaluation_batches(2))).convert(torch.from_numpy)
    table = torch.log_softmax(10.0 * torch.nn.functional.one_hot(torch.tensor(answers), 3).double(), dim=-1)
    predictive = Categorical(table) if path is None else PathTable(table, torch.tensor(path))
    return made.metrics(Output(predictive), batch)


def test_accuracy_counts_what_is_asked_for_and_unknown_words_apart():
    found = scores(task(), [[0, 1, 0, 0], [1, 0, 0, 0]])
    assert found["accuracy"] == (3.0, 4.0)
    assert found["unknown_word_accuracy"] == (1.0, 1.0)  # cat


def test_a_model_that_decides_on_the_whole_sentence_is_judged_by_that():
    found = scores(task(), [[0, 0, 0, 0], [0, 0, 0, 0]], [[0, 1, 2, 0], [1, 0, 0, 0]])
    assert found["accuracy"] == (4.0, 4.0)


def test_the_commonest_tag_of_each_word_is_a_line_to_beat():
    made = task()
    found = scores(made, [[0] * 4, [0] * 4])
    assert found["most_frequent_tag_accuracy"] == (4.0, 4.0)  # a D, cat N as most words are, runs V, dog N
    assert [b.name for b in made.baselines()] == ["uniform", "each word by itself"]
    assert made.baselines()[0].nats == pytest.approx(math.log(3))
    assert 0 < made.baselines()[1].nats < math.log(3)


def test_a_stored_run_is_read_again_without_its_corpus():
    made = task()
    again = TaggingTask.from_saved(made.config, made.saved_arrays(), 64)
    assert again is not None
    assert (again.words, again.labels, again.interface) == (made.words, made.labels, made.interface)
    again.probe(again.content.probe)
    assert TaggingTask.from_saved(made.config, {}, 64) is None


def test_a_single_tag_is_refused():
    with pytest.raises(ValueError, match="single tag"):
        task(content=replace(CONTENT, tags=("D",), train=((("a",), ("D",)),)))
