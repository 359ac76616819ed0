"""The small world: its words, its analogies, and the bias that its knob sets."""

from __future__ import annotations

import re

import pytest

from seqviz.data.corpora import corpora
from seqviz.data.corpora.word_worlds import JOBS_HERS, JOBS_HIS, WordWorldsConfig


def read(**knobs):
    return corpora.get("word_worlds")(WordWorldsConfig(**{"sentences": 4000, **knobs})).read()


def share_of_she(text: str, jobs: tuple[str, ...]) -> float:
    found = re.findall(rf"The (?:{'|'.join(jobs)}) said that (she|he)", text)
    assert len(found) > 100
    return found.count("she") / len(found)


@pytest.mark.parametrize("bias", [0.0, 0.6, 1.0])
def test_the_bias_is_how_one_sided_the_jobs_are(bias):
    text = read(bias=bias).train
    assert share_of_she(text, JOBS_HERS) == pytest.approx((1 + bias) / 2, abs=0.08)
    assert share_of_she(text, JOBS_HIS) == pytest.approx((1 - bias) / 2, abs=0.08)


def test_every_word_of_an_analogy_is_written_often_enough_to_learn():
    content = read()
    words = re.findall(r"\w+", content.train.lower())
    assert len(content.analogies) == 7 * 6 + 8 * 7
    assert min(words.count(word) for four in content.analogies for word in four) >= 20
    assert ("king", "queen", "man", "woman") in content.analogies
    assert ("paris", "france", "rome", "italy") in content.analogies


def test_the_same_knobs_give_the_same_text_and_another_seed_another():
    assert read().sha256 == read().sha256
    assert read(seed=1).sha256 != read().sha256
