"""Weather that nobody sees, and how many ice creams were eaten each day: written by a known hidden Markov model.

    hot   stays hot with `stay`      eats 1, 2, 3 in .1, .2, .7 of the days
    cold  stays cold with `stay`     eats 1, 2, 3 in .7, .2, .1 of the days

One character a day: 3 3 2 3 1 1 2 1 ... A model that is to learn it has to find both kinds of day by itself; how well
it did can be read off its matrices. Eisner, "An interactive spreadsheet for teaching the forward-backward algorithm",
2002; the shares eaten are those that his spreadsheet starts from.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from seqviz.core.knobs import knob
from seqviz.data.content import TextContent
from seqviz.data.corpora import Corpus, CorpusConfig, corpora
from seqviz.data.corpora.user_text import split_in_order
from seqviz.data.plain_text import text_sha256

EATEN = np.array([[0.1, 0.2, 0.7], [0.7, 0.2, 0.1]])  # (hot or cold, 1 to 3)
CUMULATED = EATEN.cumsum(axis=1)


class IceCreamConfig(CorpusConfig):
    stay: float = knob(0.9, low=0.0, high=1.0, label="stay",
                       help="How likely tomorrow's weather is that of today.")  # fmt: skip
    days: int = knob(40_000, low=1000, high=5_000_000, log=True, label="days",
                     help="Length of the diary; its last tenth is kept apart to be judged on.")  # fmt: skip
    seed: int = knob(0, low=0, high=2**31 - 1, label="data seed", advanced=True,
                     help="Another seed gives another diary of the same weather.")  # fmt: skip


@corpora.register("ice_cream")
class IceCream(Corpus):
    """A diary of ice creams, from which the weather can be told: the textbook's hidden Markov model."""

    Config: ClassVar[type[CorpusConfig]] = IceCreamConfig
    title = "Ice cream diary"
    gives = "text"
    config: IceCreamConfig

    def read(self) -> TextContent:
        diary = write_diary(self.config.days, self.config.stay, self.config.seed)[0]
        return split_in_order(diary, text_sha256(diary), 0.1, probe="3323313112112332331211113112")


def write_diary(days: int, stay: float, seed: int) -> tuple[str, np.ndarray]:
    """(one character a day, the weather of each day: 0 hot, 1 cold)."""
    rng = np.random.default_rng(seed)
    changed = rng.random(days) >= stay
    weather = (rng.integers(2) + np.cumsum(changed)) % 2  # (days,)
    eaten = (rng.random(days)[:, None] >= CUMULATED[weather]).sum(axis=1)  # (days,) 0 to 2
    return "".join("123"[min(count, 2)] for count in eaten), weather
