"""The fixed-window neural language model: a small network that reads the last n tokens, and nothing before them.

    x_t = [e_{t-n+1}; ... ; e_{t-1}; e_t]        the last n embeddings side by side, the oldest first
    a_t = tanh(H x_t + d)                        hidden layer
    y_t = U a_t (+ W x_t) + b                    W: the direct connections, which the paper leaves open
    p(x_{t+1} | x_{t-n+1} ... x_t) = softmax(y_t)

Each place in the window has columns of H of its own, so order counts; what lies before the window cannot count at all,
however long one trains. Places before the first token hold zeros. H x_t for all t at once is a convolution of width n.
Bengio, Ducharme, Vincent and Jauvin, "A neural probabilistic language model", 2003.

Axes: B batch, T positions, N window, E embedding, H hidden units.
"""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor, nn

from seqviz.core.batch import Batch
from seqviz.core.interface import Interface, Offers
from seqviz.core.knobs import knob
from seqviz.models.base import Context, NeuralConfig, NeuralModel, TrunkConfig, architectures, within
from seqviz.models.cone import ConeLevel
from seqviz.models.initialization import initialize
from seqviz.models.inner_health import Activation
from seqviz.models.output import Output
from seqviz.models.trace import Recorder, Trace


class FixedWindowConfig(NeuralConfig):
    width_knob: ClassVar[str] = "d_hidden"
    window: int = knob(5, low=1, high=512, log=True, label="window", unit="tokens",
                       help="How many tokens it sees: this one and those just before it.")  # fmt: skip
    d_hidden: int = knob(128, low=1, high=8192, log=True, label="hidden units",
                         help="Units of the tanh layer that reads the window.")  # fmt: skip
    direct: bool = knob(False, label="direct connections", advanced=True,
                        help="The output also reads the window itself, past the hidden layer.")  # fmt: skip


@architectures.register("fixed_window")
class FixedWindow(NeuralModel):
    """Reads the last few tokens side by side; everything before them is out of sight."""

    Config: ClassVar[type[TrunkConfig]] = FixedWindowConfig
    title = "Fixed window"
    family = "convolution"
    reads_one_hot = True
    offers = Offers(frozenset({"chain"}), frozenset({"tokens", "vectors"}), causal=True)
    provides = ("embedding", "layers.0.hidden")
    config: FixedWindowConfig

    def __init__(self, config: FixedWindowConfig, interface: Interface) -> None:
        if config.window > interface.context_length:
            raise ValueError(
                f"model.window: a window of {config.window} tokens is longer than the context of "
                f"{interface.context_length} tokens that it trains on"
            )
        super().__init__(config, interface)
        self.read = nn.Linear(config.window * self.d_input, config.d_hidden)  # H and d
        self.d_features = config.d_hidden + (config.window * self.d_input if config.direct else 0)
        self.build_head()
        initialize(self, config.initialization)

    def forward(self, batch: Batch, context: Context) -> Output:
        values = batch.inputs[self.interface.inputs.kind].values  # (B, T) or (B, T, dim)
        before = context.state  # raw inputs: they are embedded with the weights of today
        seen = values if before is None else torch.cat([before, values], dim=1)
        x = self.dropout(self.embedding(seen))  # (B, up to N-1 + T, E)
        features, _ = self.features(x, values.shape[1])  # (B, T, H or H + N*E)
        return Output(self.head(self.dropout(features), batch), self.still_visible(seen))

    def features(self, x: Tensor, positions: int) -> tuple[Tensor, Tensor]:
        """What the head reads at the last `positions` of x (B, S, E), zeros before its start; and the hidden layer."""
        missing = positions + self.config.window - 1 - x.shape[1]
        padded = nn.functional.pad(x, (0, 0, missing, 0))  # (B, T + N-1, E)
        windows = padded.unfold(1, self.config.window, 1).transpose(2, 3).flatten(2)  # (B, T, E, N) -> (B, T, N*E)
        hidden = torch.tanh(self.read(windows))  # (B, T, H)
        return (torch.cat([hidden, windows], dim=2) if self.config.direct else hidden), hidden

    def still_visible(self, seen: Tensor) -> Tensor:
        """The inputs (B, S) or (B, S, dim) that a window ending at the next one holds: the last N - 1."""
        return seen[:, max(seen.shape[1] - self.config.window + 1, 0) :]

    def trace(self, batch: Batch, keep_graph: bool = False) -> Trace:
        recorder = Recorder(keep_graph)
        with torch.set_grad_enabled(keep_graph):
            x = self.traced_input(batch, recorder)  # (B, T, E)
            nothing = torch.zeros_like(x[:, 0])  # (B, E)
            matrices = self.read.weight.split(self.d_input, dim=1)  # N of (H, E), the oldest place first
            hidden, features = [], []
            for t in range(x.shape[1]):
                places = [x[:, s] if s >= 0 else nothing for s in range(t - self.config.window + 1, t + 1)]
                total = self.read.bias.expand(len(x), -1)  # (B, H)
                for place, matrix in zip(places, matrices, strict=True):
                    total = total + place @ matrix.T
                hidden.append(torch.tanh(total))
                features.append(torch.cat([hidden[-1], *places], dim=1) if self.config.direct else hidden[-1])
            recorder.note_steps("layers.0.hidden", hidden)
            recorder.level("layers.0.hidden", hidden)
            return self.finish_trace(batch, recorder, Output(self.head(torch.stack(features, dim=1), batch)))

    @torch.no_grad()
    def quick_trace(self, batch: Batch) -> Trace:
        recorder = Recorder(keep_graph=False)
        x = self.traced_input(batch, recorder)  # (B, T, E)
        features, hidden = self.features(x, x.shape[1])  # (B, T, H or H + N*E), (B, T, H)
        recorder.note("layers.0.hidden", hidden, ("batch", "t", "unit"))
        return self.finish_trace(batch, recorder, Output(self.head(features, batch)))

    # what it can see -------------------------------------------------------------------------------------------

    def first_matrix(self) -> Tensor:
        """Of the newest place in the window; each place has a matrix of its own."""
        return self.read.weight[:, -self.d_input :].T  # (V, H)

    def activations(self) -> dict[str, Activation]:
        return {"layers.*.hidden": "tanh"}

    def receptive_field(self) -> int | None:
        return self.config.window

    def cone(self) -> tuple[ConeLevel, ...]:
        """H x_t is one convolution."""
        return (ConeLevel("layers.0.hidden", self.config.window, 1),)

    def reach(self, batch: Batch, site: str) -> Tensor:
        """A band: the last `window` positions before each output."""
        return within(super().reach(batch, site), self.config.window - 1)

    def initial_state(self, batch_size: int) -> Tensor:
        return torch.zeros(batch_size, 0, dtype=torch.int64)

    @torch.no_grad()
    def step(self, tokens: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        """The state is a rolling buffer of the last tokens, (B, up to N - 1)."""
        seen = torch.cat([state.to(tokens.device), tokens.unsqueeze(1)], dim=1)  # (B, up to N)
        features, _ = self.features(self.embedding(seen), 1)  # (B, 1, H or H + N*E)
        return self.head(features, None).log_probs()[:, 0], self.still_visible(seen)  # (B, vocab)
