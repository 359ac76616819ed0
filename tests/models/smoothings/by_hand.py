"""Counting and two smoothings with dictionaries and recursion, straight from the papers, over separate sentences.

Nothing here is shared with the code under test. A sentence is a list of ids; `start` stands before its first one and
is never predicted. Running text is one sentence whose first token is its start.
"""

from __future__ import annotations

from collections import Counter, defaultdict

Gram = tuple[int, ...]


def grams(sentences: list[list[int]], order: int) -> dict[int, Counter[Gram]]:
    """By n: every n-gram that ends in a predicted token, reaching back at most to its own start token."""
    found: dict[int, Counter[Gram]] = {n: Counter() for n in range(1, order + 1)}
    for sentence in sentences:
        for end in range(2, len(sentence) + 1):
            for n in range(1, min(order, end) + 1):
                found[n][tuple(sentence[end - n : end])] += 1
    return found


def counts_of_counts(table: Counter[Gram]) -> Counter[int]:
    return Counter(table.values())


class ModifiedKneserNey:
    """Chen and Goodman 1999, interpolated down to 1 / size; grams that nothing stands before keep their counts."""

    def __init__(self, sentences: list[list[int]], order: int, size: int) -> None:
        self.size, self.order = size, order
        raw = grams(sentences, order)
        self.adjusted: dict[int, dict[Gram, int]] = {order: dict(raw[order])}
        for n in range(1, order):
            before: dict[Gram, set[int]] = defaultdict(set)
            for gram in raw[n + 1]:
                before[gram[1:]].add(gram[0])
            self.adjusted[n] = {gram: len(before[gram]) or count for gram, count in raw[n].items()}
        self.discounts = {n: self._discounts(table) for n, table in self.adjusted.items()}
        self.after: dict[Gram, dict[int, int]] = defaultdict(dict)
        for n, table in self.adjusted.items():
            for gram, count in table.items():
                self.after[gram[:-1]][gram[-1]] = count
                assert n == len(gram)

    def _discounts(self, table: dict[Gram, int]) -> tuple[float, float, float]:
        n = Counter(table.values())
        if min(n[1], n[2], n[3], n[4]) > 0:
            y = n[1] / (n[1] + 2 * n[2])
            d = (1 - 2 * y * n[2] / n[1], 2 - 3 * y * n[3] / n[2], 3 - 4 * y * n[4] / n[3])
            if 0 < d[0] < 1 and 0 < d[1] < 2 and 0 < d[2] < 3:
                return d
        one = n[1] / (n[1] + 2 * n[2]) if n[1] and n[2] else 0.5
        return one, one, one

    def probability(self, context: Gram, symbol: int) -> float:
        shorter = self.probability(context[1:], symbol) if context else 1 / self.size
        after = self.after.get(context, {})
        total = sum(after.values())
        if not total:
            return shorter
        d = self.discounts[len(context) + 1]
        given = sum(d[min(count, 3) - 1] for count in after.values())
        own = after.get(symbol, 0)
        return ((own - d[min(own, 3) - 1] if own else 0.0) + given * shorter) / total


class Katz:
    """Katz 1987 with k = 5; the three exceptions are those that models/smoothings/katz.py names."""

    def __init__(self, sentences: list[list[int]], order: int, size: int) -> None:
        self.size = size
        self.after: dict[Gram, dict[int, int]] = defaultdict(dict)
        self.kept: dict[int, dict[int, float]] = {}  # by n, by count: what is left of it
        self.good_turing: dict[int, bool] = {}
        self._known: dict[tuple[Gram, int], float] = {}
        for n, table in grams(sentences, order).items():
            for gram, count in table.items():
                self.after[gram[:-1]][gram[-1]] = count
            self.kept[n], self.good_turing[n] = self._kept(Counter(table.values()))

    def _kept(self, n: Counter[int]) -> tuple[dict[int, float], bool]:
        counts = sorted(n)
        if all(n[r] for r in range(1, 7)) and 6 * n[6] < n[1]:
            last = 6 * n[6] / n[1]
            d = {r: ((r + 1) * n[r + 1] / (r * n[r]) - last) / (1 - last) for r in range(1, 6)}
            if all(0 < share <= 1 for share in d.values()):
                return {r: r * d.get(r, 1.0) for r in counts}, True
        absolute = n[1] / (n[1] + 2 * n[2]) if n[1] and n[2] else 0.5
        return {r: r - absolute for r in counts}, False

    def probability(self, context: Gram, symbol: int) -> float:
        if (context, symbol) not in self._known:
            self._known[context, symbol] = self._probability(context, symbol)
        return self._known[context, symbol]

    def _probability(self, context: Gram, symbol: int) -> float:
        after = self.after.get(context, {})
        if not after:
            return self._shorter(context, symbol)
        kept = {s: self.kept[len(context) + 1][count] for s, count in after.items()}
        total, held = sum(after.values()), sum(kept.values())
        if len(after) == self.size:
            return kept[symbol] / held
        if held > total - 1e-9:
            total += 1
        if symbol in kept:
            return kept[symbol] / total
        unseen = sum(self._shorter(context, s) for s in range(self.size) if s not in kept)
        return (1 - held / total) * self._shorter(context, symbol) / unseen

    def _shorter(self, context: Gram, symbol: int) -> float:
        return self.probability(context[1:], symbol) if context else 1 / self.size
