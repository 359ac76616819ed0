"""Generated English sentences with the part of speech of every word, nothing to download.

    They/PRON can/AUX fish/VERB ./PUNCT      The/DET old/ADJ can/NOUN leaks/VERB ./PUNCT

Many of the words are of two kinds (can, fish, watch, light, run ...), so that the words around them must decide. One
name in `rare` sentences is made up of syllables: most of these are met once, which is what unknown words are like.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from seqviz.core.knobs import knob
from seqviz.data.content import Sentence, TaggedSentences
from seqviz.data.corpora import Corpus, CorpusConfig, corpora
from seqviz.data.corpora.conllu import as_typed
from seqviz.data.generated import GeneratedConfig
from seqviz.data.plain_text import text_sha256

_LINES = {
    "DET": "the a this that some every my her their",
    "ADJ": "old light cold new long fast little kind dark open",
    "NOUN": "can fish watch run light play book dog house saw plant kind cold ship walk cook duck fly",
    "VERB": "fish watch run light play book saw plant ship walk cook duck fly see like open leave need",
    "AUX": "can will must may should",
    "PRON": "they we you she this that it her",
    "ADP": "in by near with like past",
    "ADV": "fast often long never soon well",
    "NAME": "Anna Paul Rosa Mark Will May Bill",
}
WORDS = {kind: tuple(line.split()) for kind, line in _LINES.items()}
NOUN_PHRASES = ("PRON", "DET NOUN", "DET ADJ NOUN", "NAME", "DET NOUN ADP DET NOUN", "DET ADJ ADJ NOUN")
PREDICATES = ("AUX VERB", "VERB", "AUX ADV VERB", "VERB ADV", "VERB ADP *", "AUX VERB *", "VERB *", "AUX VERB * ADP *")
_SYLLABLES = "ba bo da do ka ko la lo ma mo na no ra ro sa so ta to va vi"
SYLLABLES = tuple(_SYLLABLES.split())


class TaggedPhrasesConfig(GeneratedConfig):
    samples: int = knob(4000, low=10, high=1_000_000, log=True, label="sentences",
                        help="Sentences to learn from; a tenth as many are kept apart to judge by.")  # fmt: skip
    rare: float = knob(0.3, low=0.0, high=1.0, label="rare names",
                       help="Share of the names that are made up, so that most of them are met once.")  # fmt: skip


@corpora.register("tagged_phrases")
class TaggedPhrases(Corpus):
    """Small English sentences whose words can be of several kinds."""

    Config: ClassVar[type[CorpusConfig]] = TaggedPhrasesConfig
    title = "Tagged phrases"
    gives = "tagged_sentences"
    config: TaggedPhrasesConfig

    def read(self) -> TaggedSentences:
        config = self.config
        train = self._sentences("train", config.samples)
        valid = self._sentences("valid", config.valid_samples)
        sha256 = text_sha256("\n".join(map(as_typed, train + valid)))
        tags = tuple(sorted({tag for _, given in train for tag in given}))
        summary = f"{config.samples} sentences, {len(tags)} tags"
        probe = "They/PRON can/AUX fish/VERB near/ADP the/DET old/ADJ light/NOUN ./PUNCT"
        return TaggedSentences(summary, sha256, train, valid, (), tags, probe=probe)

    def _sentences(self, split: str, count: int) -> tuple[Sentence, ...]:
        rng = self.config.generator(split)
        return tuple(self._sentence(rng) for _ in range(count))

    def _sentence(self, rng: np.random.Generator) -> Sentence:
        pattern = f"{_one(rng, NOUN_PHRASES)} {_one(rng, PREDICATES)}"
        while "*" in pattern:
            pattern = pattern.replace("*", _one(rng, NOUN_PHRASES), 1)
        kinds = pattern.split()
        words = [self._word(rng, kind) for kind in kinds]
        words[0] = words[0][0].upper() + words[0][1:]
        tags = ["PROPN" if kind == "NAME" else kind for kind in kinds]
        return (*words, "."), (*tags, "PUNCT")

    def _word(self, rng: np.random.Generator, kind: str) -> str:
        if kind == "NAME" and rng.random() < self.config.rare:
            return "".join(_one(rng, SYLLABLES) for _ in range(3)).capitalize()
        return _one(rng, WORDS[kind])


def _one(rng: np.random.Generator, options: tuple[str, ...]) -> str:
    return options[int(rng.integers(len(options)))]
