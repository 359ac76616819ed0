from __future__ import annotations

import numpy as np
import pytest

from seqviz.gui.panels.head_roles import entropy_bits, head_role

TOKENS = tuple("abcdabcdabcdabcd")
N = len(TOKENS)


def looking_at(*places: list[int]) -> np.ndarray:
    """Row t spreads its weight evenly over places[t]."""
    pattern = np.zeros((N, N), dtype=np.float32)
    for t, where in enumerate(places):
        pattern[t, where] = 1.0 / len(where)
    return pattern


def test_each_simple_rule_names_its_head():
    rows = range(N)
    assert head_role(looking_at(*[[max(t - 1, 0)] for t in rows]), TOKENS) == "previous"
    assert head_role(looking_at(*[[t] for t in rows]), TOKENS) == "same"
    assert head_role(looking_at(*[[0] for t in rows]), TOKENS) == "first"
    assert head_role(looking_at(*[list(range(max(t - 3, 0), t + 1)) for t in rows]), TOKENS) == "local"
    assert head_role(looking_at(*[list(range(t + 1)) for t in rows]), TOKENS) == "broad"


def test_a_head_that_looks_after_earlier_copies_of_its_token_is_induction_like():
    pattern = looking_at(*[[t - 3] if t >= 4 else [0] for t in range(N)])
    assert head_role(pattern, TOKENS) == "induction-like"
    assert head_role(pattern, tuple("abcdefghijklmnop")) != "induction-like"


def test_a_head_that_fits_no_rule_has_no_name():
    places = [[0, t // 2] if t % 3 else [t // 3] for t in range(N)]
    assert head_role(looking_at(*places), tuple("abcdefghijklmnop")) == ""


def test_too_few_rows_name_nothing():
    assert head_role(np.eye(3, dtype=np.float32), ("a", "b", "c")) == ""


def test_entropy_counts_bits():
    assert entropy_bits(np.array([0.25, 0.25, 0.25, 0.25])) == pytest.approx(2.0)
    assert entropy_bits(np.array([1.0, 0.0])) == pytest.approx(0.0)


def shifted(offset: int, n: int = 16) -> np.ndarray:
    """A pattern on both sides: 0.9 on one neighbour, the rest anywhere."""
    pattern = np.full((n, n), 0.1 / n)
    for t in range(n):
        pattern[t, min(max(t + offset, 0), n - 1)] += 0.9
    return pattern


def test_heads_that_look_both_ways_have_names_of_their_own():
    assert head_role(shifted(1), "x" * 16) == "next"
    assert head_role(shifted(-1), "x" * 16) == "previous"
    assert head_role(shifted(0), "x" * 16) == "same"
    assert head_role(np.full((16, 16), 1 / 16), "x" * 16) == "broad"
    near = np.abs(np.arange(16)[:, None] - np.arange(16)) <= 3
    assert head_role(near / near.sum(axis=1, keepdims=True), "x" * 16) == "local"
