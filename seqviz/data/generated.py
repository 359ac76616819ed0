"""What every generated data set needs: random numbers of its own per split, and a hash of what came out."""

from __future__ import annotations

import hashlib

import numpy as np

from seqviz.core.knobs import knob
from seqviz.data.corpora import CorpusConfig


class GeneratedConfig(CorpusConfig):
    samples: int = knob(10_000, low=10, high=1_000_000, log=True, label="examples",
                        help="Training examples; a tenth as many more are kept apart to be judged on.")  # fmt: skip
    seed: int = knob(1, low=0, high=2**31 - 1, label="data seed", advanced=True,
                     help="Another seed gives other examples of the same kind.")  # fmt: skip

    @property
    def valid_samples(self) -> int:
        return max(self.samples // 10, 1)

    def generator(self, split: str) -> np.random.Generator:
        """Independent random numbers for "train" and "valid": changing one split's size leaves the other alone."""
        return np.random.default_rng([self.seed, ("train", "valid").index(split)])


def arrays_sha256(*arrays: np.ndarray) -> str:
    """Hash over shape, type and values of several arrays, in order."""
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(f"{array.dtype.str}{array.shape}".encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()
