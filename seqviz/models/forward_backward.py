"""Beliefs about hidden states: filter, smoother, expected counts and the best path. Pure numpy, many texts at once.

    predict   p_t(j) = sum_i f_{t-1}(i) A_ij            p_0 = start
    correct   f_t(j) = p_t(j) b_j(x_t) / c_t            c_t = sum_j p_t(j) b_j(x_t) = P(x_t | x_0 ... x_{t-1})
    backward  h_t(i) = sum_j A_ij b_j(x_{t+1}) h_{t+1}(j) / c_{t+1}
    smooth    g_t(i) = f_t(i) h_t(i) = P(state i at t | whole text)

Every step is divided by c_t, so that nothing underflows, and log P(text) = sum_t log c_t. Baum, Petrie, Soules and
Weiss, "A maximization technique", 1970; Viterbi, "Error bounds for convolutional codes", 1967; Rabiner, "A tutorial on
hidden Markov models", 1989. A symbol that no state can emit tells nothing: the belief stays as predicted.

Axes: N rows (texts side by side), T positions, K states, V symbols. Everything is double precision.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch

Floats = np.ndarray  # float64


class Parameters(NamedTuple):
    """start (K,), transition (K, K) from row to column, emission (K, V). Rows sum to 1."""

    start: Floats
    transition: Floats
    emission: Floats


@dataclass(frozen=True)
class Beliefs:
    """After each symbol: `filtered` (T, N, K); `shares` (T, N) = c_t; `factors` (T, N, K) = b(x_t) as used."""

    filtered: Floats
    shares: Floats
    factors: Floats


def emission_factors(emission: Floats, tokens: np.ndarray, known: np.ndarray | None = None) -> Floats:
    """(N, T) symbols -> (T, N, K) how well each state explains them; 1 for every state where not `known` (N, T)."""
    factors = np.ascontiguousarray(emission.T)[tokens.T]  # (T, N, K)
    if known is not None:
        factors[~known.T] = 1.0
    return factors


def filtered(before: Floats, transition: Floats, factors: Floats) -> Beliefs:
    """The forward pass; `before` (N, K) is what is believed of the state at position 0."""
    found, shares, used = np.empty_like(factors), np.empty(factors.shape[:2]), factors
    predicted = before
    for t, factor in enumerate(factors):
        joint = predicted * factor  # (N, K)
        share = joint.sum(axis=1)  # (N,)
        shares[t] = share
        if not share.all():  # no state emits this symbol
            if used is factors:
                used = factors.copy()
            used[t, share == 0] = 1.0
            joint = np.where(share[:, None] > 0, joint, predicted)
            share = joint.sum(axis=1)
        found[t] = joint / share[:, None]
        predicted = found[t] @ transition  # (N, K)
    return Beliefs(found, shares, used)


def backward(
    transition: Floats, beliefs: Beliefs, lengths: np.ndarray | None = None, stop: Floats | None = None
) -> Floats:
    """(T, N, K) h: how much better the rest of the text is explained from each state.

    `lengths` (N,) where rows end earlier (behind that h is 1), `stop` (K,) how likely each state is to end a row.
    """
    hints = np.ones_like(beliefs.filtered)
    length, rows, _ = hints.shape
    ends = np.full(rows, length) if lengths is None else lengths
    turned = np.ascontiguousarray(transition.T)
    scale = np.where(beliefs.shares > 0, beliefs.shares, 1.0)
    for t in range(length - 1, -1, -1):
        if t + 1 < length:
            hints[t] = (beliefs.factors[t + 1] * hints[t + 1] / scale[t + 1, :, None]) @ turned
        hints[t, ends <= t + 1] = 1.0
        if stop is not None:
            hints[t, ends == t + 1] = stop
    return hints


@dataclass
class Expected:
    """Expected counts over what was read (the E step), and its log likelihood in nats over `tokens` symbols."""

    start: Floats
    transition: Floats
    emission: Floats
    log_likelihood: float = 0.0
    tokens: int = 0

    @classmethod
    def none(cls, states: int, symbols: int) -> Expected:
        return cls(np.zeros(states), np.zeros((states, states)), np.zeros((states, symbols)))

    def add(self, parameters: Parameters, tokens: np.ndarray, present: np.ndarray, known: np.ndarray) -> None:
        """Read rows of text (N, T). Where not `present` there is no symbol (padding); where not `known` there is one
        that must not be looked at.
        """
        known = known & present
        factors = emission_factors(parameters.emission, tokens, known)
        before = np.broadcast_to(parameters.start, (len(tokens), len(parameters.start)))
        beliefs = filtered(before, parameters.transition, factors)
        hints = backward(parameters.transition, beliefs)
        smoothed = beliefs.filtered * hints  # (T, N, K)
        there, seen = present.T, known.T  # (T, N)
        self.start += smoothed[0][there[0]].sum(axis=0)
        scale = np.where(beliefs.shares > 0, beliefs.shares, 1.0)
        into = beliefs.factors[1:] * hints[1:] * (there[1:] / scale[1:])[:, :, None]  # (T - 1, N, K)
        states = smoothed.shape[-1]
        moves = beliefs.filtered[:-1].reshape(-1, states).T @ into.reshape(-1, states)  # (K, K)
        self.transition += moves * parameters.transition
        self.emission += by_symbol(smoothed[seen], tokens.T[seen], self.emission.shape[1]).T
        with np.errstate(divide="ignore"):
            self.log_likelihood += float(np.log(beliefs.shares[seen]).sum())
        self.tokens += int(seen.sum())


def by_symbol(weights: Floats, symbols: np.ndarray, size: int) -> Floats:
    """(M, K) weights summed by symbol: (V, K)."""
    total = torch.zeros(size, weights.shape[1], dtype=torch.float64)
    total.index_add_(0, torch.from_numpy(np.ascontiguousarray(symbols)), torch.from_numpy(weights))
    return total.numpy()


def maximised(expected: Expected, old: Parameters, pseudo_count: float) -> Parameters:
    """The M step: shares of the expected counts, each with `pseudo_count` on top; a row without any stays as it was."""
    return Parameters(
        _shares(expected.start, old.start, pseudo_count),
        _shares(expected.transition, old.transition, pseudo_count),
        _shares(expected.emission, old.emission, pseudo_count),
    )


def _shares(counts: Floats, old: Floats, pseudo_count: float) -> Floats:
    counts = counts + pseudo_count
    totals = counts.sum(axis=-1, keepdims=True)
    return np.asarray(np.where(totals > 0, counts / np.where(totals > 0, totals, 1.0), old))


@dataclass(frozen=True)
class BestPath:
    """`states` (N, T); `scores` (T, N, K) log probability of the best path that ends there; `back` (T, N, K) where
    that path came from, -1 at position 0.
    """

    states: np.ndarray
    scores: Floats
    back: np.ndarray


def viterbi(
    start: Floats,
    transition: Floats,
    log_factors: Floats,
    lengths: np.ndarray | None = None,
    stop: Floats | None = None,
) -> BestPath:
    """The likeliest path of states through each row; all arguments are log probabilities.

    `log_factors` (T, N, K); `lengths` (N,) where rows end earlier (behind that `states` is 0); `stop` (K,) the price of
    ending in a state.
    """
    length, rows, states = log_factors.shape
    ends = np.full(rows, length) if lengths is None else lengths
    scores, back = np.empty_like(log_factors), np.full(log_factors.shape, -1, dtype=np.int64)
    best = np.broadcast_to(start, (rows, states))
    for t in range(length):
        if t:
            paths = scores[t - 1][:, :, None] + transition  # (N, K from, K to)
            back[t] = paths.argmax(axis=1)
            best = paths.max(axis=1)  # (N, K)
        emitted = best + log_factors[t]
        impossible = np.isneginf(emitted).all(axis=1)[:, None]
        scores[t] = np.where(impossible, best, emitted)
    return BestPath(_walked_back(scores, back, ends, stop), scores, back)


def _walked_back(scores: Floats, back: np.ndarray, ends: np.ndarray, stop: Floats | None) -> np.ndarray:
    rows = np.arange(scores.shape[1])
    path = np.zeros((scores.shape[1], scores.shape[0]), dtype=np.int64)
    final = scores[ends - 1, rows] + (0.0 if stop is None else stop)  # (N, K)
    state = final.argmax(axis=1)
    for t in range(scores.shape[0] - 1, -1, -1):
        inside = t < ends
        path[inside, t] = state[inside]
        if t:
            state = np.where(inside, back[t, rows, state], state)
    return path


def logs(probabilities: Floats) -> Floats:
    """log, with -inf for 0."""
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(probabilities))
