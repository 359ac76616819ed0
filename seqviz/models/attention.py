"""Scaled dot-product self-attention. Causal: each token asks all tokens up to itself; else: all there are.

    q_t, k_t, v_t = W_q x_t, W_k x_t, W_v x_t                 per head
    scores_ts     = q_t . k_s / sqrt(d)                       -inf where t may not see s
    pattern_t     = softmax_s(scores_t)
    y_t           = W_o [sum_s pattern_ts v_s]                heads side by side

Vaswani et al., "Attention is all you need", 2017.
Axes: B batch, H head, T positions (queries), S positions (keys), D model dimensions, d dimensions of one head.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from seqviz.models.positional import Position
from seqviz.models.trace import Recorder

HEAD_AXES = ("batch", "head", "t", "dim")
PATTERN_AXES = ("batch", "head", "query_pos", "key_pos")


@dataclass(frozen=True)
class Remembered:
    """Keys and values of all tokens read so far: (B, H, S, d) each."""

    keys: Tensor
    values: Tensor


class SelfAttention(nn.Module):
    """Three matrices in one (`query_key_value`), and one that mixes the heads (`project`)."""

    def __init__(self, d_model: int, n_heads: int, bias: bool, dropout: float, causal: bool = True) -> None:
        super().__init__()
        if d_model % n_heads:
            raise ValueError(f"model.n_heads: {n_heads} heads cannot share {d_model} dimensions evenly")
        self.n_heads, self.causal = n_heads, causal
        self.query_key_value = nn.Linear(d_model, 3 * d_model, bias=bias)
        self.project = nn.Linear(d_model, d_model, bias=bias)
        self.dropout = nn.Dropout(dropout)  # of the pattern

    def forward(self, x: Tensor, position: Position, present: Tensor | None = None) -> Tensor:
        """`present` (B, S) bool is False where a key is padding that nobody may read."""
        q, k, v = self.heads(x, position)
        mask = additive_mask(position, q, k, self.causal, present)
        dropout = self.dropout.p if self.training else 0.0
        plain = mask is None and self.causal
        mixed = F.scaled_dot_product_attention(q, k, v, attn_mask=mask, dropout_p=dropout, is_causal=plain)
        return self.project(merge(mixed))

    def extend(self, x: Tensor, position: Position, before: Remembered | None, start: int) -> tuple[Tensor, Remembered]:
        """Read tokens x (B, T, D) that stand at `start` and after; either one token, or all of them from 0."""
        q, k, v = self.heads(x, position, start)
        if before is not None:
            k = torch.cat([before.keys, k], dim=2)  # (B, H, S, d)
            v = torch.cat([before.values, v], dim=2)
        mask = additive_mask(position, q, k)
        causal = mask is None and q.shape[2] > 1  # a lone last query may see every key
        mixed = F.scaled_dot_product_attention(q, k, v, attn_mask=mask, is_causal=causal)
        return self.project(merge(mixed)), Remembered(k, v)

    def trace(
        self, x: Tensor, position: Position, recorder: Recorder, path: str, present: Tensor | None = None
    ) -> Tensor:
        """`forward` longhand; query and key are noted as they meet, RoPE's turn included."""
        q, k, v = self.heads(x, position)
        scores = q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1])  # (B, H, T, S)
        bias = position.bias(q.shape[2], k.shape[2], q)
        if bias is not None:
            scores = scores + bias
        if self.causal:
            scores = scores.masked_fill(future(q, k), -math.inf)
        if present is not None:
            scores = scores.masked_fill(~present[:, None, None, :], -math.inf)
        pattern = torch.softmax(scores, dim=-1)  # (B, H, T, S)
        output = self.project(merge(pattern @ v))  # (B, T, D)
        recorder.note(f"{path}.query", q, HEAD_AXES)
        recorder.note(f"{path}.key", k, HEAD_AXES)
        recorder.note(f"{path}.value", v, HEAD_AXES)
        recorder.note(f"{path}.scores", scores, PATTERN_AXES)
        recorder.note(f"{path}.pattern", pattern, PATTERN_AXES)
        recorder.note(f"{path}.output", output, ("batch", "t", "dim"))
        return output

    def heads(self, x: Tensor, position: Position, start: int = 0) -> tuple[Tensor, Tensor, Tensor]:
        """Query, key and value: (B, T, D) -> (B, H, T, d) each."""
        batch, length, _ = x.shape
        split = self.query_key_value(x).view(batch, length, 3, self.n_heads, -1)  # (B, T, 3, H, d)
        q, k, v = split.permute(2, 0, 3, 1, 4)  # 3 of (B, H, T, d)
        return position.turn(q, start), position.turn(k, start), v


def merge(mixed: Tensor) -> Tensor:
    """Heads side by side again: (B, H, T, d) -> (B, T, D)."""
    return mixed.transpose(1, 2).flatten(2)


def future(queries: Tensor, keys: Tensor) -> Tensor:
    """(T, S) bool, True where a key lies ahead of the query; the last query stands at the last key."""
    t, s = queries.shape[2], keys.shape[2]
    return ~torch.ones(t, s, dtype=torch.bool, device=queries.device).tril(s - t)


def additive_mask(
    position: Position, queries: Tensor, keys: Tensor, causal: bool = True, present: Tensor | None = None
) -> Tensor | None:
    """(H, T, S), with padding (B, H or 1, T or 1, S), to be added to the scores: -inf where a query may not see a key.

    None where there is nothing to add but the plain causal mask.
    """
    mask = position.bias(queries.shape[2], keys.shape[2], queries)
    if mask is not None and causal:
        mask = mask.masked_fill(future(queries, keys), -math.inf)
    if present is None:
        return mask
    assert not causal or mask is not None, "causal attention keeps padding at a row's end out of sight by itself"
    hidden = queries.new_zeros(present.shape).masked_fill(~present, -math.inf)[:, None, None, :]  # (B, 1, 1, S)
    return hidden if mask is None else mask + hidden
