"""Counts by hand, every tagging of a short sentence scored, and the known accuracy on English EWT."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
import torch
from pydantic import ValidationError

from seqviz.core.batch import Batch, Field
from seqviz.core.interface import Interface, Space
from seqviz.data.corpora.conllu import Conllu, ConlluConfig
from seqviz.data.tasks.tagging import TaggingConfig, TaggingTask
from seqviz.models.base import Context
from seqviz.models.hmm_tagger import HmmTagger, HmmTaggerConfig

EWT = Path(__file__).resolve().parents[3] / "shared" / "data" / "ud_english_ewt"
WORDS, TAGS = 5, 3
SENTENCES = (([2, 3, 4], [0, 1, 2]), ([2, 4], [0, 2]), ([3, 2, 2, 3], [1, 0, 1, 2]))  # word 4 twice, 1 never


def build(**knobs: float) -> HmmTagger:
    interface = Interface(Space("tokens", WORDS), Space("tokens", TAGS), "softmax", 8)
    return HmmTagger(HmmTaggerConfig(**knobs), interface)


def padded(rows: list[list[int]]) -> tuple[torch.Tensor, torch.Tensor]:
    longest = max(map(len, rows))
    values = torch.tensor([[*row, *[0] * (longest - len(row))] for row in rows])
    return values, torch.tensor([[t < len(row) for t in range(longest)] for row in rows])


def batch_of(sentences: tuple[tuple[list[int], list[int]], ...] = SENTENCES) -> Batch:
    words, there = padded([words for words, _ in sentences])
    tags, _ = padded([tags for _, tags in sentences])
    axes = ("batch", "t")
    return Batch({"tokens": Field(words, axes, there)}, {"tokens": Field(tags, axes, there)})


def taught(**knobs: float) -> HmmTagger:
    model = build(**knobs)
    model.observe(batch_of())
    return model


def test_transitions_count_the_end_of_a_sentence_as_one_more_follower():
    start, transition, stop, _ = taught(add=1.0).shares
    np.testing.assert_allclose(start, [3 / 6, 2 / 6, 1 / 6])  # 2, 1, 0 times, one more each
    np.testing.assert_allclose(transition[0], [1 / 7, 3 / 7, 2 / 7])  # 0 -> 1 twice, 0 -> 2 once
    np.testing.assert_allclose(stop, [1 / 7, 1 / 7, 4 / 7])
    np.testing.assert_allclose(transition.sum(axis=1) + stop, np.ones(3))


def test_a_word_never_met_is_like_those_met_once():
    model = build(add_to_words=0.0)
    model.observe(batch_of(((([2, 2, 3]), [0, 1, 1]),)))
    emission = model.shares.emission  # (K, W); word 3 is met once, with tag 1
    np.testing.assert_allclose(emission[:, 2], [1.0, 1 / 3, 0.0])
    np.testing.assert_allclose(emission[:, 3], [0.0, 1 / 3, 0.0])
    np.testing.assert_allclose(emission[:, 1], [0.0, 1 / 3, 0.0])


def test_a_sentence_may_go_on_after_a_tag_that_always_ended_and_end_after_one_that_never_did():
    model = taught(add=1e-9, add_to_words=0.0)
    for words in ([4, 4, 4], [2, 4, 3], [3]):
        batch = batch_of(((words, [0] * len(words)),))
        for said in (model.forward(batch, Context()), model.trace(batch).output):
            shares = said.predictive.log_probs().exp()
            torch.testing.assert_close(shares.sum(dim=-1), torch.ones_like(shares[..., 0]))
    with pytest.raises(ValidationError, match="add"):
        HmmTaggerConfig(add=0.0)


@pytest.mark.parametrize("words", [[2], [1, 2], [2, 3, 4], [4, 1, 3, 2, 2]])
def test_answer_and_posterior_equal_those_of_every_tagging_scored(words):
    model = taught(add=0.5, add_to_words=0.01)
    start, transition, stop, emission = model.shares
    scores = {}
    for path in itertools.product(range(TAGS), repeat=len(words)):
        p = start[path[0]] * emission[path[0], words[0]]
        for t in range(1, len(words)):
            p *= transition[path[t - 1], path[t]] * emission[path[t], words[t]]
        scores[path] = p * stop[path[-1]]
    total, expected = sum(scores.values()), np.zeros((len(words), TAGS))
    for path, p in scores.items():
        expected[np.arange(len(words)), list(path)] += p / total
    said = model.forward(batch_of(((words, [0] * len(words)),)), Context()).predictive
    np.testing.assert_allclose(said.log_probs()[0].exp(), expected, rtol=1e-12)
    assert tuple(said.decode()[0].tolist()) == max(scores, key=scores.__getitem__)


def test_padding_changes_neither_answers_nor_counts():
    model = taught()
    together = model.forward(batch_of(), Context()).predictive
    for row, sentence in enumerate(SENTENCES):
        alone = model.forward(batch_of((sentence,)), Context()).predictive
        length = len(sentence[0])
        torch.testing.assert_close(together.log_probs()[row, :length], alone.log_probs()[0])
        assert together.decode()[row, :length].tolist() == alone.decode()[0].tolist()
    one_by_one = build()
    for sentence in SENTENCES:
        one_by_one.observe(batch_of((sentence,)))
    for name, value in model.state_arrays().items():
        assert torch.equal(value, one_by_one.state_arrays()[name]), name


def test_trace_says_the_same_of_sentences_of_different_lengths():
    model = taught(add_to_words=0.01)
    batch = batch_of()
    fast, slow = model.forward(batch, Context()).predictive, model.trace(batch).output.predictive
    torch.testing.assert_close(slow.log_probs(), fast.log_probs(), rtol=1e-9, atol=1e-12)
    assert torch.equal(slow.decode(), fast.decode())


def test_a_tag_that_is_not_told_cuts_the_sentence_there():
    batch = batch_of(((([2, 3, 4]), [0, 1, 2]),))
    mask = torch.tensor([[True, False, True]])
    target = Field(batch.targets["tokens"].values, ("batch", "t"), mask)
    model = build()
    model.observe(Batch(batch.inputs, {"tokens": target}))
    arrays = model.state_arrays()
    assert float(arrays["moves"].sum()) == 0
    assert float(arrays["emissions"].sum()) == 2
    assert float(arrays["starts"].sum()) == float(arrays["stops"].sum()) == 1


def test_nothing_read_yet_means_every_tag_alike():
    said = build().forward(batch_of(), Context()).predictive.log_probs()
    np.testing.assert_allclose(said[0, 0].exp(), np.full(TAGS, 1 / 3))


def test_accuracy_on_english_ewt_is_the_known_figure():
    if not EWT.is_dir():
        pytest.skip("the English EWT treebank does not lie beside the repository")
    content = Conllu(ConlluConfig(path=str(EWT))).read()
    task = TaggingTask(TaggingConfig(min_count=1), content, 64)
    model = HmmTagger(HmmTaggerConfig(), task.interface)
    for batch in task.reading_batches(512):
        model.observe(batch.convert(torch.from_numpy))
    found = {}
    for split, batches in (("test", task.test_batches(512)), ("dev", task.evaluation_batches(512))):
        sums = np.zeros((2, 2))
        for numpy_batch in batches:
            batch = numpy_batch.convert(torch.from_numpy)
            metrics = task.metrics(model.forward(batch, Context()), batch)
            sums += [metrics["accuracy"], metrics["most_frequent_tag_accuracy"]]
        found[split] = (100 * sums[:, 0] / sums[:, 1]).tolist()
    assert found["test"] == pytest.approx([90.47, 86.20], abs=0.005)
    assert found["dev"][0] == pytest.approx(90.30, abs=0.005)
