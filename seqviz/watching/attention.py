"""Attention patterns of one row, and the gradient by what attention gives.

nn.MultiheadAttention does not tell its pattern where torch fuses it, so that of one row is computed again from the
same query, key and weights. Other modules are asked by the look of it: what a Softmax gives, or what a Dropout is
given, with rows (head, query, key) that add up to one, is a pattern.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from seqviz.watching.sites import LONGEST, Sighting

CLOSE = 1e-2  # of a row's sum to one, also in half precision
MOST_HEADS = 16


class AttentionSite:
    """`block`: number of this module among all that attend."""

    def __init__(self, module: nn.MultiheadAttention, block: int) -> None:
        self.module = module
        self.path = f"blocks.{block}.attention"
        self.names: tuple[str, ...] = (f"{self.path}.pattern", f"gradient.total.{self.path}")

    def see(self, seen: Sighting, args: tuple[Any, ...], kwargs: dict[str, Any], output: Any) -> None:
        given = dict(zip(_ARGUMENTS, args, strict=False)) | kwargs
        query, key = given["query"], given["key"]

        def one(tensor: Tensor) -> Tensor:
            if tensor.ndim < 3:
                return tensor
            return tensor[0] if self.module.batch_first else tensor[:, 0]

        q, k = one(query), one(key)  # (query, d), (key, d)
        if max(len(q), len(k)) > LONGEST or self.path in seen.gradients:
            return
        seen.gradients[self.path] = q.new_zeros(len(q))
        seen.ask(output[0], lambda gradient: _put(seen, self.path, one(gradient)))
        module = self.module
        if module.bias_k is None and not module.add_zero_attn:
            heads = 1 if query.ndim == 2 else query.shape[0 if module.batch_first else 1]
            pattern = pattern_of(module, q, k, _mask(given, module.num_heads, heads, len(q), len(k)))
            seen.values[f"{self.path}.pattern"] = (pattern[:MOST_HEADS], ("head", "query_pos", "key_pos"))


class PatternSite:
    """A module of the user's own attention: a Softmax by its output, a Dropout by its input."""

    def __init__(self, module: nn.Module, block: int) -> None:
        self.module = module
        self.path = f"blocks.{block}.attention"
        self.names: tuple[str, ...] = (f"{self.path}.pattern",)

    def see(self, seen: Sighting, args: tuple[Any, ...], kwargs: dict[str, Any], output: Any) -> None:
        found = output if isinstance(self.module, nn.Softmax) else (args[0] if args else None)
        if isinstance(found, Tensor) and looks_like_patterns(found):
            pattern = found.detach()[0, :MOST_HEADS].clone()  # (head, query, key)
            seen.values.setdefault(f"{self.path}.pattern", (pattern, ("head", "query_pos", "key_pos")))


def looks_like_patterns(found: Tensor) -> bool:
    """Whether this is (batch, head, query, key), each row of it a distribution."""
    if found.ndim != 4 or not found.is_floating_point():
        return False
    if not (1 < found.shape[2] <= LONGEST and found.shape[2] == found.shape[3]):
        return False
    row = found.detach()[0].float()
    return bool((row >= 0).all()) and bool((row.sum(-1) - 1).abs().max() < CLOSE)


def pattern_of(module: nn.MultiheadAttention, q: Tensor, k: Tensor, mask: Tensor | None) -> Tensor:
    """(head, query, key) of q (query, d) and k (key, d); `mask` is added to the scores."""
    width = module.embed_dim
    if module.in_proj_weight is not None:
        w_q, w_k = module.in_proj_weight[:width], module.in_proj_weight[width : 2 * width]
    else:
        w_q, w_k = module.q_proj_weight, module.k_proj_weight
    bias = module.in_proj_bias
    b_q, b_k = (None, None) if bias is None else (bias[:width], bias[width : 2 * width])
    with torch.autocast(q.device.type, enabled=False):
        queries = functional.linear(q.to(w_q.dtype), w_q, b_q)  # (query, width)
        keys = functional.linear(k.to(w_k.dtype), w_k, b_k)  # (key, width)
        heads, size = module.num_heads, width // module.num_heads
        queries = queries.view(len(q), heads, size).transpose(0, 1)  # (head, query, size)
        keys = keys.view(len(k), heads, size).transpose(0, 1)  # (head, key, size)
        scores = queries @ keys.transpose(1, 2) / math.sqrt(size)  # (head, query, key)
        return (scores if mask is None else scores + mask).softmax(-1)


_ARGUMENTS = (
    "query", "key", "value", "key_padding_mask", "need_weights", "attn_mask", "average_attn_weights", "is_causal",
)  # fmt: skip


def _mask(given: dict[str, Any], heads: int, rows: int, queries: int, keys: int) -> Tensor | None:
    """What is added to the scores of the first row: (query, key) or (head, query, key)."""
    total: Tensor | None = None
    mask, padding = given.get("attn_mask"), given.get("key_padding_mask")
    if mask is not None:
        total = _added(mask)
        total = total[:heads] if total.ndim == 3 and len(total) == rows * heads else total
    if padding is not None:
        row = _added(padding if padding.ndim == 1 else padding[0])[None]  # (1, key)
        total = row if total is None else total + row
    return None if total is None else total.expand(*total.shape[:-2], queries, keys)


def _added(mask: Tensor) -> Tensor:
    return (
        torch.zeros_like(mask, dtype=torch.float32).masked_fill(mask, -math.inf) if mask.dtype == torch.bool else mask
    )


def _put(seen: Sighting, site: str, gradient: Tensor) -> None:
    seen.gradients[site] = seen.gradients[site] + gradient.norm(dim=-1)
