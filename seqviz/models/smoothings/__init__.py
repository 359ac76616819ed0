"""From counts to probabilities, one smoothing a file: what is said of what was never seen.

Each is a recursion over the orders, from no context (order 1) to the longest, with guessing blindly below them all:

    P_0(w) = 1 / V          P_n(w | h) = direct_n(h w) + factor_n(h w) P_{n-1}(w | h')      h' : h less its oldest

Backing off has either a direct part or a factor, interpolation both. So one description of each order serves for the
probability of one symbol, for that of all, and for the picture of who answers.
Axes: N positions, V symbols, K symbols asked of each position, C contexts of a level, E its events.
"""

from __future__ import annotations

import abc
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import numpy as np

from seqviz.core.registry import Registry
from seqviz.models.context_counts import ContextCounts, Ints, Level

Floats = np.ndarray  # float64


class Asked(Protocol):
    """Which symbols' probabilities are asked for."""

    @property
    def width(self) -> int:
        """K."""
        ...

    def pick(self, level: Level, contexts: Ints, values: Floats) -> Floats:
        """(N, K): of `values` (E,) of the level's events those of the symbols asked for; 0 where never seen."""
        ...


@dataclass(frozen=True)
class EverySymbol:
    """The whole distribution at each position: K = V."""

    width: int

    def pick(self, level: Level, contexts: Ints, values: Floats) -> Floats:
        size = self.width
        table = np.zeros((len(contexts), size))
        start = np.searchsorted(level.events, contexts * size)
        lengths = np.searchsorted(level.events, (contexts + 1) * size) - start
        lengths[contexts < 0] = 0
        rows = np.repeat(np.arange(len(contexts)), lengths)
        within = np.arange(len(rows)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        events = np.repeat(start, lengths) + within
        table[rows, level.events[events] % size] = values[events]
        return table


@dataclass(frozen=True)
class OneSymbol:
    """One symbol of each position, `symbols` (N,): K = 1. What a vocabulary of any size is scored by."""

    symbols: Ints
    size: int  # V
    width: int = 1

    def pick(self, level: Level, contexts: Ints, values: Floats) -> Floats:
        found = np.zeros(len(contexts))
        places = level.event_places(contexts * self.size + self.symbols)
        there = (places >= 0) & (contexts >= 0)
        found[there] = values[places[there]]
        return found[:, None]


@dataclass(frozen=True)
class Chain:
    """One symbol's probability at each position, order by order; axis 0 is the order, from guessing blindly up."""

    direct: Floats  # (order + 1, N)
    factor: Floats  # (order + 1, N), what the shorter orders' answer is multiplied by
    probability: Floats  # (order + 1, N), the answer if this were the longest order

    def shares(self) -> Floats:
        """(order + 1, N): what part of the final probability each order's direct part makes; nan where it is 0."""
        passed = np.cumprod(self.factor[::-1], axis=0)[::-1]  # (order + 1, N), from this order's factor up
        above = np.concatenate([passed[1:], np.ones_like(passed[:1])])
        with np.errstate(invalid="ignore"):
            return self.direct * above / self.probability[-1]


class Smoothing(abc.ABC):
    """Made from finished counts; `delta` is for add delta alone. `normalised`: whether it gives a distribution."""

    normalised: ClassVar[bool] = True

    def __init__(self, counts: ContextCounts, delta: float = 1.0) -> None:
        self.counts = counts
        self.size = counts.n_outputs
        self.totals = [level.totals(self.size) for level in counts.levels]

    @abc.abstractmethod
    def at(self, length: int, contexts: Ints, fits: np.ndarray, asked: Asked) -> tuple[Floats, Floats]:
        """Direct part (N, K) and factor (N, K or 1) of the order with contexts of `length` tokens.

        `contexts` (N,): -1 where never seen; `fits` (N,): whether the text reaches back so far.
        """

    def probabilities(self, contexts: Ints, available: Ints, asked: Asked) -> Floats:
        """(N, K) for contexts (order, N) of positions that have `available` (N,) tokens of context."""
        found = np.full((contexts.shape[1], asked.width), 1.0 / self.size)
        for length, numbers in enumerate(contexts):
            direct, factor = self.at(length, numbers, available >= length, asked)
            found = direct + factor * found
        return found

    def chain(self, contexts: Ints, available: Ints, symbols: Ints) -> Chain:
        """How the probability of one symbol (N,) at each position comes about."""
        asked = OneSymbol(symbols, self.size)
        directs, factors = [np.full(len(symbols), 1.0 / self.size)], [np.zeros(len(symbols))]
        found = [directs[0]]
        for length, numbers in enumerate(contexts):
            direct, factor = self.at(length, numbers, available >= length, asked)
            directs.append(direct[:, 0])
            factors.append(np.broadcast_to(factor, direct.shape)[:, 0])
            found.append(directs[-1] + factors[-1] * found[-1])
        return Chain(np.stack(directs), np.stack(factors), np.stack(found))

    def notices(self) -> tuple[str, ...]:
        """What the user should know of these counts, one sentence each."""
        return ()


smoothings: Registry[Any] = Registry("smoothing", "seqviz.models.smoothings")  # of type[Smoothing]


def deepest(contexts: Ints) -> tuple[Ints, Ints]:
    """For (order, N) contexts, known from the shortest up: (N,) the longest known length, and its context number."""
    length = (contexts >= 0).sum(axis=0) - 1
    return length, contexts[length, np.arange(contexts.shape[1])]


def absolute_discount(counts: Ints) -> float:
    """n1 / (n1 + 2 n2), what every count of an order gives away (Ney, Essen and Kneser 1994); 0.5 where undefined."""
    ones, twos = int((counts == 1).sum()), int((counts == 2).sum())
    return ones / (ones + 2 * twos) if ones and twos else 0.5


def named_orders(orders: list[int]) -> str:
    """`1`, `1, 4`, `1 to 5`."""
    if len(orders) > 2 and orders[-1] - orders[0] == len(orders) - 1:
        return f"{orders[0]} to {orders[-1]}"
    return ", ".join(str(order) for order in orders)
