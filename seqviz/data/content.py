"""What a corpus holds once it is read, by shape. A corpus `gives` one of these, a task `takes` one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np


@dataclass(frozen=True)
class Content:
    """`summary`: one line for the rail. `sha256`: of what was read. `notices`: what the user should know.

    `probe`: the text a fresh window looks through when the preset names none. `distance`: how many positions back the
    answer surely lies (0: nobody knows).
    """

    gives: ClassVar[str]
    summary: str
    sha256: str
    notices: tuple[str, ...] = field(default=(), kw_only=True)
    probe: str = field(default="", kw_only=True)
    distance: int = field(default=0, kw_only=True)


@dataclass(frozen=True)
class TextContent(Content):
    """Running text, split in order. `marked_spans`: (start, end) in `valid` where a metric looks closer.

    `analogies`: four words each, the first to the second as the third to the fourth, that the text lets one know.
    """

    gives: ClassVar[str] = "text"
    train: str
    valid: str
    marked_spans: tuple[tuple[int, int], ...] = ()
    marked_name: str = ""  # e.g. "agreement"
    analogies: tuple[tuple[str, str, str, str], ...] = ()


@dataclass(frozen=True)
class SentenceLines(Content):
    """Sentences, one a line, words between white space, in files that were split beforehand. `test` may be empty."""

    gives: ClassVar[str] = "sentence_lines"
    train: str
    valid: str
    test: str = ""


@dataclass(frozen=True)
class SymbolPairs(Content):
    """A symbol in and a symbol out at each position. Arrays (N, T) of any integer type; labels by id.

    `idle`: the symbol that a target is where nothing is asked; where it is None, a target of -1 is not asked for.
    `example`: what a person typed as one row, inputs and targets (T,) each, -1 where nobody knows the target; it raises
    a one-line ValueError. None: symbols typed stand for themselves. `output_labels`: where what comes out is a hidden
    state with labels of its own.
    """

    gives: ClassVar[str] = "symbol_pairs"
    train_inputs: np.ndarray
    train_targets: np.ndarray
    valid_inputs: np.ndarray
    valid_targets: np.ndarray
    labels: tuple[str, ...]
    baselines: tuple[tuple[str, str, float], ...] = ()  # (name, plain words, nats per position)
    idle: int | None = None
    example: Callable[[str], tuple[np.ndarray, np.ndarray]] | None = None
    output_labels: tuple[str, ...] = ()


@dataclass(frozen=True)
class VectorsToValue(Content):
    """Vectors in, one number out at the end. Inputs (N, T, D) float32, targets (N,) float32.

    `example`: any text as one row: vectors (T, D), the value to predict, and a label for each position.
    """

    gives: ClassVar[str] = "vectors_to_value"
    train_inputs: np.ndarray
    train_targets: np.ndarray
    valid_inputs: np.ndarray
    valid_targets: np.ndarray
    constant_error: float = 0.0  # squared error of the best constant
    example: Callable[[str], tuple[np.ndarray, float, tuple[str, ...]]] | None = None


@dataclass(frozen=True)
class StringPairs(Content):
    """Source and target strings of different lengths.

    `answer`: the target of a source that a person typed, or a one-line ValueError; None where there is no rule.
    """

    gives: ClassVar[str] = "string_pairs"
    train: tuple[tuple[str, str], ...]
    valid: tuple[tuple[str, str], ...]
    answer: Callable[[str], str] | None = None


@dataclass(frozen=True)
class LabelledTrees(Content):
    """Bracketed trees as nested tuples: a leaf is (label, word), a node (label, left, right)."""

    gives: ClassVar[str] = "labelled_trees"
    train: tuple[object, ...]
    valid: tuple[object, ...]
    labels: tuple[str, ...]


@dataclass(frozen=True)
class Tracks(Content):
    """Noisy measurements of a hidden path: observations and truth, each (N, T, D) float32."""

    gives: ClassVar[str] = "tracks"
    train_observed: np.ndarray
    train_truth: np.ndarray
    valid_observed: np.ndarray
    valid_truth: np.ndarray
    noise: float = 1.0


Sentence = tuple[tuple[str, ...], tuple[str, ...]]  # words, and the tag of each


@dataclass(frozen=True)
class TaggedSentences(Content):
    """Sentences of different lengths, a tag for every word. `test` is empty where the corpus has no such split."""

    gives: ClassVar[str] = "tagged_sentences"
    train: tuple[Sentence, ...]
    valid: tuple[Sentence, ...]
    test: tuple[Sentence, ...]
    tags: tuple[str, ...]  # all that occur in `train`, sorted
