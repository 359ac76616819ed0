"""Words, punctuation marks and white space, cut so that the pieces joined give back the text exactly.

A single space belongs to the word or mark behind it (" grew"), as in most subword models: half of all tokens would
be spaces otherwise.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections import Counter
from typing import Any

import numpy as np
import numpy.typing as npt

from seqviz.data.tokenizer_base import LARGEST_VOCABULARY, UNKNOWN_LABEL, Ids, Tokenizer, as_ids, label_of

_UNKNOWN_TEXT = " " + UNKNOWN_LABEL


@functools.cache
def _pieces() -> re.Pattern[str]:
    """Word with inner apostrophes | one other mark | one white space character. Every character belongs to one."""
    # \w misses the vowel signs and accents that stand inside words of Indic, Arabic, Hebrew ... scripts
    marks = "".join(c for c in map(chr, range(0x300, 0x10000)) if unicodedata.category(c) in ("Mn", "Mc"))
    letter = rf"[\w{re.escape(marks)}]"
    return re.compile(rf" ?(?:\w{letter}*(?:['’]\w{letter}*)*|[^\w\s])|\s")


def split_words(text: str) -> list[str]:
    """The pieces of a text; joined they are the text."""
    return _pieces().findall(text)


class WordTokenizer(Tokenizer):
    """Ids by falling frequency in the training text; the last id, `<unk>`, is every other word."""

    kind = "word"
    unit = "word"

    def __init__(self, words: tuple[str, ...]) -> None:
        assert len(set(words)) == len(words), "words must differ"
        self.words = words
        self._ids = {word: i for i, word in enumerate(words)}
        self.unknown_id: int = len(words)
        self._all = (*words, _UNKNOWN_TEXT)
        self.labels = (*map(label_of, words), UNKNOWN_LABEL)
        self.character_lengths = np.array([len(w) for w in self._all], np.int64)

    @classmethod
    def train(cls, text: str, vocab_size: int = LARGEST_VOCABULARY, min_count: int = 1) -> WordTokenizer:
        """The most frequent words of a text, `<unk>` included in `vocab_size`.

        Raises
        ------
        ValueError
            when fewer than two words are left, or the vocabulary asked for is too small or too large.
        """
        if not 3 <= vocab_size <= LARGEST_VOCABULARY:
            raise ValueError(f"a word vocabulary needs 3 to {LARGEST_VOCABULARY} words, not {vocab_size}")
        counts = Counter(split_words(text))
        ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
        words = tuple(word for word, count in ranked[: vocab_size - 1] if count >= min_count)
        if len(words) < 2:
            raise ValueError("the text has fewer than 2 different words, so there is nothing to predict")
        return cls(words)

    def encode(self, text: str) -> Ids:
        get, unknown = self._ids.get, self.unknown_id
        return np.array([get(word, unknown) for word in split_words(text)], dtype=np.int64)

    def encode_lossy(self, text: str) -> tuple[Ids, tuple[str, ...]]:
        """Ids of any text, and its unknown words."""
        unseen = dict.fromkeys(_without_space(w) for w in split_words(text) if w not in self._ids)
        return self.encode(text), tuple(unseen)

    def decode(self, ids: npt.ArrayLike) -> str:
        return "".join([self._all[i] for i in as_ids(ids)])

    def unknown_rate(self, text: str) -> float:
        ids = self.encode(text)
        return float(np.mean(ids == self.unknown_id)) if len(ids) else 0.0

    def offsets(self, text: str) -> Ids:
        return np.cumsum([0, *map(len, split_words(text))], dtype=np.int64)

    def fields(self) -> dict[str, Any]:
        return {"words": list(self.words)}

    @classmethod
    def from_fields(cls, fields: dict[str, Any]) -> WordTokenizer:
        words = fields.get("words")
        if not isinstance(words, list) or not all(isinstance(w, str) and w for w in words):
            raise ValueError("a word vocabulary needs a list of words")
        if not 2 <= len(words) < LARGEST_VOCABULARY or len(set(words)) != len(words):
            raise ValueError("the words of the vocabulary are not unique, too few or too many")
        return cls(tuple(words))


def _without_space(word: str) -> str:
    return word[1:] if len(word) > 1 and word[0] == " " else word
