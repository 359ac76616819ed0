"""Byte-level byte pair encoding: any text comes back exactly, because the smallest tokens are the 256 bytes.

Sennrich, Haddow, Birch 2016, "Neural Machine Translation of Rare Words with Subword Units"; on bytes as in
Radford et al. 2019, "Language Models are Unsupervised Multitask Learners". Trained and applied by the `tokenizers`
library, which is imported only when such a tokenizer is used. Kept as the list of merges; a run never trains anew.
"""

from __future__ import annotations

import functools
import json
import os
import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from seqviz.data.tokenizer_base import LARGEST_VOCABULARY, Ids, Tokenizer, as_ids, label_of

N_BYTES = 256
_BLOCK = 200_000  # characters encoded at once: the library keeps some 200 bytes per token
# A cut in front of a single white space is one that the library makes as well, so blocks change no id.
_CUT = re.compile(r"(?<=\S)(?=\s\S)")
_SURROGATE = re.compile("[\ud800-\udfff]")


class BPETokenizer(Tokenizer):
    """Tokens are written with one printable character per byte, as the library does; `_bytes` are the real ones."""

    kind = "bpe"
    unit = "token"
    unknown_id = None

    def __init__(self, tokens: tuple[str, ...], merges: tuple[tuple[str, str], ...]) -> None:
        self.tokens = tokens
        self.merges = merges
        value = {symbol: byte for byte, symbol in enumerate(_byte_symbols())}
        self._bytes = tuple(bytes(value[symbol] for symbol in token) for token in tokens)
        self.labels = tuple(map(_label, self._bytes))
        self.character_lengths = np.array([_characters(b) for b in self._bytes], np.int64)
        self._engine = _engine(tokens, merges)

    @classmethod
    def train(cls, text: str, vocab_size: int) -> BPETokenizer:
        """At most `vocab_size` tokens learned from a text; fewer where it has no more pairs that occur twice.

        Raises
        ------
        ValueError
            when the vocabulary asked for has no room for the 256 bytes, or is too large.
        """
        if not N_BYTES <= vocab_size <= LARGEST_VOCABULARY:
            raise ValueError(f"a BPE vocabulary needs {N_BYTES} to {LARGEST_VOCABULARY} tokens, not {vocab_size}")
        library = _library()
        engine = _engine_of(library.models.BPE())
        trainer = library.trainers.BpeTrainer(
            vocab_size=vocab_size,
            min_frequency=2,
            special_tokens=[],
            initial_alphabet=sorted(_byte_symbols()),
            show_progress=False,
        )
        engine.train_from_iterator(_blocks(_encodable(text)), trainer)
        model = json.loads(engine.to_str())["model"]
        tokens = sorted(model["vocab"], key=model["vocab"].__getitem__)
        return cls(tuple(tokens), tuple((a, b) for a, b in model["merges"]))

    def encode(self, text: str) -> Ids:
        parts = [self._engine.encode(block, add_special_tokens=False).ids for block in _blocks(_encodable(text))]
        return np.concatenate([np.array(part, dtype=np.int64) for part in parts] or [np.zeros(0, np.int64)])

    def encode_lossy(self, text: str) -> tuple[Ids, tuple[str, ...]]:
        """Ids of any text; only lone surrogates, which no bytes can spell, are replaced."""
        unseen = tuple(dict.fromkeys(_SURROGATE.findall(text)))
        return self.encode(_SURROGATE.sub("\ufffd", text)), unseen

    def decode(self, ids: npt.ArrayLike) -> str:
        """The text of ids; bytes that form no character (a cut off sequence) show as U+FFFD."""
        return b"".join([self._bytes[i] for i in as_ids(ids)]).decode("utf-8", "replace")

    def unknown_rate(self, text: str) -> float:
        return 0.0

    def fields(self) -> dict[str, Any]:
        return {"tokens": list(self.tokens), "merges": [list(pair) for pair in self.merges]}

    @classmethod
    def from_fields(cls, fields: dict[str, Any]) -> BPETokenizer:
        tokens, merges = fields.get("tokens"), fields.get("merges")
        symbols = set(_byte_symbols())
        if not isinstance(tokens, list) or not all(isinstance(t, str) and t and set(t) <= symbols for t in tokens):
            raise ValueError("a BPE vocabulary needs a list of byte-level tokens")
        known = set(tokens)
        if len(tokens) > LARGEST_VOCABULARY or len(known) != len(tokens) or not symbols <= known:
            raise ValueError("the tokens of the BPE vocabulary are not unique, too many, or lack single bytes")
        if not isinstance(merges, list) or not all(_is_merge(pair, known) for pair in merges):
            raise ValueError("the merges of the BPE vocabulary do not fit its tokens")
        return cls(tuple(tokens), tuple((a, b) for a, b in merges))


def _is_merge(pair: object, known: set[str]) -> bool:
    if not isinstance(pair, list) or len(pair) != 2 or not all(isinstance(part, str) for part in pair):
        return False
    return pair[0] in known and pair[1] in known and pair[0] + pair[1] in known


@functools.cache
def _byte_symbols() -> tuple[str, ...]:
    """(256,) the printable character the library writes for each byte: itself, or the next one from U+0100."""
    printable = {*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)}
    shift = iter(range(N_BYTES, 2 * N_BYTES))
    return tuple(chr(byte if byte in printable else next(shift)) for byte in range(N_BYTES))


def _library() -> Any:
    # Its thread pool warns after a fork and fights torch for the cores; set before the first use.
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    import tokenizers

    return tokenizers


def _engine_of(model: Any) -> Any:
    library = _library()
    engine = library.Tokenizer(model)
    engine.pre_tokenizer = library.pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    return engine


def _engine(tokens: tuple[str, ...], merges: tuple[tuple[str, str], ...]) -> Any:
    vocabulary = {token: i for i, token in enumerate(tokens)}
    return _engine_of(_library().models.BPE(vocabulary, list(merges)))


def _blocks(text: str) -> Iterator[str]:
    start = 0
    while start < len(text):
        cut = _CUT.search(text, start + _BLOCK) if len(text) - start > _BLOCK else None
        end = cut.start() if cut else len(text)
        yield text[start:end]
        start = end


def _encodable(text: str) -> str:
    if _SURROGATE.search(text):
        raise ValueError("the text holds lone surrogates (halves of characters), which no bytes can spell")
    return text


def _characters(token: bytes) -> int:
    """Characters that start in these bytes: all but UTF-8's continuation bytes start one."""
    return sum(byte & 0xC0 != 0x80 for byte in token)


def _label(token: bytes) -> str:
    try:
        return label_of(token.decode("utf-8"))
    except UnicodeDecodeError:
        return "".join(f"\\x{byte:02x}" for byte in token)
