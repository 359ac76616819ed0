"""Which tokens of a text are hidden from a model that must fill them in, and what it is shown in their place."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from seqviz.data.tokenizer_base import Tokenizer

Ids = npt.NDArray[np.int64]
Places = npt.NDArray[np.bool_]
HiddenAs = Literal["mark", "bert"]
MARKED, SWAPPED = 0.8, 0.1  # of the hidden tokens, as BERT has it: the mark, another token; the rest stays


def draw_hidden(shape: tuple[int, ...], share: float, rng: np.random.Generator) -> Places:
    """Each token by itself with probability `share`; one at least."""
    hidden = rng.random(shape) < share
    if not hidden.any():
        hidden.flat[rng.integers(hidden.size)] = True
    return hidden


def shown(ids: Ids, hidden: Places, mark: int, how: HiddenAs, rng: np.random.Generator) -> Ids:
    """What the model reads: `mark` (an id that no token has) in place of hidden tokens, or BERT's 80/10/10."""
    if how == "mark":
        return np.where(hidden, mark, ids)
    roll = rng.random(ids.shape)
    other = rng.integers(0, mark, ids.shape)
    swapped = np.where(roll < MARKED + SWAPPED, other, ids)
    return np.where(hidden, np.where(roll < MARKED, mark, swapped), ids)


@dataclass(frozen=True)
class Puzzle:
    """A typed text: ids (t,), which places are hidden, and of which of them the truth is known."""

    ids: Ids
    hidden: Places
    known: Places
    unseen: tuple[str, ...]


def typed_puzzle(text: str, tokenizer: Tokenizer, blank: str, braces: bool) -> Puzzle:
    """Read what a person typed: `blank` is a token that nobody knows; what stands in {braces} is known but hidden.

    Parameters
    ----------
    blank
        one character that the corpus does not use.
    braces
        whether { and } have this meaning; False where the corpus uses them.
    """
    parts: list[Puzzle] = []
    *before, last = text.split(blank)
    for piece in before:
        whole = piece if tokenizer.kind == "char" else piece.removesuffix(" ")  # words carry the space before them
        parts += [_told(whole, tokenizer, braces), _NOBODY_KNOWS]
    parts.append(_told(last, tokenizer, braces))
    ids, hidden, known = (np.concatenate([getattr(p, name) for p in parts]) for name in ("ids", "hidden", "known"))
    return Puzzle(ids, hidden, known, tuple(token for part in parts for token in part.unseen))


_NOBODY_KNOWS = Puzzle(np.zeros(1, np.int64), np.ones(1, bool), np.zeros(1, bool), ())


def _told(text: str, tokenizer: Tokenizer, braces: bool) -> Puzzle:
    """A piece of text without blanks."""
    plain, spans = without_braces(text) if braces else (text, ())
    ids, unseen = tokenizer.encode_lossy(plain)
    return Puzzle(ids, covered(tokenizer.offsets(plain), spans), np.ones(len(ids), bool), unseen)


def without_braces(text: str) -> tuple[str, tuple[tuple[int, int], ...]]:
    """The text without its pairs of braces, and the spans that stood in them; a lone brace stays text."""
    plain, spans, end = "", [], 0
    for found in re.finditer(r"\{([^{}]*)\}", text):
        plain += text[end : found.start()]
        spans.append((len(plain), len(plain) + len(found[1])))
        plain += found[1]
        end = found.end()
    return plain + text[end:], tuple(spans)


def covered(offsets: Ids, spans: tuple[tuple[int, int], ...]) -> Places:
    """(t,) whether a token reaches into one of the spans; `offsets` (t + 1,) are where tokens begin."""
    inside = np.zeros(len(offsets) - 1, bool)
    for start, end in spans:
        inside |= (offsets[1:] > start) & (offsets[:-1] < end)
    return inside


# what counting pays ------------------------------------------------------------------------------------------------


def backed_off(
    learned: tuple[Ids, Ids], asked: tuple[Ids, Ids], below: npt.NDArray[np.float64], size: int
) -> npt.NDArray[np.float64]:
    """P(token | context) = (count + below) / (count of the context + 1) for every pair asked.

    Parameters
    ----------
    learned, asked
        (contexts, tokens) of the training text and of what is asked; a context is any number.
    below
        what a shorter context says of each pair asked.
    """
    (contexts, tokens), (context, token) = learned, asked
    pairs = _count_of(contexts * size + tokens, context * size + token)
    return (pairs + below) / (_count_of(contexts, context) + 1.0)


def _count_of(seen: Ids, asked: Ids) -> npt.NDArray[np.float64]:
    """How often each number asked is among those seen."""
    values, counts = np.unique(seen, return_counts=True)
    at = np.minimum(np.searchsorted(values, asked), len(values) - 1)
    return np.where(values[at] == asked, counts[at], 0).astype(np.float64)
