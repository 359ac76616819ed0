"""Bag of words: what was read is poured into one vector, and in which order it came is lost.

    z_t = sum_{s <= t} e_s                       all tokens so far (or only the last n of them)
    z_t = 1/m sum e_s                            or their mean, m how many there are
    p(x_{t+1} | x_1 ... x_t) = softmax(U z_t + b)

Addition does not ask who came first: "not bad, good" and "not good, bad" give the same z, so the same prediction, after
any amount of training. The mean keeps z of one size however much was read; the sum lets it grow.
Salton, Wong and Yang, "A vector space model for automatic indexing", 1975; as the mean of learned embeddings Iyyer,
Manjunatha, Boyd-Graber and Daume, "Deep unordered composition rivals syntactic methods", 2015.

Axes: B batch, T positions, E embedding.
"""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import torch
from torch import Tensor

from seqviz.core.batch import Batch
from seqviz.core.interface import Interface, Offers
from seqviz.core.knobs import knob
from seqviz.models.base import Context, NeuralConfig, NeuralModel, TrunkConfig, architectures, within
from seqviz.models.initialization import initialize
from seqviz.models.output import Output
from seqviz.models.trace import Recorder, Trace


class BagOfWordsConfig(NeuralConfig):
    width_knob: ClassVar[str] = "d_embedding"
    pooling: Literal["mean", "sum"] = knob("mean", label="pooling",
                                           help="What becomes of the embeddings: their mean or their sum.")  # fmt: skip
    window: int = knob(0, low=0, high=4096, label="window", unit="tokens",
                       help="How many tokens go into the bag, this one included (0: all so far).")  # fmt: skip


@architectures.register("bag_of_words")
class BagOfWords(NeuralModel):
    """Knows which tokens were read, and not in which order."""

    Config: ClassVar[type[TrunkConfig]] = BagOfWordsConfig
    title = "Bag of words"
    family = "convolution"  # one whose weights are all alike
    offers = Offers(frozenset({"chain"}), frozenset({"tokens", "vectors"}), causal=True)
    provides = ("embedding", "bag.vector")
    config: BagOfWordsConfig

    def __init__(self, config: BagOfWordsConfig, interface: Interface) -> None:
        if config.window > interface.context_length:
            raise ValueError(
                f"model.window: a window of {config.window} tokens is longer than the context of "
                f"{interface.context_length} tokens that it trains on"
            )
        super().__init__(config, interface)
        self.d_features = self.d_input
        self.build_head()
        initialize(self, config.initialization)

    def forward(self, batch: Batch, context: Context) -> Output:
        bag = self.bag(self.dropout(self.embed(batch)))  # (B, T, E)
        return Output(self.head(self.dropout(bag), batch))

    def bag(self, x: Tensor) -> Tensor:
        """z_t at all positions at once: (B, T, E) -> (B, T, E)."""
        total = x.cumsum(dim=1)
        counts = torch.arange(1, x.shape[1] + 1, dtype=x.dtype, device=x.device)  # (T,)
        window = self.config.window
        if window:
            gone = total[:, :-window]  # what has left the bag: (B, T - N, E)
            total = torch.cat([total[:, :window], total[:, window:] - gone], dim=1)
            counts = counts.clamp(max=window)
        return total / counts.unsqueeze(1) if self.config.pooling == "mean" else total

    def trace(self, batch: Batch, keep_graph: bool = False) -> Trace:
        recorder = Recorder(keep_graph)
        with torch.set_grad_enabled(keep_graph):
            x = self.traced_input(batch, recorder)  # (B, T, E)
            bags = []
            for t in range(x.shape[1]):
                first = max(t + 1 - self.config.window, 0) if self.config.window else 0
                inside = x[:, first : t + 1]  # (B, m, E)
                bags.append(inside.mean(dim=1) if self.config.pooling == "mean" else inside.sum(dim=1))
            recorder.note_steps("bag.vector", bags, ("batch", "t", "dim"))
            return self.finish_trace(batch, recorder, Output(self.head(torch.stack(bags, dim=1), batch)))

    @torch.no_grad()
    def quick_trace(self, batch: Batch) -> Trace:
        recorder = Recorder(keep_graph=False)
        bag = self.bag(self.traced_input(batch, recorder))  # (B, T, E)
        recorder.note("bag.vector", bag, ("batch", "t", "dim"))
        return self.finish_trace(batch, recorder, Output(self.head(bag, batch)))

    # what it can see -------------------------------------------------------------------------------------------

    def receptive_field(self) -> int | None:
        return self.config.window or None

    def reach(self, batch: Batch, site: str) -> Tensor:
        """Everything before each output, or a band of the last `window` positions."""
        whole = super().reach(batch, site)  # (out_pos, site_pos)
        return within(whole, self.config.window - 1) if self.config.window else whole

    def initial_state(self, batch_size: int) -> Any:
        """(tokens still to leave the bag (B, m), their sum (B, E), how many)."""
        nothing = torch.zeros(batch_size, 0, dtype=torch.int64)
        return nothing, torch.zeros(batch_size, self.d_input, dtype=next(self.parameters()).dtype), 0

    @torch.no_grad()
    def step(self, tokens: Tensor, state: Any) -> tuple[Tensor, Any]:
        """A running sum: the new token goes in, the one that leaves the window goes out."""
        inside, total, count = state
        total = total + self.embedding(tokens)  # (B, E)
        count += 1
        if self.config.window:
            inside = torch.cat([inside.to(tokens.device), tokens.unsqueeze(1)], dim=1)  # (B, up to N + 1)
            if count > self.config.window:
                total, inside, count = total - self.embedding(inside[:, 0]), inside[:, 1:], count - 1
        bag = total / count if self.config.pooling == "mean" else total
        return self.head(bag.unsqueeze(1), None).log_probs()[:, 0], (inside, total, count)  # (B, vocab)
