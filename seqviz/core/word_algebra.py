"""What may be asked of word vectors: who is alike, what is to c as a is to b, and on which side of an axis a word lies.

    nearest(i)         cos(e_j, e_i)                                               for every other word j
    analogy(a, b, c)   cos(e_j, ê_a - ê_b + ê_c), ê = e / |e|; a, b and c cannot be the answer
    lean(x, a, b)      cos(e_x, ê_a - ê_b)                                         above 0: on the side of a

Mikolov, Yih and Zweig, "Linguistic regularities in continuous space word representations", 2013 (the analogy).
Bolukbasi, Chang, Zou, Saligrama and Kalai, "Man is to computer programmer as woman is to homemaker?", 2016 (the axis).

Axes: V words, E dimensions.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

Floats = np.ndarray
Ranked = list[tuple[int, float]]  # word and its cosine, best first


def unit_rows(vectors: Floats) -> Floats:
    """(V, E), each row divided by its length; rows of zeros stay."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.where(lengths > 0, lengths, 1.0))


def nearest(unit: Floats, word: int, count: int) -> Ranked:
    """The `count` words of the largest cosine with `word`, itself left out; `unit` are unit rows (V, E)."""
    return _ranked(unit @ unit[word], count, {word})


def analogy(unit: Floats, a: int, b: int, c: int, count: int) -> Ranked:
    """Where a - b + c points: the `count` words of the largest cosine, a, b and c left out."""
    point = unit[a] - unit[b] + unit[c]
    return _ranked(_towards(unit, point), count, {a, b, c})


def lean(unit: Floats, words: Sequence[int], a: int, b: int) -> Floats:
    """Cosine of each word with the axis from b to a: (len(words),). 0 where a and b are the same."""
    return _towards(unit[list(words)], unit[a] - unit[b])


def _towards(unit: Floats, point: Floats) -> Floats:
    size = float(np.linalg.norm(point))
    return np.asarray(unit @ point / (size if size > 1e-9 else np.inf))


def _ranked(scores: Floats, count: int, without: set[int]) -> Ranked:
    order = np.argsort(-scores, kind="stable")[: count + len(without)]
    return [(int(i), float(scores[i])) for i in order if int(i) not in without][:count]
