"""Words for tokens: which word a character belongs to, what a comma is called. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from seqviz.gui.widgets.strip_painting import is_characters, shown_token

_NAMES = {
    " ": "space",
    "\n": "line break",
    "\t": "tab",
    ",": "comma",
    ".": "full stop",
    ";": "semicolon",
    ":": "colon",
    "!": "exclamation mark",
    "?": "question mark",
    "'": "apostrophe",
    '"': "quotation mark",
    "-": "hyphen",
    "": "blank",
}
LONGEST_WORD = 24  # what is longer is a row of symbols, of which no one is told apart by saying them all


@dataclass(frozen=True)
class Span:
    """Positions `start` .. `end` (exclusive) that make up one word."""

    start: int
    end: int
    text: str


def word_spans(tokens: Sequence[str]) -> tuple[Span, ...]:
    """Words of a text of characters (split at white space); every other kind of token is its own word."""
    return _spans(tuple(tokens))


@lru_cache(maxsize=8)
def _spans(tokens: tuple[str, ...]) -> tuple[Span, ...]:
    if not is_characters(tokens):
        return tuple(Span(i, i + 1, shown_token(token.strip() or token)) for i, token in enumerate(tokens))
    spans: list[Span] = []
    start = 0
    for place in range(len(tokens) + 1):
        if place == len(tokens) or tokens[place].isspace():
            if place > start:
                spans.append(Span(start, place, "".join(tokens[start:place])))
            start = place + 1
    return tuple(spans)


def word_at(tokens: Sequence[str], position: int) -> Span | None:
    """The word a position lies in; None between words."""
    return next((s for s in word_spans(tokens) if s.start <= position < s.end), None)


def token_name(token: str) -> str:
    """A token in words: `comma`, `space`, `F`."""
    return _NAMES.get(token, shown_token(token))


def place_name(tokens: Sequence[str], position: int) -> str:
    """A position in words: `F of French`, `comma`, `space after I`; its number where there is no text."""
    if not 0 <= position < len(tokens):
        return f"position {position}"
    name = token_name(tokens[position])
    if not is_characters(tokens):
        return name
    word = word_at(tokens, position)
    if word is None:
        before = word_at(tokens, position - 1)
        return f"{name} after {before.text.rstrip('.,;:!?')}" if before is not None else name
    if not tokens[position].isalnum() or not 1 < word.end - word.start <= LONGEST_WORD:
        return name
    return f"{name} of {word.text.strip('.,;:!?()')}"
