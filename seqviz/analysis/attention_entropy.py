"""Whether attention has collapsed: the entropy of every row of a pattern as a share of the largest it could have.

entropy[h, t] = -sum_s p_ts log2 p_ts / log2 n_t        n_t positions that t may read; nan where it is but one
0: all of the weight on one position; 1: all positions alike. A head whose entropy goes to 0 everywhere ("entropy
collapse") makes training unstable: Zhai et al., "Stabilizing Transformer Training by Preventing Attention Entropy
Collapse", 2023.
"""

from __future__ import annotations

import torch
from torch import Tensor

from seqviz.analysis import Analysis, Subject, analyses, matches
from seqviz.analysis.attention_scores import entropy_bits
from seqviz.analysis.offered import arrays_named, offered
from seqviz.models.base import Model
from seqviz.models.trace import TracedArray

PREFIX = "health.attention_entropy."
PATTERNS = ("blocks.*.attention.pattern", "attention.pattern")


def relative_entropy(pattern: Tensor, scores: Tensor) -> Tensor:
    """Weights and what they were made of, both (..., query, key) -> (..., query) in 0 .. 1.

    A score of minus infinity is a position that may not be read.
    """
    readable = (scores != -torch.inf).sum(dim=-1).to(pattern.dtype)  # (..., query)
    most = torch.log2(readable)
    return entropy_bits(pattern) / torch.where(most > 0, most, torch.nan)


@analyses.register("attention_entropy")
class AttentionEntropy(Analysis):
    """(batch, head, query_pos) of every attention layer; (batch, target) where there is one head alone."""

    provides = (f"{PREFIX}*",)

    def serves(self, model: Model) -> bool:
        return bool(offered(model, PATTERNS))

    def names(self, model: Model) -> tuple[str, ...]:
        return tuple(PREFIX + name.removesuffix(".pattern") for name in offered(model, PATTERNS))

    def compute(self, subject: Subject, wants: frozenset[str]) -> dict[str, TracedArray]:
        arrays, found = subject.trace.arrays, {}
        for name in arrays_named(arrays, PATTERNS):
            path = name.removesuffix(".pattern")
            if matches(PREFIX + path, wants):
                values = relative_entropy(arrays[name].values, arrays[f"{path}.scores"].values)
                found[PREFIX + path] = TracedArray(values, arrays[name].axes[:-1])
        return found
