"""Small sums in brackets, every node labelled with its value: each inner node is left minus right, modulo m.

    ((2 - 1) - (0 - 2)) modulo 3      as (2 (1 (2 2) (1 1)) (1 (0 0) (2 2)))

Subtraction forgives no misplaced bracket: a model that reads along the tree needs one small table, a model that reads a
chain must count brackets. A leaf is (label, word), a node (label, left, right), as in sentiment treebanks.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

import numpy as np

from seqviz.core.knobs import knob
from seqviz.data.content import LabelledTrees
from seqviz.data.corpora import Corpus, CorpusConfig, corpora
from seqviz.data.generated import GeneratedConfig
from seqviz.data.plain_text import text_sha256
from seqviz.data.trees import bracketed


class ArithmeticTreesConfig(GeneratedConfig):
    modulus: int = knob(3, low=2, high=10, label="modulus", help="Values are 0 up to this, less one.")
    longest: int = knob(8, low=2, high=64, label="most numbers", help="A sum has 2 up to so many numbers.")


@corpora.register("arithmetic_trees")
class ArithmeticTrees(Corpus):
    """Bracketed sums with the value of every part."""

    Config: ClassVar[type[CorpusConfig]] = ArithmeticTreesConfig
    title = "Sums as trees"
    gives = "labelled_trees"
    config: ArithmeticTreesConfig

    def read(self) -> LabelledTrees:
        config = self.config
        train = tuple(self._trees("train", config.samples))
        valid = tuple(self._trees("valid", config.valid_samples))
        sha256 = text_sha256("\n".join(bracketed(tree) for tree in train + valid))
        labels = tuple(map(str, range(config.modulus)))
        probe = bracketed(valued((("1", "0"), (("0", "1"), "1")), config.modulus)[0])  # with targets: it has a loss
        title = f"{config.samples} sums modulo {config.modulus}"
        return LabelledTrees(title, sha256, train, valid, labels, probe=probe)

    def _trees(self, split: str, count: int) -> Iterator[object]:
        rng = self.config.generator(split)
        for _ in range(count):
            leaves = int(rng.integers(2, self.config.longest + 1))
            yield random_tree(rng, leaves, self.config.modulus)[0]


def random_tree(rng: np.random.Generator, leaves: int, modulus: int) -> tuple[object, int]:
    """A tree of so many leaves, cut in two at random again and again; and its value."""
    if leaves == 1:
        value = int(rng.integers(0, modulus))
        return (str(value), str(value)), value
    cut = int(rng.integers(1, leaves))
    left, a = random_tree(rng, cut, modulus)
    right, b = random_tree(rng, leaves - cut, modulus)
    value = (a - b) % modulus
    return (str(value), left, right), value


def valued(tree: Any, modulus: int) -> tuple[Any, int]:
    """A tree of numbers in pairs, with the value of every part written to it; and its value."""
    if isinstance(tree, str):
        value = int(tree) % modulus
        return (str(value), tree), value
    (left, a), (right, b) = valued(tree[0], modulus), valued(tree[1], modulus)
    value = (a - b) % modulus
    return (str(value), left, right), value
