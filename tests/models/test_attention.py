from __future__ import annotations

import math

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from seqviz.models.attention import SelfAttention, future
from seqviz.models.positional import AlibiPosition, Position
from seqviz.models.trace import Recorder

TIGHT = {"rtol": 1e-9, "atol": 1e-12}


def attention() -> SelfAttention:
    torch.manual_seed(0)
    return SelfAttention(8, 2, bias=True, dropout=0.0).double()


def stream() -> torch.Tensor:
    return torch.randn(3, 5, 8, dtype=torch.float64, generator=torch.Generator().manual_seed(1))


def test_equals_multihead_attention_with_the_same_weights() -> None:
    ours, x = attention(), stream()
    theirs = nn.MultiheadAttention(8, 2, batch_first=True).double()
    with torch.no_grad():
        theirs.in_proj_weight.copy_(ours.query_key_value.weight)
        theirs.in_proj_bias.copy_(ours.query_key_value.bias)
        theirs.out_proj.weight.copy_(ours.project.weight)
        theirs.out_proj.bias.copy_(ours.project.bias)
    hidden = torch.ones(5, 5, dtype=torch.bool).triu(1)  # True hides, here
    expected, pattern = theirs(x, x, x, attn_mask=hidden, average_attn_weights=False)
    recorder = Recorder(keep_graph=False)
    torch.testing.assert_close(ours(x, Position()), expected, **TIGHT)
    torch.testing.assert_close(ours.trace(x, Position(), recorder, "a"), expected, **TIGHT)
    torch.testing.assert_close(recorder.arrays["a.pattern"].values, pattern, **TIGHT)


def test_traced_query_key_value_and_pattern_give_what_torch_gives() -> None:
    ours, recorder = attention(), Recorder(keep_graph=False)
    output = ours.trace(stream(), Position(), recorder, "a")
    q, k, v = (recorder.arrays[f"a.{name}"].values for name in ("query", "key", "value"))
    allowed = torch.ones(5, 5, dtype=torch.bool).tril()  # True lets through, here
    mixed = F.scaled_dot_product_attention(q, k, v, attn_mask=allowed)
    torch.testing.assert_close(output, ours.project(mixed.transpose(1, 2).flatten(2)), **TIGHT)
    torch.testing.assert_close(recorder.arrays["a.pattern"].values @ v, mixed, **TIGHT)


def test_patterns_sum_to_one_and_scores_ahead_of_the_query_are_minus_infinity() -> None:
    recorder = Recorder(keep_graph=False)
    attention().trace(stream(), AlibiPosition(2), recorder, "a")
    scores, pattern = recorder.arrays["a.scores"].values, recorder.arrays["a.pattern"].values
    ahead = torch.ones(5, 5, dtype=torch.bool).triu(1)
    assert bool((scores[..., ahead] == -math.inf).all())
    assert bool(scores[..., ~ahead].isfinite().all())
    assert bool((pattern[..., ahead] == 0).all())
    torch.testing.assert_close(pattern.sum(-1), torch.ones(3, 2, 5, dtype=torch.float64), **TIGHT)


def test_alibi_lowers_scores_in_proportion_to_distance() -> None:
    plain, biased = Recorder(keep_graph=False), Recorder(keep_graph=False)
    attention().trace(stream(), Position(), plain, "a")
    attention().trace(stream(), AlibiPosition(2), biased, "a")
    lowered = (biased.arrays["a.scores"].values - plain.arrays["a.scores"].values)[0, :, 4]  # (head, key)
    distance = torch.tensor([4.0, 3, 2, 1, 0], dtype=torch.float64)
    torch.testing.assert_close(lowered, -torch.tensor([[2.0**-4], [2.0**-8]], dtype=torch.float64) * distance, **TIGHT)


def test_future_lets_the_last_query_see_every_key() -> None:
    queries, keys = torch.zeros(1, 1, 2, 4), torch.zeros(1, 1, 5, 4)
    assert future(queries, keys).tolist() == [[False] * 4 + [True], [False] * 5]


def test_refuses_a_width_that_heads_cannot_share() -> None:
    with pytest.raises(ValueError, match=r"model\.n_heads: 3 heads cannot share 8 dimensions"):
        SelfAttention(8, 3, bias=True, dropout=0.0)
