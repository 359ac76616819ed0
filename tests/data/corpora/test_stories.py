from __future__ import annotations

import pytest

from seqviz.data.corpora import corpora
from seqviz.data.corpora.stories import StoriesConfig
from seqviz.data.story_writer import LANGUAGES


def read(**knobs):
    return corpora.get("stories")(StoriesConfig(**{"characters": 30_000, **knobs})).read()


def test_training_and_validation_are_cut_between_two_stories():
    content = read()
    assert content.train.endswith("\n")
    assert content.valid.endswith("\n")
    assert abs(len(content.valid) / (len(content.train) + len(content.valid)) - 0.1) < 0.01


@pytest.mark.parametrize("gap", [0, 3])
def test_each_validation_story_has_one_marked_word_the_language_of_its_country(gap):
    content = read(gap=gap)
    stories = content.valid.splitlines()
    words = [content.valid[start:end] for start, end in content.marked_spans]
    assert len(words) == len(stories)
    for story, word in zip(stories, words, strict=True):
        (country,) = [c for c, language in LANGUAGES.items() if language == word]
        assert story.index(country) < story.rindex(word)
    assert content.marked_name == "agreement"


def test_the_probe_is_the_textbook_story_in_known_characters():
    content = read(gap=0)
    assert content.probe == "I grew up in France, so I speak fluent French."
    assert set(content.probe) <= set(content.train)


def test_the_same_knobs_give_the_same_text_and_others_another():
    assert read().sha256 == read().sha256
    assert len({read().sha256, read(seed=1).sha256, read(gap=1).sha256}) == 3
