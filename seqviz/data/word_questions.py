"""Questions that word vectors are asked: how alike two words are, and what is to c as b is to a.

Files are the field's own: word, word, score on each line (WordSim-353, SimLex-999, MEN: blanks, tabs or commas, a
heading line is passed over), and four words on each line below ": section" headings (Mikolov's questions-words.txt).
Words that have no vector are left out, and how many were asked is told.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from seqviz.core.word_algebra import unit_rows
from seqviz.data.text_files import read_text

Floats = np.ndarray
FEWEST_PAIRS = 3  # a correlation of the ranks of two pairs is always 1 or -1


@dataclass(frozen=True)
class Similarities:
    """Pairs of word numbers (N, 2), what people said of them (N,), and how many pairs the file had."""

    pairs: np.ndarray
    scores: Floats
    asked: int


@dataclass(frozen=True)
class Analogies:
    """a, b, c and the expected d as word numbers (N, 4), and how many questions there were."""

    words: np.ndarray
    asked: int


def read_similarities(path: Path, numbers: Mapping[str, int]) -> Similarities:
    """The pairs of a file whose words both have a number.

    Raises
    ------
    ValueError
        one line: the file cannot be read, or holds no line of word, word, score.
    """
    pairs, scores, asked = [], [], 0
    for line in read_text(path).text.splitlines():
        parts = re.split(r"[,;\s]+", line.strip())
        score = _number(parts[2]) if len(parts) >= 3 else None
        if score is None:
            continue
        asked += 1
        one, other = (numbers.get(word.lower()) for word in parts[:2])
        if one is not None and other is not None:
            pairs.append((one, other))
            scores.append(score)
    if not asked:
        raise ValueError(f"{path.name}: no line says word, word, score")
    return Similarities(np.array(pairs, dtype=np.int64).reshape(-1, 2), np.array(scores), asked)


def read_analogies(path: Path, numbers: Mapping[str, int]) -> Analogies:
    """The questions of a file whose four words all have a number; see `read_similarities` for the errors."""
    lines = [line.split() for line in read_text(path).text.splitlines() if not line.startswith(":")]
    return numbered([words for words in lines if len(words) == 4], numbers, path.name)


def numbered(questions: list[list[str]], numbers: Mapping[str, int], source: str) -> Analogies:
    """Questions in words as numbers."""
    if not questions:
        raise ValueError(f"{source}: no line holds four words")
    known = [[numbers.get(word.lower(), -1) for word in words] for words in questions]
    found = np.array([four for four in known if min(four) >= 0], dtype=np.int64).reshape(-1, 4)
    return Analogies(found, len(questions))


def spearman(xs: Floats, ys: Floats) -> float:
    """Correlation of the ranks, ties sharing their mean rank; nan where one side does not vary.

    Spearman, "The proof and measurement of association between two things", 1904.
    """
    a, b = ranks(xs), ranks(ys)
    a, b = a - a.mean(), b - b.mean()
    size = float(np.sqrt((a * a).sum() * (b * b).sum()))
    return float((a * b).sum() / size) if size > 0 else float("nan")


def ranks(values: Floats) -> Floats:
    """Rank of each value, 1 for the smallest; equal values share the mean of theirs."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return np.asarray((last - (counts - 1) / 2)[place])


def similarity_score(vectors: Floats, questions: Similarities) -> float:
    """Spearman's correlation of cosine similarity with what people said; nan below `FEWEST_PAIRS`."""
    if len(questions.pairs) < FEWEST_PAIRS:
        return float("nan")
    unit = unit_rows(vectors)
    cosines = (unit[questions.pairs[:, 0]] * unit[questions.pairs[:, 1]]).sum(axis=1)
    return spearman(cosines, questions.scores)


def analogy_score(vectors: Floats, questions: Analogies) -> float:
    """Share of questions whose d lies nearest to b - a + c by cosine, a, b and c themselves left out; nan if none.

    Mikolov, Yih and Zweig, "Linguistic regularities in continuous space word representations", 2013.
    """
    if not len(questions.words):
        return float("nan")
    unit = unit_rows(vectors)
    right = 0
    for part in np.array_split(questions.words, max(1, len(questions.words) // 512)):
        a, b, c, d = part.T
        scores = unit_rows(unit[b] - unit[a] + unit[c]) @ unit.T  # (n, V)
        rows = np.arange(len(part))
        for asked in (a, b, c):
            scores[rows, asked] = -np.inf
        right += int((scores.argmax(axis=1) == d).sum())
    return right / len(questions.words)


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
