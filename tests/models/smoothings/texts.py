"""Small texts, counted as the n-gram model counts them."""

from __future__ import annotations

import numpy as np

from seqviz.models.context_counts import ContextCounts
from seqviz.models.counted_text import Reading, Unread
from seqviz.models.smoothings import EverySymbol, Smoothing

Sentences = list[list[int]]


def running() -> tuple[Sentences, int]:
    """One text of few letters, as one sentence; and the number of letters."""
    text = "the cat sat on the mat. the rat ate the cat that sat on the hat. a rat sat at the mat, the cat ran. " * 2
    letters = sorted(set(text))
    return [[letters.index(letter) for letter in text]], len(letters)


def zipf_sentences(number: int, size: int, seed: int = 0) -> Sentences:
    """Sentences of words as rare as words are, each word leaning on the one before; `size - 1` starts and ends each."""
    rng = np.random.default_rng(seed)
    chance = 1 / np.arange(1, size)
    chance /= chance.sum()
    found = []
    for length in rng.integers(1, 25, number):
        words = rng.choice(size - 1, length, p=chance)
        leaning = rng.random(length) < 0.5
        for place in range(1, length):
            if leaning[place]:
                words[place] = (words[place - 1] * 7 + 3) % (size - 1)
        found.append([size - 1, *words.tolist(), size - 1])
    return found


def counted(sentences: Sentences, order: int, size: int) -> ContextCounts:
    counts, unread = ContextCounts(order, size, size), Unread()
    for sentence in sentences:
        tokens, targets = np.array([sentence[:-1]]), np.array([sentence[1:]])
        nothing = np.zeros((1, 0), dtype=np.int64)
        unread.add(Reading(nothing, tokens, targets, np.ones(tokens.shape, dtype=bool), goes_on=False))
    unread.count_into(counts)
    return counts


def table(smoothing: Smoothing, stream: list[int]) -> np.ndarray:
    """(T, V) what follows each token of a text of its own."""
    counts = smoothing.counts
    contexts = counts.contexts(np.zeros((1, 0), dtype=np.int64), np.array([stream]))
    available = np.minimum(np.arange(1, len(stream) + 1), counts.order - 1)
    return smoothing.probabilities(contexts, available, EverySymbol(smoothing.size))


def context_at(stream: list[int], t: int, order: int) -> tuple[int, ...]:
    """The last order - 1 tokens up to position t, fewer at the start."""
    return tuple(stream[max(t - order + 2, 0) : t + 1]) if order > 1 else ()
