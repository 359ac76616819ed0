"""What attention looks at, in two small figures per head.

score_by_distance[d]  mean of q_t . k_{t-d} / sqrt(d_head) over all t: what a head thinks of distance, before any
bias is added (queries and keys as they meet, so RoPE's turn is in it, ALiBi's penalty is not); a model that also looks
ahead: the mean over both sides
entropy[t]            -sum_s p_ts log2 p_ts in bits: 0 looks at one token, log2(t + 1) at all alike
"""

from __future__ import annotations

import math
import re

import torch
from torch import Tensor

from seqviz.analysis import Analysis, Subject, analyses, matches
from seqviz.models.base import Model
from seqviz.models.trace import TracedArray

QUERY = re.compile(r"(blocks\.\d+\.attention)\.query")
PATTERN = re.compile(r"(blocks\.\d+\.attention)\.pattern")


@analyses.register("attention_scores")
class AttentionScores(Analysis):
    """(batch, head, distance) and (batch, head, query_pos) of every block."""

    provides = ("blocks.*.attention.score_by_distance", "blocks.*.attention.entropy")

    def serves(self, model: Model) -> bool:
        return matches("blocks.*.attention.pattern", model.provides)

    def compute(self, subject: Subject, wants: frozenset[str]) -> dict[str, TracedArray]:
        arrays = subject.trace.arrays
        found: dict[str, TracedArray] = {}
        scored = wanted_paths(QUERY, ".score_by_distance", arrays, wants)
        if scored:
            queries = torch.stack([arrays[f"{path}.query"].values for path in scored])  # (L, B, H, T, d)
            keys = torch.stack([arrays[f"{path}.key"].values for path in scored])
            by_distance = score_by_distance(queries, keys)
            if not subject.model.offers.causal:
                by_distance = (by_distance + score_by_distance(keys, queries)) / 2
            for path, means in zip(scored, by_distance, strict=True):
                found[f"{path}.score_by_distance"] = TracedArray(means, ("batch", "head", "distance"))
        for path in wanted_paths(PATTERN, ".entropy", arrays, wants):
            bits = entropy_bits(arrays[f"{path}.pattern"].values)
            found[f"{path}.entropy"] = TracedArray(bits, ("batch", "head", "query_pos"))
        return found


def wanted_paths(kind: re.Pattern[str], ending: str, names: dict[str, TracedArray], wants: frozenset[str]) -> list[str]:
    """Paths ("blocks.0.attention") of the arrays of a kind for which path + ending is wanted."""
    paths = [found[1] for name in names if (found := kind.fullmatch(name))]
    return [path for path in paths if matches(path + ending, wants)]


def score_by_distance(queries: Tensor, keys: Tensor) -> Tensor:
    """Causal mean scores: queries and keys (..., T, d) -> (..., distance)."""
    length, size = queries.shape[-2:]
    scores = queries @ keys.transpose(-1, -2) / math.sqrt(size)  # (..., T, T)
    t, s = torch.tril_indices(length, length, device=queries.device)  # every pair with s <= t
    sums = scores.new_zeros(*scores.shape[:-2], length).index_add_(-1, t - s, scores[..., t, s])  # (..., distance)
    return sums / torch.arange(length, 0, -1, dtype=sums.dtype, device=sums.device)


def entropy_bits(pattern: Tensor) -> Tensor:
    """Distributions in the last axis -> their entropies in bits, 0 log 0 = 0: (..., key_pos) -> (...)."""
    return torch.special.entr(pattern).sum(dim=-1) / math.log(2)
