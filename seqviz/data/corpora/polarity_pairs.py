"""Verdicts on food, half of which hang on the order of the words alone.

    the soup was not bad, but good: praise         the same words in two orders,
    the soup was not good, but bad: blame          and two opposite verdicts
    the soup was very good, and fresh: praise      here any one word tells
    the soup was very bad, and stale: blame

In the first kind both words are drawn independently of the verdict, so who knows only *which* words were read can do
no better than guess: 1 in 2. Every line has as many tokens as the others, so that a window of 9 words always holds what
was said before the verdict, and nothing of the line above.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import numpy as np

from seqviz.core.knobs import knob
from seqviz.data.content import TextContent
from seqviz.data.corpora import Corpus, CorpusConfig, corpora
from seqviz.data.generated import GeneratedConfig
from seqviz.data.plain_text import text_sha256

DISHES = ("soup", "tea", "bread", "stew", "pie", "cake", "rice", "fish")
GOOD = ("good", "fresh", "tasty", "fine", "rich", "lovely", "sweet", "great")
BAD = ("bad", "stale", "bland", "poor", "thin", "awful", "sour", "foul")
VERDICTS = ("praise", "blame")


class PolarityPairsConfig(GeneratedConfig):
    order_share: float = knob(0.5, low=0.0, high=1.0, label="order decides", unit="of all lines",
                              help="Share of lines whose verdict the order alone tells.")  # fmt: skip


@corpora.register("polarity_pairs")
class PolarityPairs(Corpus):
    """Not bad, but good; not good, but bad: the same words, another verdict."""

    Config: ClassVar[type[CorpusConfig]] = PolarityPairsConfig
    title = "Verdicts by word order"
    gives = "text"
    config: PolarityPairsConfig

    def read(self) -> TextContent:
        config = self.config
        train = "".join(line for line, _ in self._lines("train", config.samples))
        judged = list(self._lines("valid", config.valid_samples))
        valid = "".join(line for line, _ in judged)
        return TextContent(
            f"{config.samples} verdicts, {config.order_share:.0%} of them by order alone",
            text_sha256(train + valid),
            train,
            valid,
            tuple(verdict_spans(judged)),
            "verdict",
            probe="the soup was not bad, but good: praise\nthe soup was not good, but bad: blame",
        )

    def _lines(self, split: str, count: int) -> Iterator[tuple[str, bool]]:
        """Lines, and whether order decides."""
        rng = self.config.generator(split)
        for _ in range(count):
            by_order = bool(rng.random() < self.config.order_share)
            yield (ordered_line(rng) if by_order else plain_line(rng)), by_order


def ordered_line(rng: np.random.Generator) -> str:
    dish, good, bad = (str(rng.choice(words)) for words in (DISHES, GOOD, BAD))
    verdict = str(rng.choice(VERDICTS))
    denied, said = (bad, good) if verdict == "praise" else (good, bad)
    return f"the {dish} was not {denied}, but {said}: {verdict}\n"


def plain_line(rng: np.random.Generator) -> str:
    verdict = str(rng.choice(VERDICTS))
    words = GOOD if verdict == "praise" else BAD
    one, other = (str(word) for word in rng.choice(words, 2, replace=False))
    return f"the {rng.choice(DISHES)} was very {one}, and {other}: {verdict}\n"


def verdict_spans(lines: list[tuple[str, bool]]) -> Iterator[tuple[int, int]]:
    """(start, end) of the verdicts that order decides, in the lines joined; of all verdicts where it decides none."""
    every = not any(by_order for _, by_order in lines)
    place = 0
    for line, by_order in lines:
        if by_order or every:
            yield place + line.rindex(" ") + 1, place + len(line) - 1
        place += len(line)
