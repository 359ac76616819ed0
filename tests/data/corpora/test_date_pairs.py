from __future__ import annotations

import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqviz.data.corpora import corpora
from seqviz.data.corpora.date_pairs import FORMATS, DatePairsConfig, iso_date, ordinal, written


def read(**knobs):
    return corpora.get("date_pairs")(DatePairsConfig(**{"samples": 2000, **knobs})).read()


@settings(deadline=None)
@given(st.dates(datetime.date(1000, 1, 1)), st.integers(0, len(FORMATS) - 1))
def test_every_way_of_writing_is_read_back_to_the_same_day(date, number):
    assert iso_date(written(date, number)) == date.isoformat()


def test_every_source_rewrites_to_its_target():
    content = read()
    assert all(content.answer(source) == target for source, target in content.train + content.valid)


def test_no_day_is_shared_between_training_and_validation():
    content = read(samples=20_000)
    assert not {target for _, target in content.train} & {target for _, target in content.valid}


def test_the_same_seed_gives_the_same_pairs():
    assert read().sha256 == read().sha256 != read(seed=9).sha256


def test_ordinals_end_as_in_english():
    assert [ordinal(n) for n in (1, 2, 3, 4, 11, 12, 13, 21, 22, 23, 31)] == [
        "1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "22nd", "23rd", "31st",
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["", "tomorrow", "March 2024", "3 March", "1 2 3", "3 4 March 2024", "²³ March 2024"])
def test_what_is_no_date_is_refused_in_one_line(text):
    with pytest.raises(ValueError, match="write a date with day, month and year"):
        iso_date(text)


@pytest.mark.parametrize("text", ["30 February 2024", "13.13.2024", "0 May 2000"])
def test_a_day_that_is_not_in_the_calendar_is_named(text):
    with pytest.raises(ValueError, match=f"no such day as {text}"):
        iso_date(text)
