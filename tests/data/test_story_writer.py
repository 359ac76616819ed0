from __future__ import annotations

import hashlib
import re
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqviz.data.story_writer import LANGUAGES, dependent_spans, example_story, write_stories


def country_in(story: str) -> str:
    found = [country for country in LANGUAGES if re.search(rf"\b{country}\b", story)]
    assert len(found) == 1, story
    return found[0]


@given(gap=st.integers(0, 12), seed=st.integers(0, 10**6))
@settings(max_examples=60, deadline=None)
def test_each_story_tells_the_language_of_its_country_once_and_after_it(gap: int, seed: int) -> None:
    for story in write_stories(3000, gap, seed).splitlines():
        ((start, end),) = dependent_spans(story)
        assert story[start:end] == LANGUAGES[country_in(story)]
        assert story.index(country_in(story)) < start


def sentences_between(story: str) -> int:
    ((start, _),) = dependent_spans(story)
    return max(story[story.index(country_in(story)) : start].count(". ") - 1, 0)


@pytest.mark.parametrize("gap", [0, 1, 4])
def test_stories_of_every_gap_up_to_the_one_asked_for_are_equally_frequent(gap: int) -> None:
    counts = Counter(map(sentences_between, write_stories(150_000, gap, 5).splitlines()))
    assert sorted(counts) == list(range(gap + 1))
    assert max(counts.values()) < 1.3 * min(counts.values())


def test_spans_can_be_asked_for_from_a_least_gap_on() -> None:
    text = write_stories(20_000, 3, 5)
    stories = text.splitlines()
    for least in range(5):
        kept = [story for story in stories if sentences_between(story) >= least]
        spans = dependent_spans(text, least)
        assert [text[a:b] for a, b in spans] == [LANGUAGES[country_in(story)] for story in kept]


def test_the_same_arguments_give_the_same_text_in_every_version() -> None:
    text = write_stories(50_000, 2, 7)
    assert text == write_stories(50_000, 2, 7)
    assert text != write_stories(50_000, 2, 8)
    assert (
        hashlib.sha256(text.encode()).hexdigest() == "713d2f8ac3a026899af83ba1239fb8a8465cafee92ff9cf2dfa5f172095cbd69"
    )


def test_the_text_is_as_long_as_asked_for_and_ends_with_a_whole_story() -> None:
    text = write_stories(30_000, 1, 0)
    assert 30_000 <= len(text) < 30_250
    assert text.endswith(".\n")
    assert 400_000 <= len(write_stories()) < 400_250


def test_every_country_comes_about_equally_often() -> None:
    stories = write_stories(400_000, 1, 3).splitlines()
    counts = Counter(map(country_in, stories))
    assert set(counts) == set(LANGUAGES)
    assert max(counts.values()) < 1.5 * min(counts.values())


def test_the_sentences_between_tell_nothing_about_the_country() -> None:
    """Knowing a story's first filler sentence must not make its language easier to guess than chance does."""
    together: dict[str, Counter[str]] = {}
    for story in write_stories(600_000, 1, 4).splitlines():
        if sentences_between(story) == 1:
            together.setdefault(story.split(". ")[1], Counter())[country_in(story)] += 1
    frequent = [counts for counts in together.values() if counts.total() >= 60]
    assert len(frequent) > 3
    assert all(counts.most_common(1)[0][1] < 0.3 * counts.total() for counts in frequent)


def test_verbs_agree_with_their_subject_over_the_noun_between() -> None:
    text = write_stories(200_000, 3, 1)
    scenes = re.findall(r"The (\w+) (?:near|behind|beside) the ((?:old )?\w+) (was|were) ", text)
    plural = {"dogs", "cats", "horses", "birds", "children", "boats", "lamps", "doors", "boxes", "cups"}
    assert len(scenes) > 300
    assert all((verb == "were") == (subject in plural) for subject, _, verb in scenes)
    crossing = sum((subject in plural) != place.endswith("s") for subject, place, _ in scenes)
    assert 0.4 < crossing / len(scenes) < 0.6


@pytest.mark.parametrize(
    ("subject", "own", "strangers"),
    [
        ("I", "my", {"his", "her", "their", "he", "she", "they"}),
        ("she", "her", {"my", "his", "their", "I", "he", "they"}),
        ("he", "his", {"my", "her", "their", "I", "she", "they"}),
        ("they", "their", {"my", "her", "his", "I", "she", "he"}),
    ],
)
def test_pronouns_agree_through_a_whole_story(subject: str, own: str, strangers: set[str]) -> None:
    stories = write_stories(200_000, 2, 2).splitlines()
    about = [story for story in stories if re.search(rf"\b{subject}\b (still )?speak", story)]
    assert len(about) > 100
    for story in about:
        assert not strangers & set(re.findall(r"\w+", story)), story
        verb = re.search(rf"\b{subject} (?:still )?speak(s?)\b", story)
        assert verb is not None
        assert (verb[1] == "s") == (subject in ("she", "he"))
    assert any(re.search(rf"\b{own}\b", story) for story in about)


def test_no_sentence_is_told_twice_in_a_story() -> None:
    for story in write_stories(50_000, 8, 6).splitlines():
        sentences = story.rstrip(".").split(". ")
        assert len(set(sentences)) == len(sentences)


def test_sentences_are_spaced_and_capitalised() -> None:
    text = write_stories(100_000, 2, 9)
    assert "  " not in text
    assert "{" not in text
    assert not re.search(r"\b[Aa] [aeiou]|\b[Aa]n [^aeiou]", text)
    assert all(sentence[0].isupper() for story in text.splitlines() for sentence in story.split(". "))


def test_spans_are_found_in_a_text_of_many_stories_and_in_pieces_of_it() -> None:
    text = write_stories(10_000, 1, 0)
    assert len(dependent_spans(text)) == len(text.splitlines())
    assert dependent_spans("no language here, only Wales and Frenchmen") == []
    assert dependent_spans("speaks Irish and Dutch.") == [(17, 22)]


@pytest.mark.parametrize("gap", [0, 1, 4])
def test_the_example_is_a_story_about_france(gap: int) -> None:
    story = example_story(gap)
    assert story.startswith("I grew up in France")
    assert story.endswith("so I speak fluent French." if gap == 0 else " So I speak fluent French.")
    assert story.count(".") == gap + (2 if gap else 1)
    assert story == example_story(gap)


@pytest.mark.parametrize(
    ("arguments", "field"),
    [((0, 1, 0), "characters"), ((10**9, 1, 0), "characters"), ((100, -1, 0), "gap"), ((100, 51, 0), "gap")],
)
def test_an_argument_out_of_range_is_named(arguments: tuple[int, int, int], field: str) -> None:
    with pytest.raises(ValueError, match=f"^{field}: "):
        write_stories(*arguments)


def test_an_example_with_an_impossible_gap_is_refused() -> None:
    with pytest.raises(ValueError, match="^gap: "):
        example_story(-1)
