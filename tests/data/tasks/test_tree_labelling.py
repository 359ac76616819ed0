from __future__ import annotations

import numpy as np
import pytest
import torch

from seqviz.data.corpora.arithmetic_trees import ArithmeticTrees, ArithmeticTreesConfig
from seqviz.data.tasks import TaskConfig, tasks
from seqviz.models.output import Categorical, Output


@pytest.fixture
def task():
    content = ArithmeticTrees(ArithmeticTreesConfig(samples=300)).read()
    return tasks.get("tree_labelling")(TaskConfig(), content, 64)


def test_a_batch_lays_its_trees_one_after_the_other(task):
    both = task.batch_of("train", np.array([5, 7]))
    first, second = (task.batch_of("train", np.array([row])) for row in (5, 7))
    assert both.tokens == first.tokens + second.tokens
    for name in ("inputs", "targets"):
        parts = [getattr(batch, name)["tokens"].values for batch in (first, second)]
        assert np.array_equal(getattr(both, name)["tokens"].values, np.concatenate(parts, axis=1))
    assert (both.structure.parent < 0).sum() == 2


def test_words_stand_at_the_leaves_only(task):
    batch = task.batch_of("train", np.arange(10))
    assert np.array_equal(batch.inputs["tokens"].mask[0], batch.structure.left < 0)


def test_an_unlabelled_probe_has_no_targets_and_a_label_for_every_node(task):
    batch, notice = task.probe("((1 0) 2)")
    assert batch.rulers["node"].labels == ("1", "0", "1 0", "2", "1 0 2")
    assert not batch.targets["tokens"].mask.any()
    assert notice == ""


def test_a_labelled_probe_has_its_labels_as_targets(task):
    batch, _ = task.probe("(2 (1 (1 1) (0 0)) (2 2))")
    assert [task.labels[i] for i in batch.targets["tokens"].values[0]] == ["1", "0", "1", "2", "2"]
    assert batch.targets["tokens"].mask.all()


def test_an_unknown_word_is_read_as_unknown_and_told(task):
    batch, notice = task.probe("(1 seven)")
    assert task.words[batch.inputs["tokens"].values[0, 1]] == "<unknown>"
    assert "seven" in notice


@pytest.mark.parametrize("text", ["", "(1 (0 0)", "(9 (1 1) (0 0))"])
def test_what_is_no_tree_of_this_corpus_is_refused_in_one_line(task, text):
    with pytest.raises(ValueError, match="^probe: ") as error:
        task.probe(text)
    assert "\n" not in str(error.value)


def test_accuracy_counts_nodes_and_roots_apart(task):
    batch = task.batch_of("valid", np.arange(4)).convert(torch.from_numpy)
    targets = batch.targets["tokens"].values
    wrong_root = targets.clone()
    root = int(np.flatnonzero(batch.structure.parent < 0)[0])
    wrong_root[0, root] = (wrong_root[0, root] + 1) % 3
    output = Output(Categorical(torch.nn.functional.one_hot(wrong_root, 3).float()))
    nodes = targets.numel()
    assert task.metrics(output, batch) == {"node_accuracy": (nodes - 1.0, nodes), "root_accuracy": (3.0, 4.0)}


def test_baselines_count_only_and_lie_no_lower_than_they_can(task):
    lines = {line.name: line.nats for line in task.baselines()}
    assert lines["uniform"] == pytest.approx(np.log(3))
    assert 0.9 < lines["unigram"] <= lines["uniform"] + 0.01
