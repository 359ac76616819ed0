"""What hidden states stand for, told from what they emit and when they are visited. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from seqviz.gui.widgets.strip_painting import shown_token
from seqviz.gui.widgets.token_names import token_name

Floats = NDArray[np.floating]
ENOUGH = 0.6  # of a state's emissions must be of a kind to name it so
SHOWN_SHARE = 0.06  # a symbol rarer than this in a state is not among its symbols
VOWELS = frozenset("aeiouAEIOU")
KINDS: tuple[tuple[str, Callable[[str], bool]], ...] = (
    ("white space", str.isspace),
    ("digits", str.isdigit),
    ("capitals", str.isupper),
    ("vowels", lambda symbol: symbol in VOWELS),
    ("consonants", str.isalpha),
    ("marks", lambda symbol: not symbol.isalnum()),
)


def top_symbols(emission: Floats, vocabulary: Sequence[str], most: int = 3) -> list[tuple[str, float]]:
    """The likeliest symbols of one state, emission (symbol,), with their probabilities; at least one."""
    order = np.argsort(-emission, kind="stable")[:most]
    found = [(_symbol(vocabulary, int(i)), float(emission[i])) for i in order]
    return [pair for place, pair in enumerate(found) if place == 0 or pair[1] >= SHOWN_SHARE]


def kind_of(emission: Floats, vocabulary: Sequence[str]) -> tuple[str, float]:
    """(kind, share): what most of a state's emissions are; ("", 0.0) where they are mixed or no single characters."""
    if any(len(symbol) != 1 for symbol in vocabulary):
        return "", 0.0
    shares = dict.fromkeys((name for name, _ in KINDS), 0.0)
    for symbol, share in zip(vocabulary, emission, strict=False):
        shares[next(name for name, belongs in KINDS if belongs(symbol))] += float(share)
    if not shares["vowels"] + shares["consonants"] + shares["capitals"]:
        return "", 0.0  # a code of digits or marks: kinds say nothing
    kind = max(shares, key=shares.__getitem__)
    return (kind, shares[kind]) if shares[kind] >= ENOUGH else ("", 0.0)


def state_label(emission: Floats, vocabulary: Sequence[str], most: int = 3) -> str:
    """`e a o`: the symbols a state is known by."""
    return " ".join(shown_token(symbol) for symbol, _ in top_symbols(emission, vocabulary, most))


def in_words(emission: Floats, vocabulary: Sequence[str]) -> tuple[str, float]:
    """(`vowels: e, a, o`, the share of the emissions that this names); without a kind no more symbols than needed."""
    top = top_symbols(emission, vocabulary)
    kind, share = kind_of(emission, vocabulary)
    if kind and len(top) > 1:
        return f"{kind}: {', '.join(token_name(symbol) for symbol, _ in top)}", share
    reached, named = 0.0, []
    for symbol, p in top:
        if reached < ENOUGH:
            named.append(token_name(symbol))
            reached += p
    return ", ".join(named), reached


def told(emission: Floats | None, vocabulary: Sequence[str], count: int) -> bool:
    """Whether the states are the output symbols themselves (the tags of a tagger), so that they have names."""
    return emission is None and len(vocabulary) == count


def row_label(
    state: int, emission: Floats | None, vocabulary: Sequence[str], fits: Callable[[str], bool], count: int
) -> str:
    """`s3  e a o` or `NOUN`: what stands beside the row of a state, with as many symbols as fit."""
    if told(emission, vocabulary, count):
        return vocabulary[state]
    texts = [f"s{state}"]
    if emission is not None:
        texts = [f"s{state}  {state_label(emission[state], vocabulary, most)}" for most in (3, 2, 1)]
    return next((text for text in texts if fits(text)), texts[-1])


def state_word(state: int, emission: Floats | None, vocabulary: Sequence[str], count: int) -> str:
    """`state 3` or `NOUN`."""
    return vocabulary[state] if told(emission, vocabulary, count) else f"state {state}"


def long_run(transition: Floats, rounds: int = 12) -> Floats:
    """(state,) share of the time spent in each state in the long run, from transition (state, state2)."""
    lazy = 0.5 * (np.asarray(transition, dtype=np.float64) + np.eye(len(transition)))  # periods die out
    for _ in range(rounds):
        lazy = lazy @ lazy
    shares = lazy.mean(axis=0)
    return np.asarray(shares / max(float(shares.sum()), 1e-300))


def by_frequency(transition: Floats, emission: Floats) -> NDArray[np.intp]:
    """Symbols from the commonest to the rarest, as the model writes them in the long run."""
    return np.argsort(-(long_run(transition) @ np.asarray(emission, dtype=np.float64)), kind="stable")


def _symbol(vocabulary: Sequence[str], index: int) -> str:
    return vocabulary[index] if index < len(vocabulary) else str(index)
