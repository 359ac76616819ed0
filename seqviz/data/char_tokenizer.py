"""One id per character (Unicode code point) of the training text, in code point order."""

from __future__ import annotations

import unicodedata
from typing import Any

import numpy as np
import numpy.typing as npt

from seqviz.data.tokenizer_base import (
    LARGEST_VOCABULARY,
    UNDRAWABLE,
    Ids,
    Tokenizer,
    as_ids,
    label_of,
    named_characters,
)

_BLOCK = 1 << 20  # characters turned at once: keeps the side arrays small on a 200 MB text
_PLAIN = str.maketrans("‘’‚‛“”„«»‐‑‒–—―−…·•×\u00a0\t\r", '\'\'\'\'"""""-------..*x   ')


class CharTokenizer(Tokenizer):
    """`with_unknown` reserves one more id, the last, for characters outside the vocabulary."""

    kind = "char"
    unit = "character"

    def __init__(self, characters: str, with_unknown: bool = False) -> None:
        points = _code_points(characters)
        assert len(points), "a vocabulary needs a character"
        assert np.all(np.diff(points) > 0), "characters must be sorted and differ"
        self.characters = characters
        self._table = np.full(int(points[-1]) + 1, -1, np.int64)
        self._table[points] = np.arange(len(points))
        self.unknown_id = len(characters) if with_unknown else None
        self._all = characters + (UNDRAWABLE if with_unknown else "")
        self.labels = tuple(label_of(c) for c in self._all)
        self.character_lengths = np.ones(len(self._all), np.int64)

    @classmethod
    def train(cls, text: str, with_unknown: bool = False, largest: int = LARGEST_VOCABULARY) -> CharTokenizer:
        """The characters of a text; beyond `largest` the rarest are folded into one unknown id.

        Raises
        ------
        ValueError
            when the text uses fewer than two characters: there would be nothing to predict.
        """
        counts = _count_points(text)
        points = np.flatnonzero(counts)
        if len(points) < 2:
            raise ValueError("the text uses fewer than 2 different characters, so there is nothing to predict")
        if len(points) + with_unknown > largest:
            most_frequent = np.argsort(-counts[points], kind="stable")[: largest - 1]
            points, with_unknown = np.sort(points[most_frequent]), True
        return cls("".join(map(chr, points)), with_unknown)

    def encode(self, text: str) -> Ids:
        ids = self._lookup(text)
        missing = ids < 0
        if not missing.any():
            return ids
        if self.unknown_id is None:
            unseen = named_characters(self._unseen(text, missing))
            raise ValueError(f"not among the characters this model has learned: {unseen}")
        ids[missing] = self.unknown_id
        return ids

    def encode_lossy(self, text: str) -> tuple[Ids, tuple[str, ...]]:
        """Ids of any text; unseen characters become the unknown id, or else the nearest seen character.

        Nearest: the same letter without accent or in the other case, plain quotes and dashes for typographic
        ones, else a space, else the first character. One id per character always.
        """
        ids = self._lookup(text)
        missing = ids < 0
        if not missing.any():
            return ids, ()
        points, which = np.unique(_code_points(text)[missing], return_inverse=True)
        ids[missing] = np.array([self._nearest(chr(p)) for p in points], np.int64)[which]
        return ids, tuple(self._unseen(text, missing))

    def decode(self, ids: npt.ArrayLike) -> str:
        return "".join([self._all[i] for i in as_ids(ids)])

    def unknown_rate(self, text: str) -> float:
        return float(np.mean(self._lookup(text) < 0)) if text else 0.0

    def offsets(self, text: str) -> Ids:
        return np.arange(len(text) + 1, dtype=np.int64)

    def fields(self) -> dict[str, Any]:
        return {"characters": self.characters, "with_unknown": self.unknown_id is not None}

    @classmethod
    def from_fields(cls, fields: dict[str, Any]) -> CharTokenizer:
        characters, with_unknown = fields.get("characters"), fields.get("with_unknown")
        if not isinstance(characters, str) or not isinstance(with_unknown, bool) or not characters:
            raise ValueError("a character vocabulary needs characters (text) and with_unknown (true or false)")
        if len(characters) > LARGEST_VOCABULARY or list(characters) != sorted(set(characters)):
            raise ValueError("the characters of the vocabulary are not sorted, not unique or too many")
        return cls(characters, with_unknown)

    def _lookup(self, text: str) -> Ids:
        """(len(text),) ids, -1 where unseen."""
        ids = np.empty(len(text), np.int64)
        for start in range(0, len(text), _BLOCK):
            points = _code_points(text[start : start + _BLOCK])
            known = points < len(self._table)
            ids[start : start + _BLOCK] = np.where(known, self._table[np.where(known, points, 0)], -1)
        return ids

    def _unseen(self, text: str, missing: npt.NDArray[np.bool_]) -> str:
        """The characters at `missing`, each once, in the order of the text."""
        points, first = np.unique(_code_points(text)[missing], return_index=True)
        return "".join(map(chr, points[np.argsort(first)]))

    def _nearest(self, character: str) -> int:
        if self.unknown_id is not None:
            return self.unknown_id
        plain = unicodedata.normalize("NFKD", character)[:1]
        line_end = "\n" if character in "\r\u2028\u2029" else ""
        candidates = [character.translate(_PLAIN), plain, plain.swapcase(), line_end, " "]
        for candidate in candidates:
            if len(candidate) == 1 and candidate in self.characters:
                return self.characters.index(candidate)
        return 0


def _code_points(text: str) -> npt.NDArray[np.int64]:
    """(len(text),) code points; lone surrogates count as characters of their own."""
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4").astype(np.int64)


def _count_points(text: str) -> npt.NDArray[np.int64]:
    """(highest code point + 1,) how often each code point occurs."""
    counts = np.zeros(0x110000, np.int64)
    for start in range(0, len(text), _BLOCK):
        block = np.bincount(_code_points(text[start : start + _BLOCK]))
        counts[: len(block)] += block
    return counts
