"""How often each symbol followed each context: the memory of counting models.

Contexts form a tree that is read backwards: a context of length m hangs below that of length m - 1 (the nearer tokens)
by the one older token, so backing off is going to the parent. Every level holds two sorted tables of integers,

    contexts   parent * n_inputs + older token   ->  number of the context, in the order of first sight
    events     context * n_outputs + symbol      ->  count

so that any order and any vocabulary fit, lookups are binary searches, and merging new counts is merging sorted lists.
Axes: R rows (texts side by side), T positions, N positions of all rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np

Ints = np.ndarray  # int64


def none() -> Ints:
    return np.zeros(0, dtype=np.int64)


@dataclass
class Level:
    """Contexts of one length and what followed them."""

    contexts: Ints = field(default_factory=none)  # sorted
    numbers: Ints = field(default_factory=none)  # of `contexts`
    events: Ints = field(default_factory=none)  # sorted
    counts: Ints = field(default_factory=none)  # of `events`

    @property
    def size(self) -> int:
        return len(self.contexts)

    def find(self, keys: Ints) -> Ints:
        """The context number of each key, -1 where it was never seen."""
        if not self.size:
            return np.full(len(keys), -1, dtype=np.int64)
        place = np.minimum(np.searchsorted(self.contexts, keys), self.size - 1)
        return np.where(self.contexts[place] == keys, self.numbers[place], -1)

    def enter(self, keys: Ints) -> Ints:
        """Like `find`, but contexts never seen before get the next numbers."""
        unique, inverse = np.unique(keys, return_inverse=True)
        numbers = self.find(unique)
        new = numbers < 0
        numbers[new] = self.size + np.arange(int(new.sum()))
        places = np.searchsorted(self.contexts, unique[new])
        self.numbers = np.insert(self.numbers, places, numbers[new])
        self.contexts = np.insert(self.contexts, places, unique[new])
        return numbers[inverse]

    def count(self, keys: Ints) -> None:
        """Add one to each event, as often as it occurs in `keys`."""
        unique, times = np.unique(keys, return_counts=True)
        places = self.event_places(unique)
        known = places >= 0
        self.counts[places[known]] += times[known]
        gaps = np.searchsorted(self.events, unique[~known])
        self.events = np.insert(self.events, gaps, unique[~known])
        self.counts = np.insert(self.counts, gaps, times[~known])

    def event_places(self, keys: Ints) -> Ints:
        """Where each event stands in `events`, -1 where it never occurred."""
        if not len(self.events):
            return np.full(len(keys), -1, dtype=np.int64)
        place = np.minimum(np.searchsorted(self.events, keys), len(self.events) - 1)
        return np.where(self.events[place] == keys, place, -1)

    def totals(self, n_outputs: int) -> np.ndarray:
        """(size + 1,) by context number: how often it was followed by anything; the last, which -1 reads, is 0."""
        return np.bincount(self.events // n_outputs, weights=self.counts, minlength=self.size + 1)

    def parents(self, n_inputs: int) -> Ints:
        """(size,) by context number: the context without its oldest token."""
        parents = np.empty(self.size, dtype=np.int64)
        parents[self.numbers] = self.contexts // n_inputs
        return parents


class ContextCounts:
    """Levels 0 (no context) to `order - 1`."""

    def __init__(self, order: int, n_inputs: int, n_outputs: int) -> None:
        self.n_inputs, self.n_outputs = n_inputs, n_outputs
        self.levels = [Level() for _ in range(order)]
        self.levels[0].contexts = self.levels[0].numbers = np.zeros(1, dtype=np.int64)

    @property
    def order(self) -> int:
        return len(self.levels)

    def read(self, before: Ints, tokens: Ints, targets: Ints, counted: np.ndarray) -> None:
        """Count each target (R, T) after its context.

        `tokens` (R, T) follow `before` (R, K); `counted` (R, T) is True where a target counts.
        """
        wanted, symbols = counted.ravel(), targets.ravel()  # (N,)
        for level, contexts in zip(self.levels, self._walk(before, tokens, Level.enter, wanted), strict=True):
            use = contexts >= 0
            level.count(contexts[use] * self.n_outputs + symbols[use])

    def contexts(self, before: Ints, tokens: Ints) -> Ints:
        """(order, N) number of the context of each length at each position, -1 where cut off or never seen."""
        return np.stack(list(self._walk(before, tokens, Level.find, np.ones(tokens.size, dtype=bool))))

    def parent_events(self, length: int) -> Ints:
        """For each event of this level, the place of its event one level down: the same without the oldest token."""
        level = self.levels[length]
        context, symbol = np.divmod(level.events, self.n_outputs)
        parents = level.parents(self.n_inputs)[context]
        return self.levels[length - 1].event_places(parents * self.n_outputs + symbol)

    @property
    def bytes(self) -> int:
        """Memory that the tables take."""
        return sum(t.nbytes for o in self.levels for t in (o.contexts, o.numbers, o.events, o.counts))

    def canonical(self) -> list[tuple[Ints, Ints, Ints]]:
        """(contexts, events, counts) by level, contexts numbered in sorted order: equal counts are saved alike."""
        found, renumbered = [], none()
        for length, level in enumerate(self.levels):
            keys = level.contexts
            if length:
                parents, older = np.divmod(keys, self.n_inputs)
                keys = renumbered[parents] * self.n_inputs + older
            order = np.argsort(keys)
            renumbered = np.empty_like(keys)  # new number by old number
            renumbered[level.numbers[order]] = np.arange(len(keys))
            contexts, symbols = np.divmod(level.events, self.n_outputs)
            events = renumbered[contexts] * self.n_outputs + symbols
            by_event = np.argsort(events)
            found.append((keys[order], events[by_event], level.counts[by_event]))
        return found

    def restore(self, tables: list[tuple[Ints, Ints, Ints]]) -> None:
        """The inverse of `canonical`."""
        self.levels = [Level(c, np.arange(len(c), dtype=np.int64), e, n) for c, e, n in tables]

    def _walk(
        self, before: Ints, tokens: Ints, look: Callable[[Level, Ints], Ints], wanted: np.ndarray
    ) -> Iterator[Ints]:
        """From no context to the longest, one token older at a time: (N,) context numbers for each level.

        A context ends before a token below 0, and there is none (-1) where nothing is `wanted` (N,).
        """
        stream = np.concatenate([before, tokens], axis=1)  # (R, K + T)
        contexts = np.where(wanted, 0, -1)
        yield contexts
        for length, level in enumerate(self.levels[1:], 1):
            older = _shifted(stream, length - 1)[:, before.shape[1] :].ravel()  # (N,)
            there = (contexts >= 0) & (older >= 0)
            deeper = np.full(tokens.size, -1, dtype=np.int64)
            deeper[there] = look(level, contexts[there] * self.n_inputs + older[there])
            contexts = deeper
            yield contexts


def _shifted(stream: Ints, places: int) -> Ints:
    """Every token replaced by the one so many places before it, -1 where there is none."""
    shifted = np.full_like(stream, -1)
    shifted[:, places:] = stream[:, : max(stream.shape[1] - places, 0)]
    return shifted
