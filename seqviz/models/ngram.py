"""n-gram counter: the next symbol's share after the last n - 1 tokens, learned by reading the text once.

    P(w_t | w_1 ... w_{t-1}) = P(w_t | w_{t-n+1} ... w_{t-1})

Markov 1913; Shannon, "A mathematical theory of communication", 1948. How counts become probabilities, the smoothings
with their equations: models/smoothing.py; how contexts are counted: models/context_counts.py.
Maximum likelihood says 0 to what it never saw (a loss of infinity), and where a whole context is new it falls back to
the longest one it has seen. Contexts reach across windows where the text does.
Axes: R rows (texts side by side), T positions, V symbols.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
import torch
from torch import Tensor

from seqviz.core.batch import Batch
from seqviz.core.interface import Interface, Offers
from seqviz.core.knobs import knob
from seqviz.models.base import Context, Model, ModelConfig, architectures, position_losses
from seqviz.models.context_counts import ContextCounts, Ints
from seqviz.models.output import LogTable, Output
from seqviz.models.smoothing import KneserNey, add_delta, counted_rows, deepest, maximum_likelihood
from seqviz.models.trace import Trace, TracedArray

TABLES = ("contexts", "events", "counts")  # of each order, as they are saved
PIECE = 50_000  # tokens counted at once: few enough for a click to be answered, enough to be worth the merging


class NgramConfig(ModelConfig):
    order: int = knob(5, low=1, high=8, label="order", unit="tokens",
                      help="n: how many tokens are counted together, the predicted one included.")  # fmt: skip
    smoothing: Literal["maximum_likelihood", "add_delta", "kneser_ney"] = knob(
        "kneser_ney", label="smoothing", help="What is said of what was never seen."
    )
    delta: float = knob(1.0, low=1e-9, high=1000.0, log=True, label="delta", advanced=True,
                        help="Add delta: how often everything counts as seen beforehand (1: Laplace).")  # fmt: skip


@dataclass(frozen=True)
class Reading:
    """A stretch of text still to be counted: each (R, T), after `before` (R, K)."""

    before: Ints
    tokens: Ints
    targets: Ints
    counted: np.ndarray


@architectures.register("ngram")
class Ngram(Model):
    """Remembers how often each symbol followed each short context."""

    Config: ClassVar[type[ModelConfig]] = NgramConfig
    title = "n-gram"
    family = "counting"
    offers = Offers(frozenset({"chain"}), frozenset({"tokens"}), causal=True, heads=frozenset({"softmax"}))
    learns_by = "observe"
    provides = ("backoff.order_used", "counts.context")

    def __init__(self, config: NgramConfig, interface: Interface) -> None:
        self.config = config
        self.interface = interface
        self._counts = ContextCounts(config.order, interface.inputs.size, interface.outputs.size)
        self._unread: list[Reading] = []
        self._tail = np.zeros((0, 0), dtype=np.int64)  # (R, up to order - 1): where the next window continues
        self._kneser_ney: KneserNey | None = None

    # learning --------------------------------------------------------------------------------------------------

    def observe(self, batch: Batch) -> None:
        """Take the batch in; many are counted together: when a piece is full, or the counts are asked for."""
        tokens = in_text_order(batch.inputs["tokens"].values, batch)
        target = next(iter(batch.targets.values()))
        targets = in_text_order(target.values, batch)
        mask = target.mask if target.mask is not None else torch.ones_like(target.values, dtype=torch.bool)
        before = self._before(self._tail, tokens, batch.fresh)
        self._unread.append(Reading(before, tokens, targets, in_text_order(mask, batch)))
        self._tail = self._last(before, tokens)
        if sum(reading.tokens.size for reading in self._unread) >= PIECE:
            self._count()

    def _count(self) -> None:
        for reading in joined(self._unread):
            self._counts.read(reading.before, reading.tokens, reading.targets, reading.counted)
        self._unread, self._kneser_ney = [], None

    @property
    def counts(self) -> ContextCounts:
        """All that was read, counted."""
        if self._unread:
            self._count()
        return self._counts

    def _kneser_ney_model(self) -> KneserNey:
        counts = self.counts
        if self._kneser_ney is None:
            self._kneser_ney = KneserNey(counts)
        return self._kneser_ney

    # reading ---------------------------------------------------------------------------------------------------

    def forward(self, batch: Batch, context: Context) -> Output:
        tokens, before = self._placed(batch, context)
        table = self._log_table(before, tokens)
        shape = (*batch.inputs["tokens"].values.shape, self.interface.outputs.size)
        return Output(LogTable(table.reshape(shape)), torch.from_numpy(self._last(before, tokens)))

    def trace(self, batch: Batch, keep_graph: bool = False) -> Trace:
        tokens, before = self._placed(batch, Context())
        length, number = deepest(self.counts.contexts(before, tokens))  # (R * T,)
        seen = counted_rows(self.counts, length, number).sum(axis=1)  # (R * T,)
        shape = batch.inputs["tokens"].values.shape
        arrays = {"backoff.order_used": length + 1, "counts.context": seen.astype(np.int64)}
        traced = {n: TracedArray(torch.from_numpy(a.reshape(shape)), ("batch", "t")) for n, a in arrays.items()}
        output = self.forward(batch, Context())
        return Trace(traced, {}, output, position_losses(output, batch))

    def initial_state(self, batch_size: int) -> Tensor:
        return torch.zeros(batch_size, 0, dtype=torch.int64)

    def step(self, tokens: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        """The state is the last tokens read, (batch, up to order - 1)."""
        before, read = state.numpy(), tokens.numpy()[:, None]  # (B, K), (B, 1)
        return self._log_table(before, read), torch.from_numpy(self._last(before, read))

    def receptive_field(self) -> int | None:
        return max(self.config.order - 1, 1)

    def _placed(self, batch: Batch, context: Context) -> tuple[Ints, Ints]:
        """Rows of running text (R, T) and what stood before them (R, K)."""
        tokens = in_text_order(batch.inputs["tokens"].values, batch)
        tail = np.zeros((0, 0), dtype=np.int64) if context.state is None else context.state.numpy()
        return tokens, self._before(tail, tokens, batch.fresh)

    def _before(self, tail: Ints, tokens: Ints, fresh: bool) -> Ints:
        return tail if not fresh and len(tail) == len(tokens) else np.zeros((len(tokens), 0), dtype=np.int64)

    def _last(self, before: Ints, tokens: Ints) -> Ints:
        """The tokens that can still matter: (R, up to order - 1)."""
        stream = np.concatenate([before, tokens], axis=1)
        return stream[:, max(stream.shape[1] - (self.config.order - 1), 0) :].copy()

    def _log_table(self, before: Ints, tokens: Ints) -> Tensor:
        """(R * T, V) log probabilities of what follows each token; -inf where the model says 0."""
        contexts = self.counts.contexts(before, tokens)  # (order, R * T)
        if self.config.smoothing == "maximum_likelihood":
            shares = maximum_likelihood(self.counts, contexts)
        elif self.config.smoothing == "add_delta":
            shares = add_delta(self.counts, contexts, self._available(before, tokens), self.config.delta)
        else:
            shares = self._kneser_ney_model().probabilities(contexts)
        with np.errstate(divide="ignore"):  # log 0 is -inf, as it should be
            return torch.from_numpy(np.log(shares))

    def _available(self, before: Ints, tokens: Ints) -> Ints:
        """(R * T,) how many tokens of context each position has, at most order - 1."""
        rows, length = tokens.shape
        return np.tile(np.minimum(before.shape[1] + np.arange(1, length + 1), self.config.order - 1), rows)

    # what is saved and said ------------------------------------------------------------------------------------

    def notices(self) -> tuple[str, ...]:
        if self.config.smoothing != "kneser_ney" or not len(self.counts.levels[0].events):
            return ()
        orders = [n for n, order in enumerate(self._kneser_ney_model().orders, 1) if not order.valid]
        if not orders:
            return ()
        named = ", ".join(str(order) for order in orders)
        return (f"too few different counts for Kneser-Ney discounts of order {named}: absolute discounting there",)

    def groups(self) -> Iterator[tuple[str, int]]:
        for order, level in enumerate(self.counts.levels, 1):
            yield f"{order}-grams", len(level.events)

    def state_arrays(self) -> dict[str, Tensor]:
        arrays = {"tail": self._tail.copy()}
        for order, tables in enumerate(self.counts.canonical(), 1):
            arrays |= {f"order{order}.{name}": table for name, table in zip(TABLES, tables, strict=True)}
        return {name: torch.from_numpy(array) for name, array in arrays.items()}

    def load_arrays(self, arrays: dict[str, Tensor]) -> None:
        self._unread, self._kneser_ney = [], None
        self._tail = arrays["tail"].numpy().copy()
        orders = range(1, self.config.order + 1)
        saved = [[arrays[f"order{order}.{name}"].numpy().copy() for name in TABLES] for order in orders]
        self._counts.restore([(contexts, events, counts) for contexts, events, counts in saved])


def in_text_order(values: Tensor, batch: Batch) -> np.ndarray:
    """(batch, t) as rows of running text: one row (1, batch * t) where the rows of the batch follow one another."""
    array = values.numpy()
    return array.reshape(1, -1) if batch.in_order else array


def joined(readings: list[Reading]) -> Iterator[Reading]:
    """Readings that continue one another as one, so that they are counted together."""
    run: list[Reading] = []
    for reading in readings:
        if run and (len(reading.tokens) != len(run[-1].tokens) or not reading.before.size):
            yield _join(run)
            run = []
        run.append(reading)
    yield _join(run)


def _join(run: list[Reading]) -> Reading:
    parts = [np.concatenate([getattr(r, name) for r in run], axis=1) for name in ("tokens", "targets", "counted")]
    return Reading(run[0].before, *parts)
