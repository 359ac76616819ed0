"""Temporal convolutional network: dilated causal convolutions in residual blocks, each level looking twice as far.

    a_t = drop(ReLU((W_1 * x)_t))          level n has dilation 2^n in both convolutions
    b_t = drop(ReLU((W_2 * a)_t))
    y_t = ReLU(b_t + x_t)                  x_t through a 1 x 1 convolution where the widths differ

An output sees 1 + 2 (k - 1) (2^n - 1) inputs: k kernel size, n levels. Weights are normalised, W = g v / ||v||.
Bai, Kolter and Koltun, "An Empirical Evaluation of Generic Convolutional and Recurrent Networks for Sequence Modeling",
2018. Dropout silences whole channels of a sequence (Tompson et al. 2015), as the paper says. The start "default" is
that of the authors' code: torch's own, but 1 x 1 convolutions and the output layer start at normal(0, 0.01), so that
the first outputs are quiet. Here tokens come in through an embedding, vectors through a linear layer.

Axes: B batch, T positions, C channels in, O channels out.
"""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor, nn

from seqviz.core.interface import Interface
from seqviz.core.knobs import knob
from seqviz.models.base import NeuralConfig, architectures
from seqviz.models.causal_conv import CausalConv
from seqviz.models.convolutional import UNITS, ConvBlock, ConvolutionalModel, note_channels
from seqviz.models.inner_health import Activation
from seqviz.models.trace import Recorder

QUIET = 0.01


class TCNConfig(NeuralConfig):
    width_knob: ClassVar[str] = "channels"
    channels: int = knob(64, low=1, high=2048, log=True, label="channels",
                         help="Width of every level: how many filters run over the text side by side.")  # fmt: skip
    n_levels: int = knob(4, low=1, high=12, label="levels",
                         help="Residual blocks; each one's dilation is twice that of the one below.")  # fmt: skip
    kernel_size: int = knob(3, low=1, high=32, label="kernel size",
                            help="Positions that each filter reads, a dilation apart.")  # fmt: skip
    weight_norm: bool = knob(True, label="weight norm", advanced=True,
                             help="Learn the length and the direction of each filter apart.")  # fmt: skip


class TemporalBlock(ConvBlock):
    """Two dilated causal convolutions and a way around them."""

    named = ("hidden", "output")

    def __init__(self, d_in: int, d_out: int, kernel_size: int, dilation: int, dropout: float) -> None:
        super().__init__()
        self.first = CausalConv(d_in, d_out, kernel_size, dilation)
        self.second = CausalConv(d_out, d_out, kernel_size, dilation)
        self.around = nn.Conv1d(d_in, d_out, 1) if d_in != d_out else None
        self.dropout = nn.Dropout1d(dropout)

    def convolutions(self) -> list[CausalConv]:
        return [self.first, self.second]

    def forward(self, x: Tensor, recorder: Recorder | None = None, path: str = "") -> Tensor:
        drop = self.dropout if recorder is None else nn.Identity()
        hidden = drop(torch.relu(self.first(x)))  # (B, O, T)
        added = drop(torch.relu(self.second(hidden)))
        y = torch.relu(added + (x if self.around is None else self.around(x)))
        if recorder is not None:
            note_channels(recorder, f"{path}.hidden", hidden)
            note_channels(recorder, f"{path}.output", y)
        return y

    def longhand(self, x: Tensor, recorder: Recorder, path: str) -> Tensor:
        hidden = self.first.longhand(x).clamp(min=0)  # (B, T, O)
        recorder.note(f"{path}.hidden", hidden, UNITS)
        recorder.stacked_site(f"{path}.hidden", hidden)
        added = self.second.longhand(hidden).clamp(min=0)
        y = (added + self._around(x)).clamp(min=0)
        recorder.note(f"{path}.output", y, UNITS)
        recorder.stacked_site(f"{path}.output", y)
        return y

    def _around(self, x: Tensor) -> Tensor:
        """The residual: x itself, or its 1 x 1 convolution as a matrix: (..., C) -> (..., O)."""
        if self.around is None:
            return x
        y = x @ self.around.weight[:, :, 0].T
        return y if self.around.bias is None else y + self.around.bias

    def extend(self, x: Tensor, before: list[Tensor]) -> tuple[Tensor, list[Tensor]]:
        hidden, first = self.first.extend(x, before[0])  # (B, O)
        hidden = torch.relu(hidden)
        added, second = self.second.extend(hidden, before[1])
        return torch.relu(torch.relu(added) + self._around(x)), [first, second]


@architectures.register("tcn")
class TCN(ConvolutionalModel):
    """Filters over the past, each level reaching twice as far back as the one below."""

    Config: ClassVar[type[NeuralConfig]] = TCNConfig
    title = "TCN"
    provides = ("embedding", "conv.*.hidden", "conv.*.output")

    def __init__(self, config: TCNConfig, interface: Interface) -> None:
        super().__init__(config, interface)
        if config.initialization == "default":
            start_quietly(self)

    def make_blocks(self, config: TCNConfig) -> tuple[list[ConvBlock], int]:
        width = config.channels
        blocks: list[ConvBlock] = []
        for level in range(config.n_levels):
            d_in = width if level else self.d_input
            blocks.append(TemporalBlock(d_in, width, config.kernel_size, 2**level, config.dropout))
        return blocks, width

    def activations(self) -> dict[str, Activation]:
        return {"conv.*.hidden": "relu", "conv.*.output": "relu"}

    def normalises(self, config: TCNConfig) -> bool:
        return config.weight_norm

    def set_dropout(self, share: float) -> None:
        super().set_dropout(share)
        for module in self.modules():
            if isinstance(module, nn.Dropout1d):
                module.p = share


def start_quietly(model: TCN) -> None:
    """The output layer and the 1 x 1 convolutions at normal(0, 0.01)."""
    blocks = [block for block in model.stack if isinstance(block, TemporalBlock)]
    around = [block.around.weight for block in blocks if block.around is not None]
    head = [module.weight for module in model.head.modules() if isinstance(module, nn.Linear)]
    for weight in (*around, *head):
        nn.init.normal_(weight, std=QUIET)
