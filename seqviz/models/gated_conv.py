"""Gated convolutional language model: causal convolutions whose output is let through by a gate of its own.

    a_t = (W * x)_t + b                    content
    g_t = sigma((V * x)_t + c)             gate, one number per unit
    y_t = x_t + a_t . g_t                  x_t through a 1 x 1 convolution where the widths differ

The gate is linear in the content, so the gradient has a way through that no tanh squashes. An output sees
1 + n (k - 1) inputs: k kernel size, n layers.
Dauphin, Fan, Auli and Grangier, "Language Modeling with Gated Convolutional Networks", 2017 (arXiv 2016); residual
connections and weight normalisation as there. Its bottleneck, a narrow layer between two 1 x 1 convolutions, is a knob;
here these two are plain, and the gate belongs to the convolution that looks back.

Axes: B batch, T positions, C channels in, O channels out.
"""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from seqviz.core.knobs import knob
from seqviz.models.base import NeuralConfig, architectures
from seqviz.models.causal_conv import CausalConv
from seqviz.models.convolutional import UNITS, ConvBlock, ConvolutionalModel, note_channels
from seqviz.models.trace import Recorder

SQUEEZE = 4  # a bottleneck is this much narrower


class GatedConvConfig(NeuralConfig):
    width_knob: ClassVar[str] = "channels"
    channels: int = knob(64, low=1, high=2048, log=True, label="channels",
                         help="Width of every layer: how many filters run over the text side by side.")  # fmt: skip
    n_layers: int = knob(4, low=1, high=24, label="layers",
                         help="Gated convolutions, one on top of the other.")  # fmt: skip
    kernel_size: int = knob(4, low=1, high=32, label="kernel size",
                            help="Positions that each filter reads: its own and those before it.")  # fmt: skip
    bottleneck: bool = knob(False, label="bottleneck", advanced=True,
                            help="Look back in a quarter of the width: cheaper, between two 1 x 1 layers.")  # fmt: skip
    weight_norm: bool = knob(True, label="weight norm", advanced=True,
                             help="Learn the length and the direction of each filter apart.")  # fmt: skip


class GatedBlock(ConvBlock):
    """One gated convolution and a way around it."""

    named = ("output",)

    def __init__(self, d_in: int, d_out: int, config: GatedConvConfig) -> None:
        super().__init__()
        inner = max(1, d_out // SQUEEZE) if config.bottleneck else d_out
        self.squeeze = CausalConv(d_in, inner, 1) if config.bottleneck else None
        self.look = CausalConv(inner if config.bottleneck else d_in, 2 * inner, config.kernel_size)
        self.widen = CausalConv(inner, d_out, 1) if config.bottleneck else None
        self.around = CausalConv(d_in, d_out, 1) if d_in != d_out else None
        self.dropout = nn.Dropout(config.dropout)

    def convolutions(self) -> list[CausalConv]:
        return [self.look]

    def forward(self, x: Tensor, recorder: Recorder | None = None, path: str = "") -> Tensor:
        read = x if self.squeeze is None else self.squeeze(x)  # (B, inner, T)
        both = self.look(read)  # (B, 2 inner, T)
        passed = F.glu(both, dim=1)  # (B, inner, T)
        written = passed if self.widen is None else self.widen(passed)  # (B, O, T)
        written = self.dropout(written) if recorder is None else written
        y: Tensor = (x if self.around is None else self.around(x)) + written
        if recorder is not None:
            content, gate = both.chunk(2, dim=1)
            note_channels(recorder, f"{path}.content", content)
            note_channels(recorder, f"{path}.gate", torch.sigmoid(gate))
            note_channels(recorder, f"{path}.output", y)
        return y

    def longhand(self, x: Tensor, recorder: Recorder, path: str) -> Tensor:
        read = x if self.squeeze is None else self.squeeze.longhand(x)  # (B, T, inner)
        content, before_gate = self.look.longhand(read).chunk(2, dim=2)
        gate = torch.sigmoid(before_gate)
        passed = content * gate
        written = passed if self.widen is None else self.widen.longhand(passed)  # (B, T, O)
        y = (x if self.around is None else self.around.longhand(x)) + written
        for name, values in (("content", content), ("gate", gate), ("output", y)):
            recorder.note(f"{path}.{name}", values, UNITS)
        recorder.stacked_site(f"{path}.output", y)
        return y

    def extend(self, x: Tensor, before: list[Tensor]) -> tuple[Tensor, list[Tensor]]:
        read = x if self.squeeze is None else self.squeeze.alone(x)  # (B, inner)
        both, after = self.look.extend(read, before[0])
        passed = F.glu(both, dim=1)
        written = passed if self.widen is None else self.widen.alone(passed)
        return (x if self.around is None else self.around.alone(x)) + written, [after]


@architectures.register("gated_conv")
class GatedConv(ConvolutionalModel):
    """Filters over the last few tokens, layer upon layer, each let through by a gate."""

    Config: ClassVar[type[NeuralConfig]] = GatedConvConfig
    title = "Gated conv LM"
    provides = ("embedding", "conv.*.content", "conv.*.gate", "conv.*.output")

    def make_blocks(self, config: GatedConvConfig) -> tuple[list[ConvBlock], int]:
        width = config.channels
        blocks: list[ConvBlock] = [
            GatedBlock(width if layer else self.d_input, width, config) for layer in range(config.n_layers)
        ]
        return blocks, width

    def normalises(self, config: GatedConvConfig) -> bool:
        return config.weight_norm
