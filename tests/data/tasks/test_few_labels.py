"""Few tagged sentences, and many to read without their tags."""

from __future__ import annotations

import numpy as np

from seqviz.data.corpora import corpora
from seqviz.data.corpora.tagged_phrases import TaggedPhrasesConfig
from seqviz.data.tasks.few_labels import FewLabelsConfig, FewLabelsTask
from seqviz.data.tasks.tagging import TaggingConfig, TaggingTask

CONTENT = corpora.get("tagged_phrases")(TaggedPhrasesConfig(samples=300)).read()


def make(**knobs: int) -> FewLabelsTask:
    return FewLabelsTask(FewLabelsConfig(**{"labelled": 10, **knobs}), CONTENT, 16)


def test_tags_come_from_the_first_sentences_alone_and_words_from_all():
    task = make()
    assert task.rows("train") == 10
    assert task.words == TaggingTask(TaggingConfig(), CONTENT, 16).words
    seen = set()
    for seed in range(40):
        batch = task.feeder(False).next(8, np.random.default_rng(seed))
        field = batch.inputs["tokens"]
        seen |= {tuple(row[mask]) for row, mask in zip(field.values, field.mask, strict=True)}
    tagged = {tuple(task._word_ids(words)) for words, _ in CONTENT.train[:10]}
    assert seen == tagged


def test_reading_goes_through_the_whole_split_with_its_padding_masked():
    task = make()
    lengths = set()
    for seed in range(40):
        batch = task.feeder(False).next(8, np.random.default_rng(seed))
        reading = batch.inputs["reading"]
        assert reading.values.shape[0] == 8
        assert (reading.values[~reading.mask] == 0).all()
        lengths |= {tuple(row[mask]) for row, mask in zip(reading.values, reading.mask, strict=True)}
    assert len(lengths) > 100


def test_it_is_judged_like_tagging_by_the_same_validation_sentences():
    plain = TaggingTask(TaggingConfig(), CONTENT, 16)
    for one, other in zip(make().evaluation_batches(8), plain.evaluation_batches(8), strict=True):
        assert (one.inputs["tokens"].values == other.inputs["tokens"].values).all()
        assert set(one.inputs) == {"tokens"}


def test_what_words_usually_are_is_counted_on_the_tagged_sentences_alone():
    few, many = make(labelled=2), make(labelled=300)
    assert few._shares.sum() == sum(len(words) for words, _ in CONTENT.train[:2])
    assert many._shares.sum() == sum(len(words) for words, _ in CONTENT.train)
