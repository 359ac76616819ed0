"""Who explains this token? Each witness weighs the earlier positions in its own way, one file each.

Only replacing a token and looking what changes tells what the prediction truly rests on; gradient, attention, counts
and receptive field are set beside it, so that one sees where they are no explanation.
Jain and Wallace, "Attention is not explanation", 2019; Wiegreffe and Pinter, "Attention is not not explanation", 2019.
"""

from __future__ import annotations

import abc
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from seqviz.analysis import Subject
from seqviz.core.events import Evidence
from seqviz.core.registry import Registry
from seqviz.models.base import Model


@dataclass(frozen=True)
class Question:
    """One token of the probe: `position` p is foretold by output p - 1, from the positions 0 .. p - 1."""

    subject: Subject
    position: int
    labels: tuple[str, ...]  # of the probe
    vocabulary: tuple[str, ...]

    @property
    def output(self) -> int:
        return self.position - 1


class Witness(abc.ABC):
    """`order`: where it stands in the stack. `weigh` yields between bounded pieces of work and returns the evidence."""

    title: ClassVar[str]
    order: ClassVar[int] = 100

    @abc.abstractmethod
    def serves(self, model: Model) -> bool:
        """Whether this kind of model can be asked so."""

    @abc.abstractmethod
    def weigh(self, question: Question) -> Iterator[Evidence | None]:
        """None between pieces of work, at last the evidence; `witness` and `agreement` are filled in by the caller."""


witnesses: Registry[type[Witness]] = Registry("witness", "seqviz.analysis.witnesses")


def normalised(weights: np.ndarray) -> np.ndarray:
    """Shares that add up to 1; zeros stay zeros."""
    total = np.nansum(weights)
    return weights / total if total > 0 else weights
