"""Delayed recall: one symbol, a stretch of letters that mean nothing, and the question which symbol it was.

One example with delay D = 6:

    input    5 c a a f b d ?
    target   . . . . . . . 5        (nothing is asked before the end)

1 symbol out of 8, D letters out of 6, one question mark: D + 2 positions, the answer D + 1 positions after the symbol.
Who remembers nothing can do no better than guess: ln 8 nats, 1 of 8 right. A loss at the end alone, so what reaches
the symbol is what the gradient kept over the whole distance: the latching problem of Bengio, Simard and Frasconi,
"Learning long-term dependencies with gradient descent is difficult", 1994, with more symbols.
"""

from __future__ import annotations

import math
from typing import ClassVar

import numpy as np

from seqviz.core.knobs import knob
from seqviz.data.content import SymbolPairs
from seqviz.data.corpora import Corpus, CorpusConfig, corpora
from seqviz.data.generated import GeneratedConfig, arrays_sha256

SYMBOLS, LETTERS = 8, 6
QUESTION = SYMBOLS + LETTERS
LABELS = (*map(str, range(1, SYMBOLS + 1)), *"abcdef", "?")
NOT_ASKED = -1


class DelayedRecallConfig(GeneratedConfig):
    delay: int = knob(40, low=0, high=2000, log=True, label="delay D", unit="positions",
                      help="How many letters stand between the symbol and the question.")  # fmt: skip


@corpora.register("delayed_recall")
class DelayedRecall(Corpus):
    """One symbol to remember while letters go by: the loss stands at the end alone."""

    Config: ClassVar[type[CorpusConfig]] = DelayedRecallConfig
    title = "Delayed recall"
    gives = "symbol_pairs"
    config: DelayedRecallConfig

    def read(self) -> SymbolPairs:
        config = self.config
        train = self._rows("train", config.samples)
        valid = self._rows("valid", config.valid_samples)
        return SymbolPairs(
            f"{config.samples} examples of {config.delay + 2} positions, delay {config.delay}",
            arrays_sha256(*train, *valid),
            *train,
            *valid,
            LABELS,
            (("memoryless", "remembering nothing", math.log(SYMBOLS)),),
            example=self._example,
            probe="5",
            distance=config.delay + 1,
        )

    def _rows(self, split: str, count: int) -> tuple[np.ndarray, np.ndarray]:
        random = self.config.generator("train" if split == "train" else "valid")
        symbols = random.integers(0, SYMBOLS, count)
        letters = random.integers(SYMBOLS, SYMBOLS + LETTERS, (count, self.config.delay))
        return recall_rows(symbols, letters)

    def _example(self, text: str) -> tuple[np.ndarray, np.ndarray]:
        """A digit alone gets letters drawn for it; a digit with letters is taken as it stands."""
        typed = "".join(text.split()).removesuffix("?")
        known = LABELS[SYMBOLS:QUESTION]
        if not typed or typed[0] not in LABELS[:SYMBOLS] or not set(typed[1:]) <= set(known):
            raise ValueError("probe: type a digit from 1 to 8, and letters from a to f after it if you like: 5 cafe")
        letters = np.array([[LABELS.index(letter) for letter in typed[1:]]], dtype=np.int64)
        if len(typed) == 1:
            letters = np.random.default_rng(0).integers(SYMBOLS, SYMBOLS + LETTERS, (1, self.config.delay))
        inputs, targets = recall_rows(np.array([LABELS.index(typed[0])]), letters)
        return inputs[0], targets[0]


def recall_rows(symbols: np.ndarray, letters: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Symbols (N,), letters (N, D) -> inputs and targets, (N, D + 2) each; -1 where nothing is asked."""
    count, delay = letters.shape
    question = np.full((count, 1), QUESTION)
    inputs = np.concatenate([symbols[:, None], letters, question], axis=1).astype(np.int8)
    targets = np.full((count, delay + 2), NOT_ASKED, dtype=np.int8)
    targets[:, -1] = symbols
    return inputs, targets
