"""Words as they stand between white space, for sentences that lie one a line: what published perplexities count.

Ids by falling frequency in the training lines; `<unk>` is one of the words where the text has it, else it comes behind
them; the last id is `</s>`, which ends every sentence and, read, also begins the next one (`<s>` is never predicted, so
that one id serves both and no model's output has a symbol that cannot come).
"""

from __future__ import annotations

import json
from collections import Counter

import numpy as np

from seqviz.data.tokenizer_base import LARGEST_VOCABULARY, UNKNOWN_LABEL

START, END = "<s>", "</s>"


class SentenceVocabulary:
    """Fixed once made. `labels` (V,): the words; `unknown` and `end`: ids."""

    def __init__(self, words: tuple[str, ...]) -> None:
        self.labels = (*words, *(() if UNKNOWN_LABEL in words else (UNKNOWN_LABEL,)), END)
        self._ids = {word: number for number, word in enumerate(self.labels)}
        self.unknown, self.end = self._ids[UNKNOWN_LABEL], len(self.labels) - 1
        self.words = words

    @classmethod
    def of(cls, text: str, most: int = 0) -> SentenceVocabulary:
        """All words of a training text, or the `most` - 1 commonest beside `</s>`.

        Raises
        ------
        ValueError
            when there are fewer than two different words, or more than can be kept.
        """
        counts = Counter(word for line in text.split("\n") for word in words_of(line))
        ranked = sorted(counts, key=lambda word: (-counts[word], word))
        if most:  # <unk> takes one place whether the text has it or not
            ranked = [word for word in ranked if word != UNKNOWN_LABEL][: most - 2]
        if len(ranked) < 2:
            raise ValueError("corpus: the training lines have fewer than 2 different words: nothing to predict")
        if len(ranked) > LARGEST_VOCABULARY - 2:
            raise ValueError(f"corpus: {len(ranked)} different words are too many; set task.vocab_size")
        return cls(tuple(ranked))

    @property
    def size(self) -> int:
        return len(self.labels)

    def encode(self, words: list[str]) -> list[int]:
        get, unknown = self._ids.get, self.unknown
        return [get(word, unknown) for word in words]

    def unseen(self, words: list[str]) -> list[str]:
        """Those that are not in the vocabulary, each once."""
        return [word for word in dict.fromkeys(words) if word not in self._ids]

    def text_of(self, number: int) -> str:
        """What a written token looks like in running text."""
        return "\n" if number == self.end else f" {self.labels[number]}"

    def lengths(self) -> np.ndarray:
        """(V,) characters of each token in the text; a word's blank or line end belongs to the word."""
        return np.array([*(len(word) + 1 for word in self.labels[:-1]), 0])

    def to_json(self) -> str:
        return json.dumps(list(self.words))

    @classmethod
    def from_json(cls, text: str) -> SentenceVocabulary:
        """Raises ValueError where it is no list of words."""
        words = json.loads(text)
        if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
            raise ValueError("the vocabulary is no list of words")
        return cls(tuple(words))


def words_of(line: str) -> list[str]:
    """The words of a line; marks of a sentence's start and end are ours to set."""
    return [word for word in line.split() if word not in (START, END)]
