"""n-gram counter: the next symbol's share after the last n - 1 tokens, learned by reading the text once.

    P(w_t | w_1 ... w_{t-1}) = P(w_t | w_{t-n+1} ... w_{t-1})

Markov 1913; Shannon, "A mathematical theory of communication", 1948. How counts become probabilities, one smoothing a
file with its equations: models/smoothings/; how contexts are counted: models/context_counts.py.
Contexts reach across windows where the text does, and never over the start of a row that is a text of its own.
Axes: R rows (texts side by side), T positions, N = R T, V symbols.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar, Literal

import numpy as np
import torch
from torch import Tensor

from seqviz.core.batch import Batch
from seqviz.core.interface import Interface, Offers
from seqviz.core.knobs import knob
from seqviz.models.backoff_trace import PROVIDED, backoff_arrays
from seqviz.models.base import Context, Model, ModelConfig, architectures, position_losses
from seqviz.models.context_counts import ContextCounts, Ints
from seqviz.models.counted_output import Counted
from seqviz.models.counted_text import Reading, Unread
from seqviz.models.output import Output
from seqviz.models.smoothings import Smoothing, smoothings
from seqviz.models.trace import Trace, TracedArray

TABLES = ("contexts", "events", "counts")  # of each order, as they are saved
PIECE = 50_000  # tokens counted at once: few enough for a click to be answered, enough to be worth the merging


class NgramConfig(ModelConfig):
    order: int = knob(5, low=1, high=8, label="order", unit="tokens",
                      help="n: how many tokens are counted together, the predicted one included.")  # fmt: skip
    smoothing: Literal["maximum_likelihood", "add_delta", "stupid_backoff", "katz", "kneser_ney"] = knob(
        "kneser_ney", label="smoothing", help="What is said of what was never seen."
    )
    delta: float = knob(1.0, low=1e-9, high=1000.0, log=True, label="delta", advanced=True,
                        help="Add delta: how often everything counts as seen beforehand (1: Laplace).")  # fmt: skip


@architectures.register("ngram")
class Ngram(Model):
    """Remembers how often each symbol followed each short context."""

    Config: ClassVar[type[ModelConfig]] = NgramConfig
    title = "n-gram"
    family = "counting"
    offers = Offers(frozenset({"chain"}), frozenset({"tokens"}), causal=True, heads=frozenset({"softmax"}))
    learns_by = "observe"
    provides = PROVIDED

    def __init__(self, config: NgramConfig, interface: Interface) -> None:
        self.config = config
        self.interface = interface
        self._counts = ContextCounts(config.order, interface.inputs.size, interface.outputs.size)
        self._unread = Unread()
        self._tail = np.zeros((0, 0), dtype=np.int64)  # (R, up to order - 1): where the next window continues
        self._smoothing: Smoothing | None = None  # of the counts as they stand

    # learning --------------------------------------------------------------------------------------------------

    def observe(self, batch: Batch) -> None:
        """Take the batch in; many are counted together: when a piece is full, or the counts are asked for."""
        tokens = in_text_order(batch.inputs["tokens"].values, batch)
        target = next(iter(batch.targets.values()))
        targets = in_text_order(target.values, batch)
        mask = target.mask if target.mask is not None else torch.ones_like(target.values, dtype=torch.bool)
        before = self._before(self._tail, tokens, batch.fresh)
        goes_on = not batch.fresh and len(self._tail) == len(tokens)
        self._unread.add(Reading(before, tokens, targets, in_text_order(mask, batch), goes_on))
        self._tail = self._last(before, tokens)
        if self._unread.size >= PIECE:
            self._count()

    def _count(self) -> None:
        self._unread.count_into(self._counts)
        self._smoothing = None

    def end_of_pass(self) -> bool:
        """Count what is left and take the discounts from it; once is enough."""
        assert self.smoothing is not None
        return False

    @property
    def counts(self) -> ContextCounts:
        """All that was read, counted."""
        if self._unread.size:
            self._count()
        return self._counts

    @property
    def smoothing(self) -> Smoothing:
        """How the counts as they stand become probabilities."""
        counts = self.counts
        if self._smoothing is None:
            self._smoothing = smoothings.get(self.config.smoothing)(counts, self.config.delta)
        return self._smoothing

    # reading ---------------------------------------------------------------------------------------------------

    def forward(self, batch: Batch, context: Context) -> Output:
        tokens, before = self._placed(batch, context)
        said = self._said(before, tokens, tuple(batch.inputs["tokens"].values.shape))
        return Output(said, torch.from_numpy(self._last(before, tokens)))

    def trace(self, batch: Batch, keep_graph: bool = False) -> Trace:
        output = self.forward(batch, Context())
        said, target = output.predictive, next(iter(batch.targets.values()))
        known = np.ones(len(said.available), dtype=bool) if target.mask is None else target.mask.numpy().ravel()
        found = backoff_arrays(said.smoothing, said.contexts, said.available, target.values.numpy().ravel(), known)
        arrays = {
            name: TracedArray(torch.from_numpy(values.reshape(*said.shape, *values.shape[1:])), ("batch", "t", *axes))
            for name, (values, axes) in found.items()
        }
        return Trace(arrays, {}, output, position_losses(output, batch))

    def initial_state(self, batch_size: int) -> Tensor:
        return torch.zeros(batch_size, 0, dtype=torch.int64)

    def step(self, tokens: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        """The state is the last tokens read, (batch, up to order - 1)."""
        before, read = state.numpy(), tokens.numpy()[:, None]  # (B, K), (B, 1)
        said = self._said(before, read, (len(read),))
        return said.log_probs(), torch.from_numpy(self._last(before, read))

    def receptive_field(self) -> int | None:
        return self.config.order - 1

    def _said(self, before: Ints, tokens: Ints, shape: tuple[int, ...]) -> Counted:
        """What follows each token (R, T) that stands after `before` (R, K)."""
        contexts = self.counts.contexts(before, tokens)  # (order, N)
        return Counted(self.smoothing, contexts, self._available(before, tokens), shape)

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

    def _available(self, before: Ints, tokens: Ints) -> Ints:
        """(N,) how many tokens of context each position has, at most order - 1."""
        rows, length = tokens.shape
        return np.tile(np.minimum(before.shape[1] + np.arange(1, length + 1), self.config.order - 1), rows)

    # what is saved and said ------------------------------------------------------------------------------------

    def notices(self) -> tuple[str, ...]:
        return self.smoothing.notices()

    def growth(self) -> Mapping[str, float]:
        """Different n-grams of each order, and the memory all tables take."""
        distinct = {f"ngrams_{order}": float(len(level.events)) for order, level in enumerate(self.counts.levels, 1)}
        return distinct | {"bytes": float(self.counts.bytes)}

    def groups(self) -> Iterator[tuple[str, int]]:
        for order, level in enumerate(self.counts.levels, 1):
            yield f"{order}-grams", len(level.events)

    def state_arrays(self) -> dict[str, Tensor]:
        arrays = {"tail": self._tail.copy()}
        for order, tables in enumerate(self.counts.canonical(), 1):
            arrays |= {f"order{order}.{name}": table for name, table in zip(TABLES, tables, strict=True)}
        return {name: torch.from_numpy(array) for name, array in arrays.items()}

    def load_arrays(self, arrays: dict[str, Tensor]) -> None:
        self._unread.clear()
        self._smoothing = None
        self._tail = arrays["tail"].numpy().copy()
        orders = range(1, self.config.order + 1)
        saved = [[arrays[f"order{order}.{name}"].numpy().copy() for name in TABLES] for order in orders]
        self._counts.restore([(contexts, events, counts) for contexts, events, counts in saved])


def in_text_order(values: Tensor, batch: Batch) -> np.ndarray:
    """(batch, t) as rows of running text: one row (1, batch * t) where the rows of the batch follow one another."""
    array = values.numpy()
    return array.reshape(1, -1) if batch.in_order else array
