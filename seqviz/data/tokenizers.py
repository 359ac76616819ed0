"""From text to tokens: which kinds there are, how one is made from a text, kept as JSON, and previewed.

The kinds: every character (`CharTokenizer`), words (`WordTokenizer`), byte pairs (`BPETokenizer`).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import get_args

from seqviz.data.byte_pair import BPETokenizer
from seqviz.data.char_tokenizer import CharTokenizer
from seqviz.data.tokenizer_base import JSON_VERSION, Tokenizer, TokenizerKind
from seqviz.data.word_tokenizer import WordTokenizer

__all__ = [
    "BPETokenizer",
    "CharTokenizer",
    "TokenPreview",
    "Tokenizer",
    "TokenizerKind",
    "WordTokenizer",
    "preview",
    "tokenizer_from_json",
    "train_tokenizer",
]

_PREVIEW_CHARACTERS = 100_000
_PREVIEW_LINE = 160
_CLASSES: dict[str, type[Tokenizer]] = {"char": CharTokenizer, "word": WordTokenizer, "bpe": BPETokenizer}


def train_tokenizer(kind: str, text: str, vocab_size: int) -> Tokenizer:
    """A tokenizer made from the training text; the same text always gives the same one.

    `vocab_size` is the most tokens a word or BPE vocabulary may have; characters take all there are.

    Raises
    ------
    ValueError
        one line: no such kind, a vocabulary too small or too large, or a text with one symbol only.
    """
    if kind == "char":
        return CharTokenizer.train(text)
    if kind == "word":
        return WordTokenizer.train(text, vocab_size)
    if kind == "bpe":
        return BPETokenizer.train(text, vocab_size)
    raise ValueError(f'there are no "{kind}" tokens; choose one of {", ".join(get_args(TokenizerKind))}')


def tokenizer_from_json(text: str) -> Tokenizer:
    """The tokenizer that `to_json` described.

    Raises
    ------
    ValueError
        one line: no JSON, an unknown kind, a newer version, or fields that do not fit.
    """
    try:
        fields = json.loads(text)
    except (ValueError, RecursionError):
        raise ValueError("the tokenizer is not valid JSON") from None
    if not isinstance(fields, dict) or not isinstance(fields.get("kind"), str) or fields["kind"] not in _CLASSES:
        raise ValueError("the tokenizer is of no known kind")
    version = fields.get("version")
    if type(version) is not int or not 1 <= version <= JSON_VERSION:
        raise ValueError(f"the tokenizer has version {version!r:.20}; this seqviz reads up to {JSON_VERSION}")
    return _CLASSES[fields["kind"]].from_fields(fields)


@dataclass(frozen=True)
class TokenPreview:
    """What a tokenizer makes of a text, before training with it.

    Attributes
    ----------
    vocab_size
        symbols in the vocabulary.
    lines
        the labels of the tokens of the text's first lines that hold anything, one tuple per line.
    unknown_rate
        share of the tokens that are not in the vocabulary, 0 to 1.
    tokens_per_character
        1 for characters, below 1 for words and BPE.
    unit
        what one token is: "character", "word" or "token".
    """

    vocab_size: int
    lines: tuple[tuple[str, ...], ...]
    unknown_rate: float
    tokens_per_character: float
    unit: str


def preview(tokenizer: Tokenizer, text: str, lines: int = 5) -> TokenPreview:
    """How the first lines split; the rates are those of the first 100,000 characters."""
    head = text[:_PREVIEW_CHARACTERS]
    ids, _ = tokenizer.encode_lossy(head)
    first = [line[:_PREVIEW_LINE] for line in head.splitlines(keepends=True) if line.strip()][:lines]
    return TokenPreview(
        vocab_size=tokenizer.vocab_size,
        lines=tuple(_split(tokenizer, line) for line in first),
        unknown_rate=tokenizer.unknown_rate(head),
        tokens_per_character=len(ids) / max(len(head), 1),
        unit=tokenizer.unit,
    )


def _split(tokenizer: Tokenizer, line: str) -> tuple[str, ...]:
    return tuple(tokenizer.labels[i] for i in tokenizer.encode_lossy(line)[0])
