"""The adding problem: the sum of two marked numbers in a long row of them.

One example with T = 8:

    value    .31 .90 .05 .62 .44 .17 .83 .29
    marker     0   1   0   0   0   0   1   0
    target   .90 + .83 = 1.73

One mark lies in each half. Always answering 1, the mean, has squared error 1/6, the variance of a sum of two uniforms.
Hochreiter and Schmidhuber 1997; in this form Le, Jaitly and Hinton 2015 and Bai, Kolter and Koltun 2018.
"""

from __future__ import annotations

import hashlib
from typing import ClassVar

import numpy as np

from seqviz.core.knobs import knob
from seqviz.data.content import VectorsToValue
from seqviz.data.corpora import Corpus, CorpusConfig, corpora
from seqviz.data.generated import GeneratedConfig, arrays_sha256

LARGEST_NUMBERS = 200_000_000


class AddingConfig(GeneratedConfig):
    length: int = knob(200, low=2, high=5000, log=True, label="length T", unit="positions",
                       help="Numbers in a row; the two to add are marked.")  # fmt: skip


@corpora.register("adding")
class Adding(Corpus):
    """Two marked numbers somewhere in a long row, to be added."""

    Config: ClassVar[type[CorpusConfig]] = AddingConfig
    title = "Adding problem"
    gives = "vectors_to_value"
    config: AddingConfig

    def read(self) -> VectorsToValue:
        config = self.config
        if 2 * config.length * config.samples > LARGEST_NUMBERS:
            raise ValueError(
                f"corpus.samples: {config.samples} examples of {config.length} positions do not fit in memory"
            )
        train = adding_rows(config.generator("train"), config.samples, config.length)
        valid = adding_rows(config.generator("valid"), config.valid_samples, config.length)
        return VectorsToValue(
            f"{config.samples} rows of {config.length} numbers, two marked",
            arrays_sha256(*train, *valid),
            *train,
            *valid,
            constant_error=1 / 6,
            example=self._example,
            probe="any text draws other numbers",
            distance=(config.length + 1) // 2,  # the first mark lies in the first half
        )

    def _example(self, text: str) -> tuple[np.ndarray, float, tuple[str, ...]]:
        seed = int.from_bytes(hashlib.sha256(text.encode("utf-8", "replace")).digest()[:8], "big")
        vectors, sums = adding_rows(np.random.default_rng(seed), 1, self.config.length)
        labels = tuple(f"{'+' if mark else ''}{value:.2f}".replace("0.", ".") for value, mark in vectors[0])
        return vectors[0], float(sums[0]), labels


def adding_rows(rng: np.random.Generator, count: int, length: int) -> tuple[np.ndarray, np.ndarray]:
    """Vectors (N, T, 2) of value and marker, and sums (N,), float32."""
    values = rng.random((count, length), dtype=np.float32)
    first = rng.integers(0, length // 2, count)
    second = rng.integers(length // 2, length, count)
    markers = np.zeros((count, length), np.float32)
    rows = np.arange(count)
    markers[rows, first] = 1.0
    markers[rows, second] = 1.0
    return np.stack([values, markers], axis=2), values[rows, first] + values[rows, second]
