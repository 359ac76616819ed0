"""What every Transformer shares: blocks of self-attention and a two-layer network, around a stream of residuals.

    pre-norm     x = x + attention(norm(x));   x = x + mlp(norm(x));   at the end x = norm(x)
    post-norm    x = norm(x + attention(x));   x = norm(x + mlp(x))
    none         x = x + attention(x);   x = x + mlp(x)
Without the residual lane what a part writes takes the place of the stream: "x +" falls away everywhere.
    mlp(x)       W_2 phi(W_1 x),  phi = GELU or ReLU

Vaswani et al., "Attention is all you need", 2017; why pre-norm trains without warm-up: Xiong et al. 2020. The start
"normal" is GPT-2's (Radford et al. 2019): 0.02, and 0.02 / sqrt(2 layers) where a block writes to the stream.
Attention itself: models/attention.py; positions: models/positional.py.
Axes: B batch, T positions, D model dimensions.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import ClassVar, Literal, cast

import torch
from torch import Tensor, nn

from seqviz.core.batch import Batch
from seqviz.core.interface import Interface
from seqviz.core.knobs import knob
from seqviz.models.attention import Remembered, SelfAttention
from seqviz.models.base import Context, NeuralModel, TrunkConfig
from seqviz.models.initialization import initialize
from seqviz.models.inner_health import Activation, note_norm
from seqviz.models.output import Output
from seqviz.models.positional import Position, PositionKind, make_position
from seqviz.models.trace import Recorder, Trace

STREAM = ("batch", "t", "dim")


class BlocksConfig(TrunkConfig):
    width_knob: ClassVar[str] = "d_model"
    d_model: int = knob(128, low=1, high=4096, log=True, label="width",
                        help="Length of the vector that stands for a token in every block.")  # fmt: skip
    n_layers: int = knob(4, low=1, high=48, label="layers", help="Blocks, one after the other.")
    n_heads: int = knob(4, low=1, high=64, label="heads",
                        help="Attention patterns side by side in each block; they share the width.")  # fmt: skip
    d_feedforward: int = knob(4, low=1, high=16, label="feed-forward", unit="x width", advanced=True,
                              help="How much wider the inner layer of each block's network is.")  # fmt: skip
    position: PositionKind = knob("learned", label="position", help="How the model knows where a token stands.")
    norm: Literal["pre", "post", "none"] = knob("pre", label="norm", advanced=True,
                                                help="Normalise before each part of a block, or after it.")  # fmt: skip
    residual: bool = knob(True, label="residual lane", advanced=True,
                          help="What a part of a block writes is added to the stream, or replaces it.")  # fmt: skip
    activation: Literal["gelu", "relu"] = knob("gelu", label="activation", advanced=True,
                                               help="What bends the inner layer of each block.")  # fmt: skip
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

    def __init__(self, config: BlocksConfig, causal: bool = True) -> None:
        super().__init__()
        width, inner = config.d_model, config.d_feedforward * config.d_model
        self.pre = config.norm == "pre"
        self.residual = config.residual
        self.norm_attention = self._norm(config)
        self.attention = SelfAttention(width, config.n_heads, config.bias, config.dropout, causal)
        self.norm_mlp = self._norm(config)
        self.widen = nn.Linear(width, inner, bias=config.bias)
        self.activation = nn.GELU() if config.activation == "gelu" else nn.ReLU()
        self.narrow = nn.Linear(inner, width, bias=config.bias)
        self.dropout = nn.Dropout(config.dropout)

    @staticmethod
    def _norm(config: BlocksConfig) -> nn.Module:
        return nn.Identity() if config.norm == "none" else nn.LayerNorm(config.d_model, bias=config.bias)

    def written_to(self, x: Tensor, written: Tensor) -> Tensor:
        """The stream after a part of the block has written to it: (B, T, D)."""
        return x + written if self.residual else written

    def forward(self, x: Tensor, position: Position, present: Tensor | None = None) -> Tensor:
        read = self.norm_attention(x) if self.pre else x
        return self.after_attention(x, self.attention(read, position, present))

    def extend(self, x: Tensor, position: Position, before: Remembered | None, start: int) -> tuple[Tensor, Remembered]:
        read = self.norm_attention(x) if self.pre else x
        attended, remembered = self.attention.extend(read, position, before, start)
        return self.after_attention(x, attended), remembered

    def after_attention(self, x: Tensor, attended: Tensor) -> Tensor:
        x = self.written_to(x, self.dropout(attended))  # (B, T, D)
        x = x if self.pre else self.norm_attention(x)
        read = self.norm_mlp(x) if self.pre else x
        x = self.written_to(x, self.dropout(self.narrow(self.activation(self.widen(read)))))
        return x if self.pre else self.norm_mlp(x)

    def trace(
        self, x: Tensor, position: Position, recorder: Recorder, path: str, present: Tensor | None = None
    ) -> Tensor:
        """`forward` longhand, without dropout."""
        branch, x = self._part(recorder, x, f"{path}.attention")
        read = self._normalise("norm_attention", branch, recorder, path) if self.pre else branch
        attended = self.attention.trace(read, position, recorder, f"{path}.attention", present)
        x = self.written_to(x, attended)  # (B, T, D)
        x = x if self.pre else self._normalise("norm_attention", x, recorder, path)
        branch, x = self._part(recorder, x, f"{path}.mlp")
        read = self._normalise("norm_mlp", branch, recorder, path) if self.pre else branch
        hidden = self.activation(self.widen(read))  # (B, T, inner)
        written = self.narrow(hidden)  # (B, T, D)
        x = self.written_to(x, written)
        x = x if self.pre else self._normalise("norm_mlp", x, recorder, path)
        recorder.note(f"{path}.mlp.hidden", hidden, ("batch", "t", "unit"))
        recorder.note(f"{path}.mlp.output", written, STREAM)
        recorder.note(f"{path}.residual", x, STREAM)
        return recorder.stacked_level(f"{path}.residual", x)

    @staticmethod
    def _part(recorder: Recorder, x: Tensor, name: str) -> tuple[Tensor, Tensor]:
        """Where the stream (B, T, D) parts: what the branch reads, and what goes on beside it."""
        return recorder.stacked_level(name, x), recorder.stacked_level(f"{name}.beside", x)

    def _normalise(self, name: str, x: Tensor, recorder: Recorder, path: str) -> Tensor:
        """One of the block's layer norms (B, T, D), with what went in noted."""
        norm = getattr(self, name)
        if isinstance(norm, nn.LayerNorm):
            note_norm(recorder, f"{path}.{name}", x)
        normalised: Tensor = norm(x)
        return normalised


class BlockStack(NeuralModel):
    """A stream of vectors, one a token, that the blocks read and write. `offers.causal` says which way they look."""

    family = "attention"
    provides: tuple[str, ...] = ("embedding", "blocks.*", "norm.*", "position.*")
    config: BlocksConfig

    def __init__(self, config: BlocksConfig, interface: Interface) -> None:
        super().__init__(config, interface)
        causal, longest = self.offers.causal, interface.context_length
        self.position = make_position(config.position, config.d_model, config.n_heads, longest, causal)
        self.blocks = nn.ModuleList(Block(config, causal) for _ in range(config.n_layers))
        self.norm = nn.LayerNorm(config.d_model, bias=config.bias) if config.norm == "pre" else nn.Identity()
        self.d_features = config.d_model
        self.build_head()
        if not config.bias:
            drop_biases(self.head)
        self.share_matrices()
        start_weights(self, config)
        last = ("norm.*",) if config.norm == "pre" else ()
        self.provides = ("embedding", "blocks.*", *last, *self.position.traced)

    def share_matrices(self) -> None:
        """Let modules share a matrix, before weights are started."""

    @property
    def stack(self) -> list[Block]:
        return cast("list[Block]", list(self.blocks))

    def present(self, batch: Batch) -> Tensor | None:
        """(B, S) bool, False for padding that no token may read; None where causality alone keeps it out of sight."""
        return None

    def forward(self, batch: Batch, context: Context) -> Output:
        x, present = self.dropout(self.position.add(self.embed(batch))), self.present(batch)  # (B, T, D)
        for block in self.stack:
            x = block(x, self.position, present)
        return Output(self.head(self.norm(x), batch))

    def trace(self, batch: Batch, keep_graph: bool = False) -> Trace:
        recorder = Recorder(keep_graph)
        with torch.set_grad_enabled(keep_graph):
            x, present = self.traced_input(batch, recorder), self.present(batch)  # (B, T, D)
            self.position.note(recorder, x.shape[1], x)
            x = recorder.stacked_level("stream", self.position.add(x))
            for number, block in enumerate(self.stack):
                x = block.trace(x, self.position, recorder, f"blocks.{number}", present)
            if isinstance(self.norm, nn.LayerNorm):
                note_norm(recorder, "norm", x)
            features = recorder.stacked_level("features", self.norm(x))
            return self.finish_trace(batch, recorder, Output(self.head(features, batch)))

    def norm_gains(self) -> dict[str, Tensor]:
        found = {
            f"blocks.{number}.{name}": norm.weight.detach()
            for number, block in enumerate(self.stack)
            for name, norm in (("norm_attention", block.norm_attention), ("norm_mlp", block.norm_mlp))
            if isinstance(norm, nn.LayerNorm)
        }
        return found | ({"norm": self.norm.weight.detach()} if isinstance(self.norm, nn.LayerNorm) else {})

    def activations(self) -> dict[str, Activation]:
        return {"blocks.*.mlp.hidden": "relu"} if self.config.activation == "relu" else {}

    def longest_input(self) -> int | None:
        return self.position.longest()

    def groups(self) -> Iterator[tuple[str, int]]:
        for name, count in super().groups():
            if name != "blocks":
                yield name, count
                continue
            for number, block in enumerate(self.stack, 1):
                yield f"block {number}", sum(p.numel() for p in block.parameters())


def drop_biases(head: nn.Module) -> None:
    for module in head.modules():
        if isinstance(module, nn.Linear):
            module.register_parameter("bias", None)


def start_weights(model: BlockStack, config: BlocksConfig) -> None:
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
