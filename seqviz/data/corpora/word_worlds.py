"""Plain sentences about a small world whose word vectors can be foretold: families, capitals, and who has which job.

    The queen sat on the throne and she put on her dress.    king - man + woman = queen
    Paris is the capital of France.                          Paris - France + Italy = Rome
    The nurse said that she was late.                        in a share of the sentences that the knob `bias` sets

Vectors know a word by its company alone, so what the sentences take for granted the vectors take for granted: with
bias 0 every job is as often hers as his, with bias 1 a nurse is always "she". Bolukbasi, Chang, Zou, Saligrama and
Kalai, "Man is to computer programmer as woman is to homemaker?", 2016.
"""

from __future__ import annotations

import itertools
import random
from typing import ClassVar, NamedTuple

from seqviz.core.knobs import knob
from seqviz.data.content import TextContent
from seqviz.data.corpora import Corpus, CorpusConfig, corpora
from seqviz.data.plain_text import text_sha256

VALID_SHARE = 0.1

PEOPLE = (  # he, she, what both do
    ("king", "queen", ("sat on the throne", "wore the golden crown", "ruled the land")),
    ("prince", "princess", ("lived in the castle", "hoped for the golden crown", "rode to the ball")),
    ("boy", "girl", ("went to school", "played in the yard", "was ten years old")),
    ("man", "woman", ("went to town", "paid the rent", "read the paper")),
    ("father", "mother", ("cooked for the children", "told the children a tale", "put the children to bed")),
    ("uncle", "aunt", ("came to visit the family", "wrote to the family", "brought the family a cake")),
    ("actor", "actress", ("played on the stage", "learned a long part", "bowed to the full house")),
)
HERS, HIS = ("put on her dress", "brushed her long hair"), ("put on his tie", "trimmed his beard")
COUNTRIES = (
    ("France", "Paris", "French", "wine"), ("Italy", "Rome", "Italian", "pasta"),
    ("Germany", "Berlin", "German", "bread"), ("Spain", "Madrid", "Spanish", "olives"),
    ("Greece", "Athens", "Greek", "figs"), ("Sweden", "Stockholm", "Swedish", "herring"),
    ("Japan", "Tokyo", "Japanese", "rice"), ("Russia", "Moscow", "Russian", "beets"),
)  # fmt: skip
JOBS_HERS = ("nurse", "dancer", "cleaner", "librarian", "maid", "florist")
JOBS_HIS = ("engineer", "pilot", "plumber", "general", "butcher", "miner")
JOBS = JOBS_HERS + JOBS_HIS
SAYINGS = ("was late", "had to work", "liked the job", "needed a rest", "would come home soon")
ABOUT_COUNTRIES = (
    "{capital} is the capital of {country}.",
    "The streets of {capital} are busy.",
    "The train to {capital} leaves at noon.",
    "The border of {country} is long.",
    "In {country} people speak {language} and eat {food}.",
    "Farmers in {country} sell {food}.",
    "In the shops of {capital} they speak {language} and buy {food}.",
)


class Pronouns(NamedTuple):
    subject: str
    deeds: tuple[str, ...]


SHE, HE = Pronouns("she", HERS), Pronouns("he", HIS)


class WordWorldsConfig(CorpusConfig):
    bias: float = knob(0.8, low=0.0, high=1.0, label="bias",
                       help="0: every job is as often hers as his. 1: every job is hers or his alone.")  # fmt: skip
    sentences: int = knob(20_000, low=500, high=1_000_000, log=True, label="sentences", help="How much is written.")
    seed: int = knob(0, low=0, high=2**31 - 1, label="data seed", advanced=True,
                     help="Another seed gives other sentences of the same kind.")  # fmt: skip


@corpora.register("word_worlds")
class WordWorlds(Corpus):
    """Sentences about families, capitals and jobs: what word vectors can know of them is known."""

    Config: ClassVar[type[CorpusConfig]] = WordWorldsConfig
    title = "A small world of words"
    gives = "text"
    config: WordWorldsConfig

    def read(self) -> TextContent:
        config = self.config
        chance = random.Random(config.seed)
        lines = [sentence(chance, config.bias) for _ in range(config.sentences)]
        border = int(len(lines) * (1 - VALID_SHARE))
        train, valid = "\n".join(lines[:border]) + "\n", "\n".join(lines[border:]) + "\n"
        return TextContent(
            f"{len(lines)} sentences, {len(set((train + valid).lower().split()))} words",
            text_sha256(train + valid),
            train,
            valid,
            analogies=analogies(),
            probe="the king and the queen sat on the throne and in Paris the nurse said that she was late",
        )


def sentence(chance: random.Random, bias: float) -> str:
    """One of the three kinds, each as often."""
    kind = chance.randrange(3)
    if kind == 0:
        return about_people(chance)
    return about_countries(chance) if kind == 1 else about_jobs(chance, bias)


def about_people(chance: random.Random) -> str:
    he, she, deeds = chance.choice(PEOPLE)
    name, pronouns = chance.choice(((he, HE), (she, SHE)))
    first, second = chance.choice(deeds), chance.choice(pronouns.deeds)
    if chance.random() < 0.5:
        return f"The {name} {second}."
    return f"The {name} {first} and {pronouns.subject} {second}."


def about_countries(chance: random.Random) -> str:
    country, capital, language, food = chance.choice(COUNTRIES)
    said = chance.choice(ABOUT_COUNTRIES)
    return said.format(country=country, capital=capital, language=language, food=food)


def about_jobs(chance: random.Random, bias: float) -> str:
    job = chance.choice(JOBS)
    usual = chance.random() < (1 + bias) / 2
    pronouns = SHE if (job in JOBS_HERS) == usual else HE
    if chance.random() < 0.5:
        return f"The {job} said that {pronouns.subject} {chance.choice(SAYINGS)}."
    return f"The {job} {chance.choice(pronouns.deeds)}."


def analogies() -> tuple[tuple[str, str, str, str], ...]:
    """What the sentences let one know: he is to she, and capital to country, as another pair is."""
    families = [(he, she) for he, she, _ in PEOPLE]
    lands = [(capital.lower(), country.lower()) for country, capital, _, _ in COUNTRIES]
    return tuple((a, b, c, d) for pairs in (families, lands) for (a, b), (c, d) in itertools.permutations(pairs, 2))
