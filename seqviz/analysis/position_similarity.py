"""How alike two positions are to the model: the cosine between their encodings.

similarity[a, b] = e_a . e_b / (|e_a| |e_b|)
"""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional as F

from seqviz.analysis import Analysis, Subject, analyses, matches
from seqviz.models.base import Model
from seqviz.models.trace import TracedArray


@analyses.register("position_similarity")
class PositionSimilarity(Analysis):
    """(position, position2), of models that add an encoding to their input."""

    provides = ("position.similarity",)

    def serves(self, model: Model) -> bool:
        return matches("position.encoding", model.provides)

    def compute(self, subject: Subject, wants: frozenset[str]) -> dict[str, TracedArray]:
        encoding = subject.trace.arrays.get("position.encoding")
        if encoding is None or not matches("position.similarity", wants):
            return {}
        return {"position.similarity": TracedArray(cosine(encoding.values), ("position", "position2"))}


def cosine(encoding: Tensor) -> Tensor:
    """(position, dim) -> (position, position); 0 where an encoding is all zeros."""
    unit = F.normalize(encoding, dim=-1)
    return unit @ unit.T
