"""Copy memory: ten symbols, a long silence, then say them again.

One example with delay T = 6:

    input    3 1 4 1 5 2 6 5 3 5 _ _ _ _ _ > > > > > > > > > > >
    target   _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ 3 1 4 1 5 2 6 5 3 5

10 symbols out of 8, T - 1 blanks, 11 go marks: T + 20 positions. Who remembers nothing can do no better than to say
blank and then guess: 10 ln 8 / (T + 20) nats per position.
Hochreiter and Schmidhuber 1997; in this form Arjovsky, Shah and Bengio 2016 and Bai, Kolter and Koltun 2018.
"""

from __future__ import annotations

import math
from typing import ClassVar

import numpy as np

from seqviz.core.knobs import knob
from seqviz.data.content import SymbolPairs
from seqviz.data.corpora import Corpus, CorpusConfig, corpora
from seqviz.data.generated import GeneratedConfig, arrays_sha256

RECALLED, SYMBOLS = 10, 8
BLANK, GO = 0, 9
LABELS = ("_", *map(str, range(1, SYMBOLS + 1)), ">")
LARGEST_CELLS = 500_000_000  # bytes: one per position of input and target


class CopyMemoryConfig(GeneratedConfig):
    delay: int = knob(100, low=1, high=5000, log=True, label="delay T", unit="positions",
                      help="How long the ten symbols must be remembered.")  # fmt: skip


@corpora.register("copy_memory")
class CopyMemory(Corpus):
    """Ten symbols to remember over a silence: nothing but memory is asked for."""

    Config: ClassVar[type[CorpusConfig]] = CopyMemoryConfig
    title = "Copy memory"
    gives = "symbol_pairs"
    config: CopyMemoryConfig

    def read(self) -> SymbolPairs:
        config, length = self.config, self.config.delay + 2 * RECALLED
        if 2 * length * config.samples > LARGEST_CELLS:
            raise ValueError(f"corpus.samples: {config.samples} examples of {length} positions do not fit in memory")
        train = self._rows("train", config.samples)
        valid = self._rows("valid", config.valid_samples)
        memoryless = RECALLED * math.log(SYMBOLS) / length
        return SymbolPairs(
            f"{config.samples} examples of {length} positions, delay {config.delay}",
            arrays_sha256(*train, *valid),
            *train,
            *valid,
            LABELS,
            (("memoryless", "remembering nothing", memoryless),),
            idle=BLANK,
            example=self._example,
            probe="3141562718",
            distance=config.delay + RECALLED,
        )

    def _rows(self, split: str, count: int) -> tuple[np.ndarray, np.ndarray]:
        symbols = self.config.generator(split).integers(1, SYMBOLS + 1, (count, RECALLED), dtype=np.uint8)
        return copy_rows(symbols, self.config.delay)

    def _example(self, text: str) -> tuple[np.ndarray, np.ndarray]:
        digits = "".join(text.split())
        if len(digits) != RECALLED or not set(digits) <= set(LABELS[1:-1]):
            raise ValueError("probe: type 10 digits from 1 to 8 to be remembered, for example 3141562718")
        inputs, targets = copy_rows(np.array([[int(d) for d in digits]], np.uint8), self.config.delay)
        return inputs[0], targets[0]


def copy_rows(symbols: np.ndarray, delay: int) -> tuple[np.ndarray, np.ndarray]:
    """(N, 10) symbols -> inputs and targets, (N, T + 20) each."""
    count, recalled = symbols.shape

    def run_of(value: int, length: int) -> np.ndarray:
        return np.full((count, length), value, symbols.dtype)

    inputs = np.concatenate([symbols, run_of(BLANK, delay - 1), run_of(GO, recalled + 1)], axis=1)
    targets = np.concatenate([run_of(BLANK, delay + recalled), symbols], axis=1)
    return inputs, targets
