"""The counter's answer: which orders the probability came from, and what was counted after this context.

An n-gram of order n says something about the n - 1 tokens before; the share of the probability that order n brought in
(models/backoff_trace.py) is what each of those tokens had part in. So the weight of the token d places back is the sum
of the shares of all orders longer than d.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from seqviz.analysis.witnesses import Question, Witness, normalised, witnesses
from seqviz.core.events import Evidence
from seqviz.models.base import Model

SHARES = "backoff.weight"


@witnesses.register("counts")
class Counts(Witness):
    title = "Counts"
    order = 40

    def serves(self, model: Model) -> bool:
        return SHARES in model.provides

    def weigh(self, question: Question) -> Iterator[Evidence | None]:
        arrays = question.subject.trace.arrays
        t = question.output
        shares = np.nan_to_num(arrays[SHARES].values[0, t].double().numpy())  # (order,)
        used = int(arrays["backoff.order_used"].values[0, t])
        weights = np.zeros(question.position)
        for order, share in enumerate(shares, 1):
            first = max(question.position - (order - 1), 0)
            weights[first:] += share
        yield Evidence(
            "",
            self.title,
            self._sentence(question, used),
            normalised(weights),
            "share",
            rows=self._rows(question, used),
            rows_title="times counted after it",
        )

    def _sentence(self, question: Question, used: int) -> str:
        if used <= 1:
            return "No context of this text was ever read: it falls back to how common each token is."
        context = "".join(question.labels[question.position - (used - 1) : question.position])
        return f"The longest context that was read before is \u201c{context}\u201d."

    def _rows(self, question: Question, used: int) -> tuple[tuple[str, float, bool], ...]:
        """The most frequent next symbols of the context used."""
        arrays, t = question.subject.trace.arrays, question.output
        symbols = arrays["counts.next_symbol"].values[0, t, used - 1].tolist()
        counts = arrays["counts.next_count"].values[0, t, used - 1].tolist()
        truth = question.labels[question.position]
        named = [(question.vocabulary[s], float(c)) for s, c in zip(symbols, counts, strict=True) if s >= 0]
        return tuple((label, count, label == truth) for label, count in named)
