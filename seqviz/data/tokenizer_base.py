"""What every tokenizer can do: text to numbers and back, a label for each number, and its length in characters."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from typing import Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt

TokenizerKind = Literal["char", "word", "bpe"]
Ids = npt.NDArray[np.int64]

JSON_VERSION = 1
LARGEST_VOCABULARY = 1_000_000
LONGEST_LABEL = 24
UNKNOWN_LABEL = "<unk>"
UNDRAWABLE = "\ufffd"


class Tokenizer(ABC):
    r"""A fixed vocabulary; never changes once made, so that ids in a run mean the same for ever.

    Attributes
    ----------
    kind
        "char", "word" or "bpe".
    unit
        what one token is, for axes: "character", "word" or "token".
    labels
        (vocab_size,) the text of each id, for tiles, bars and axes; white space is left for the window to draw.
        What must not be drawn (control and direction marks) is U+FFFD, a stray byte of BPE is \xe2.
    unknown_id
        the id that stands for everything outside the vocabulary; None where there is none.
    character_lengths
        (vocab_size,) characters each id stands for. The sum over the ids of a text is its number of characters
        (exactly, unless it holds unknowns), so nats per token can be told as bits per character.
    """

    kind: ClassVar[TokenizerKind]
    unit: ClassVar[str]
    labels: tuple[str, ...]
    unknown_id: int | None
    character_lengths: Ids

    @property
    def vocab_size(self) -> int:
        return len(self.labels)

    @abstractmethod
    def encode(self, text: str) -> Ids:
        """(n_tokens,) ids of the text.

        Raises
        ------
        ValueError
            one line that names the characters that are not in the vocabulary and have no unknown id.
        """

    @abstractmethod
    def decode(self, ids: npt.ArrayLike) -> str:
        """The text of ids; the inverse of `encode` wherever that met no unknowns."""

    @abstractmethod
    def encode_lossy(self, text: str) -> tuple[Ids, tuple[str, ...]]:
        """Ids of any text at all, and what had to be replaced, each once, in the order of the text."""

    @abstractmethod
    def unknown_rate(self, text: str) -> float:
        """The share of the text's tokens that are not in the vocabulary, 0 to 1."""

    @abstractmethod
    def fields(self) -> dict[str, Any]:
        """What `to_json` writes besides kind and version."""

    @classmethod
    @abstractmethod
    def from_fields(cls, fields: dict[str, Any]) -> Tokenizer:
        """The inverse of `fields`.

        Raises
        ------
        ValueError
            one line, when they are not what `fields` gives.
        """

    def characters_in(self, ids: npt.ArrayLike) -> int:
        """How many characters of text the ids stand for."""
        return int(self.character_lengths[as_ids(ids)].sum())

    def offsets(self, text: str) -> Ids:
        """(n_tokens + 1,) where each token of `encode_lossy(text)` starts, in characters, and where the last ends."""
        ids, _ = self.encode_lossy(text)
        return np.concatenate([np.zeros(1, np.int64), np.cumsum(self.character_lengths[ids])])

    def to_json(self) -> str:
        """Everything needed to make this very tokenizer again with `tokenizer_from_json`."""
        return json.dumps({"kind": self.kind, "version": JSON_VERSION, **self.fields()})


def as_ids(ids: npt.ArrayLike) -> Ids:
    return np.asarray(ids, dtype=np.int64).reshape(-1)


def label_of(token: str) -> str:
    """The text of a token, as many characters as it has (24 at most), without marks that would upset a drawn line."""
    shown = "".join(c if c.isprintable() or c.isspace() else UNDRAWABLE for c in token)
    return shown if len(shown) <= LONGEST_LABEL else shown[: LONGEST_LABEL - 1] + "…"


def named_characters(characters: str, most: int = 8) -> str:
    """Some characters for a message: 'é', 'ü', U+202E and 3 more."""
    named = [f"'{c}'" if c.isprintable() else f"U+{ord(c):04X}" for c in characters[:most]]
    rest = len(characters) - most
    return ", ".join(named) + (f" and {rest} more" if rest > 0 else "")
