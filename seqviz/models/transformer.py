"""Decoder-only Transformer: blocks of causal self-attention and a two-layer network, around a stream of residuals.

    pre-norm     x = x + attention(norm(x));   x = x + mlp(norm(x));   at the end x = norm(x)
    post-norm    x = norm(x + attention(x));   x = norm(x + mlp(x))
    mlp(x)       W_2 phi(W_1 x),  phi = GELU or ReLU

Vaswani et al., "Attention is all you need", 2017; decoder-only: Radford et al. 2018, 2019 (GPT-2, whose start "normal"
follows: 0.02, and 0.02 / sqrt(2 layers) where a block writes to the stream); why pre-norm trains without warm-up: Xiong
et al. 2020; tied weights: Press and Wolf 2017. Attention itself: models/attention.py; positions: models/positional.py.
Axes: B batch, T positions, D model dimensions.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Literal, cast

import torch
from torch import Tensor, nn

from seqviz.core.batch import Batch
from seqviz.core.interface import Interface, Offers
from seqviz.core.knobs import knob
from seqviz.models.attention import Remembered, SelfAttention
from seqviz.models.base import Context, NeuralModel, TrunkConfig, architectures
from seqviz.models.initialization import initialize
from seqviz.models.output import Output
from seqviz.models.positional import Position, PositionKind, make_position
from seqviz.models.trace import Recorder, Trace

STREAM = ("batch", "t", "dim")


class TransformerConfig(TrunkConfig):
    width_knob: ClassVar[str] = "d_model"
    d_model: int = knob(128, low=1, high=4096, log=True, label="width",
                        help="Length of the vector that stands for a token in every block.")  # fmt: skip
    n_layers: int = knob(4, low=1, high=48, label="layers", help="Blocks, one after the other.")
    n_heads: int = knob(4, low=1, high=64, label="heads",
                        help="Attention patterns side by side in each block; they share the width.")  # fmt: skip
    d_feedforward: int = knob(4, low=1, high=16, label="feed-forward", unit="x width", advanced=True,
                              help="How much wider the inner layer of each block's network is.")  # fmt: skip
    position: PositionKind = knob("learned", label="position", help="How the model knows where a token stands.")
    norm: Literal["pre", "post"] = knob("pre", label="norm", advanced=True,
                                        help="Normalise before each part of a block, or after it.")  # fmt: skip
    activation: Literal["gelu", "relu"] = knob("gelu", label="activation", advanced=True,
                                               help="What bends the inner layer of each block.")  # fmt: skip
    tie_weights: bool = knob(True, label="tie weights", advanced=True,
                             help="One matrix reads symbols and writes them, where both are the same.")  # fmt: skip
    bias: bool = knob(False, label="biases", advanced=True,
                      help="Whether linear layers and norms also add a vector.")  # fmt: skip
    initialization: Literal["default", "xavier", "orthogonal", "normal", "identity"] = knob(
        "normal", label="start", advanced=True,
        help="How weights begin: torch's default, Xavier, orthogonal, normal as in GPT-2, or identity where square.",
    )  # fmt: skip

    @property
    def d_input(self) -> int:
        return self.d_model


class Block(nn.Module):
    """One layer: attention, then a network for each position by itself."""

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        width, inner = config.d_model, config.d_feedforward * config.d_model
        self.pre = config.norm == "pre"
        self.norm_attention = nn.LayerNorm(width, bias=config.bias)
        self.attention = SelfAttention(width, config.n_heads, config.bias, config.dropout)
        self.norm_mlp = nn.LayerNorm(width, bias=config.bias)
        self.widen = nn.Linear(width, inner, bias=config.bias)
        self.activation = nn.GELU() if config.activation == "gelu" else nn.ReLU()
        self.narrow = nn.Linear(inner, width, bias=config.bias)
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, x: Tensor, position: Position) -> Tensor:
        read = self.norm_attention(x) if self.pre else x
        return self.after_attention(x, self.attention(read, position))

    def extend(self, x: Tensor, position: Position, before: Remembered | None, start: int) -> tuple[Tensor, Remembered]:
        read = self.norm_attention(x) if self.pre else x
        attended, remembered = self.attention.extend(read, position, before, start)
        return self.after_attention(x, attended), remembered

    def after_attention(self, x: Tensor, attended: Tensor) -> Tensor:
        x = x + self.dropout(attended)  # (B, T, D)
        if self.pre:
            return x + self.dropout(self.narrow(self.activation(self.widen(self.norm_mlp(x)))))
        x = self.norm_attention(x)
        return self.norm_mlp(x + self.dropout(self.narrow(self.activation(self.widen(x)))))

    def trace(self, x: Tensor, position: Position, recorder: Recorder, path: str) -> Tensor:
        """`forward` longhand, without dropout."""
        read = self.norm_attention(x) if self.pre else x
        x = x + self.attention.trace(read, position, recorder, f"{path}.attention")  # (B, T, D)
        x = x if self.pre else self.norm_attention(x)
        read = self.norm_mlp(x) if self.pre else x
        hidden = self.activation(self.widen(read))  # (B, T, inner)
        written = self.narrow(hidden)  # (B, T, D)
        x = x + written if self.pre else self.norm_mlp(x + written)
        recorder.note(f"{path}.mlp.hidden", hidden, ("batch", "t", "unit"))
        recorder.note(f"{path}.mlp.output", written, STREAM)
        recorder.note(f"{path}.residual", x, STREAM)
        return x


@dataclass(frozen=True)
class Cache:
    """What generation remembers: tokens (B, n) in the window, and each block's keys and values."""

    tokens: Tensor
    blocks: tuple[Remembered | None, ...]


@architectures.register("transformer")
class Transformer(NeuralModel):
    """Every token looks back at all tokens before it, in one step."""

    Config: ClassVar[type[TrunkConfig]] = TransformerConfig
    title = "Transformer"
    family = "attention"
    offers = Offers(frozenset({"chain"}), frozenset({"tokens", "vectors"}), causal=True)
    provides: tuple[str, ...] = ("embedding", "blocks.*", "position.*")
    config: TransformerConfig

    def __init__(self, config: TransformerConfig, interface: Interface) -> None:
        super().__init__(config, interface)
        self.position = make_position(config.position, config.d_model, config.n_heads, interface.context_length)
        self.blocks = nn.ModuleList(Block(config) for _ in range(config.n_layers))
        self.norm = nn.LayerNorm(config.d_model, bias=config.bias) if config.norm == "pre" else nn.Identity()
        self.d_features = config.d_model
        self.build_head()
        if not config.bias:
            drop_biases(self.head)
        self.tied = config.tie_weights and tie(self.embedding, self.head)
        start_weights(self, config)
        self.provides = ("embedding", "blocks.*", *self.position.traced)

    @property
    def stack(self) -> list[Block]:
        return cast("list[Block]", list(self.blocks))

    def forward(self, batch: Batch, context: Context) -> Output:
        x = self.dropout(self.position.add(self.embed(batch)))  # (B, T, D)
        for block in self.stack:
            x = block(x, self.position)
        return Output(self.head(self.norm(x), batch))

    def trace(self, batch: Batch, keep_graph: bool = False) -> Trace:
        recorder = Recorder(keep_graph)
        with torch.set_grad_enabled(keep_graph):
            x = self.embed(batch)  # (B, T, D)
            recorder.note("embedding", x, STREAM)
            recorder.stacked_site("embedding", x)
            self.position.note(recorder, x.shape[1], x)
            x = self.position.add(x)
            for number, block in enumerate(self.stack):
                x = block.trace(x, self.position, recorder, f"blocks.{number}")
            return self.finish_trace(batch, recorder, Output(self.head(self.norm(x), batch)))

    # generation ------------------------------------------------------------------------------------------------

    def receptive_field(self) -> int | None:
        return self.interface.context_length

    def longest_input(self) -> int | None:
        return self.position.longest()

    def remembers(self, read: int) -> int:
        longest = self.interface.context_length
        quarter = max(1, longest // 4)  # sliding by one would read the whole window anew for every token
        return read if read <= longest else longest - quarter + 1 + (read - longest - 1) % quarter

    def initial_state(self, batch_size: int) -> Cache:
        return Cache(torch.zeros(batch_size, 0, dtype=torch.int64), (None,) * len(self.blocks))

    @torch.no_grad()
    def step(self, tokens: Tensor, state: Cache) -> tuple[Tensor, Cache]:
        """One token each. A full window lets its oldest quarter go; the rest is read anew, as every token has moved."""
        window = torch.cat([state.tokens.to(tokens.device), tokens.unsqueeze(1)], dim=1)  # (B, n + 1)
        start, unread, blocks = state.tokens.shape[1], tokens.unsqueeze(1), state.blocks
        if window.shape[1] > self.interface.context_length:
            window = window[:, -self.remembers(self.interface.context_length + 1) :]
            start, unread, blocks = 0, window, (None,) * len(self.blocks)
        x = self.position.add(self.embedding(unread), start)  # (B, 1 or n, D)
        kept = []
        for block, before in zip(self.stack, blocks, strict=True):
            x, remembered = block.extend(x, self.position, before, start)
            kept.append(remembered)
        predictive = self.head(self.norm(x[:, -1:]), None)  # one position
        return predictive.log_probs()[:, 0], Cache(window, tuple(kept))

    # parameters ------------------------------------------------------------------------------------------------

    def groups(self) -> Iterator[tuple[str, int]]:
        for name, count in super().groups():
            if name != "blocks":
                yield name, count
                continue
            for number, block in enumerate(self.stack):
                yield f"block {number}", sum(p.numel() for p in block.parameters())

    def state_arrays(self) -> dict[str, Tensor]:
        arrays = super().state_arrays()
        if self.tied:
            del arrays["embedding.weight"]  # it is head.linear.weight
        return arrays

    def load_arrays(self, arrays: dict[str, Tensor]) -> None:
        shared = {"embedding.weight": arrays["head.linear.weight"]} if self.tied else {}
        super().load_arrays({**arrays, **shared})


def drop_biases(head: nn.Module) -> None:
    for module in head.modules():
        if isinstance(module, nn.Linear):
            module.register_parameter("bias", None)


def tie(embedding: nn.Module, head: nn.Module) -> bool:
    """Let symbols be read by the matrix that writes them; False where the two differ in shape."""
    linear = getattr(head, "linear", None)
    if not isinstance(embedding, nn.Embedding) or not isinstance(linear, nn.Linear):
        return False
    if embedding.weight.shape != linear.weight.shape:
        return False
    embedding.weight = linear.weight
    return True


def start_weights(model: Transformer, config: TransformerConfig) -> None:
    initialize(model, config.initialization)
    if config.initialization != "normal":
        return
    quiet = 0.02 / math.sqrt(2 * config.n_layers)  # 2 parts of each block write to the stream: keep its sum at 0.02
    for block in model.stack:
        nn.init.normal_(block.attention.project.weight, std=quiet)
        nn.init.normal_(block.narrow.weight, std=quiet)
    for module in model.modules():
        if isinstance(module, nn.Linear) and module.bias is not None:
            nn.init.zeros_(module.bias)
