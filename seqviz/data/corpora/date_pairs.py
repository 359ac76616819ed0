"""Dates as people write them, and the same date as machines do: "3 March 2024" -> "2024-03-03".

Small enough to learn in minutes, and the attention of a sequence-to-sequence model must find the year, the month and
the day wherever they stand. No day is shared between training and validation.
"""

from __future__ import annotations

import datetime
from typing import ClassVar

import numpy as np

from seqviz.data.content import StringPairs
from seqviz.data.corpora import Corpus, CorpusConfig, corpora
from seqviz.data.generated import GeneratedConfig
from seqviz.data.plain_text import text_sha256

MONTHS = ("January", "February", "March", "April", "May", "June", "July",
          "August", "September", "October", "November", "December")  # fmt: skip
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
FORMATS = (
    "{d} {month} {y}",
    "{d} {mon} {y}",
    "{month} {d}, {y}",
    "{mon} {d}, {y}",
    "{nth} of {month} {y}",
    "the {nth} of {month}, {y}",
    "{weekday}, {d} {month} {y}",
    "{weekday} {month} {d} {y}",
    "{y} {month} {d}",
    "{dd}.{mm}.{y}",
    "{dd} {mm} {y}",
)
FIRST, DAYS_COVERED = datetime.date(1950, 1, 1), 36_525  # a hundred years


class DatePairsConfig(GeneratedConfig):
    """Knobs of every generated set."""


@corpora.register("date_pairs")
class DatePairs(Corpus):
    """Dates in eleven ways of writing, to be rewritten as year-month-day."""

    Config: ClassVar[type[CorpusConfig]] = DatePairsConfig
    title = "Dates to rewrite"
    gives = "string_pairs"
    config: DatePairsConfig

    def read(self) -> StringPairs:
        config = self.config
        order = config.generator("train").permutation(DAYS_COVERED)
        border = DAYS_COVERED * 9 // 10
        train = _draw(config.generator("train"), order[:border], config.samples)
        valid = _draw(config.generator("valid"), order[border:], config.valid_samples)
        sha256 = text_sha256("\n".join(f"{source}\t{target}" for source, target in train + valid))
        summary = f"{config.samples} dates in {len(FORMATS)} ways of writing"
        return StringPairs(summary, sha256, train, valid, answer=iso_date, probe="Sunday, 3 March 2024")


def _draw(rng: np.random.Generator, days: np.ndarray, count: int) -> tuple[tuple[str, str], ...]:
    chosen = rng.choice(days, count)
    formats = rng.integers(0, len(FORMATS), count)
    dates = [FIRST + datetime.timedelta(days=int(day)) for day in chosen]
    return tuple((written(date, int(f)), date.isoformat()) for date, f in zip(dates, formats, strict=True))


def written(date: datetime.date, number: int) -> str:
    """A date in one of `FORMATS`."""
    month = MONTHS[date.month - 1]
    return FORMATS[number].format(
        d=date.day, dd=f"{date.day:02}", mm=f"{date.month:02}", y=date.year, month=month, mon=month[:3],
        nth=ordinal(date.day), weekday=DAYS[date.weekday()],
    )  # fmt: skip


def ordinal(number: int) -> str:
    """1st, 2nd, 3rd, 4th ... 11th ... 21st."""
    if 10 <= number % 100 <= 20:
        return f"{number}th"
    return f"{number}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th') }"


def iso_date(text: str) -> str:
    """What a written date is as year-month-day.

    Raises
    ------
    ValueError
        one line: no day, no month, no year, or no such day.
    """
    words = text.replace(",", " ").replace(".", " ").split()
    names = [number for word in words if (number := _month_number(word))]
    numbers = [int(digits) for word in words if (digits := word.rstrip("sthndr")).isdecimal() and len(digits) < 5]
    years = [n for n in numbers if n >= 1000]
    small = [n for n in numbers if n < 1000]
    if len(years) == 1 and len(names) == 1 and len(small) == 1:
        day, month = small[0], names[0]
    elif len(years) == 1 and not names and len(small) == 2:
        day, month = small
    else:
        raise ValueError("probe: write a date with day, month and year, for example 3 March 2024 or 03.03.2024")
    try:
        return datetime.date(years[0], month, day).isoformat()
    except ValueError:
        raise ValueError(f"probe: there is no such day as {text.strip()[:40]}") from None


def _month_number(word: str) -> int:
    """1 to 12 for a month's name or its first three letters; else 0."""
    starts = [i for i, month in enumerate(MONTHS, 1) if len(word) >= 3 and month.lower().startswith(word.lower())]
    return starts[0] if starts else 0
