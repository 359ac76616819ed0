"""What convolutional architectures share: blocks of causal convolutions, one on top of the other.

A block's file brings its equations twice: `forward` (fused, all positions) and `longhand`, and once more as `extend`,
one position at a time over a rolling buffer. Everything else is here: trace, reach, receptive field, generation.

Where each convolution looks k_l - 1 taps of d_l positions back, an output sees 1 + sum_l d_l (k_l - 1) inputs.

Axes: B batch, T positions, C channels.
"""

from __future__ import annotations

import abc
from typing import Any, ClassVar, cast

import torch
from torch import Tensor, nn

from seqviz.core.batch import Batch
from seqviz.core.interface import Interface, Offers
from seqviz.models.base import Context, NeuralConfig, NeuralModel, within
from seqviz.models.causal_conv import CausalConv
from seqviz.models.cone import ConeLevel
from seqviz.models.initialization import initialize
from seqviz.models.output import Output
from seqviz.models.trace import Recorder, Trace

UNITS = ("batch", "t", "unit")


class ConvBlock(nn.Module, abc.ABC):
    """One block; `named` says, for each of its convolutions from the input up, what the array after it is called."""

    named: ClassVar[tuple[str, ...]]

    @abc.abstractmethod
    def convolutions(self) -> list[CausalConv]:
        """The convolutions that look back, from the input up; those of kernel size 1 may be left out."""

    @abc.abstractmethod
    def forward(self, x: Tensor, recorder: Recorder | None = None, path: str = "") -> Tensor:
        """(B, C, T) -> (B, O, T). With a recorder: note arrays under `path`, and leave dropout out."""

    @abc.abstractmethod
    def longhand(self, x: Tensor, recorder: Recorder, path: str) -> Tensor:
        """(B, T, C) -> (B, T, O), without dropout; notes the same arrays, and the sites of the cone."""

    @abc.abstractmethod
    def extend(self, x: Tensor, before: list[Tensor]) -> tuple[Tensor, list[Tensor]]:
        """One position (B, C) -> (B, O); `before` holds a buffer for each of `convolutions()`."""


def note_channels(recorder: Recorder, name: str, values: Tensor) -> None:
    """Note a fused pass's (B, C, T) as (B, T, C)."""
    recorder.note(name, values.transpose(1, 2), UNITS)


class ConvolutionalModel(NeuralModel):
    """Base of the convolutional architectures; no state is carried from window to window."""

    family = "convolution"
    reads_one_hot = True
    offers = Offers(frozenset({"chain"}), frozenset({"tokens", "vectors"}), causal=True)

    def __init__(self, config: NeuralConfig, interface: Interface) -> None:
        super().__init__(config, interface)
        blocks, self.d_features = self.make_blocks(config)
        self.blocks = nn.ModuleList(blocks)
        self.build_head()
        initialize(self, config.initialization)
        if self.normalises(config):  # after the start, so that a start sets the weights that act
            for conv in self.every_convolution():
                conv.normalise()

    @abc.abstractmethod
    def make_blocks(self, config: Any) -> tuple[list[ConvBlock], int]:
        """The blocks from the input up, and the channels that the last one gives."""

    @abc.abstractmethod
    def normalises(self, config: Any) -> bool:
        """Whether weights are normalised."""

    @property
    def stack(self) -> list[ConvBlock]:
        return cast("list[ConvBlock]", list(self.blocks))

    def every_convolution(self) -> list[CausalConv]:
        return [module for module in self.blocks.modules() if isinstance(module, CausalConv)]

    def first_matrix(self) -> Tensor:
        """Of the first convolution, at the newest position that it reads."""
        return self.every_convolution()[0].longhand_weight()[:, :, -1].T  # (V, O)

    # passes ----------------------------------------------------------------------------------------------------

    def forward(self, batch: Batch, context: Context) -> Output:
        x = self.dropout(self.embed(batch)).transpose(1, 2)  # (B, E, T)
        for block in self.stack:
            x = block(x)  # (B, C, T)
        return Output(self.head(x.transpose(1, 2), batch))

    def trace(self, batch: Batch, keep_graph: bool = False) -> Trace:
        recorder = Recorder(keep_graph)
        with torch.set_grad_enabled(keep_graph):
            x = self.traced_input(batch, recorder)  # (B, T, E)
            for number, block in enumerate(self.stack):
                x = block.longhand(x, recorder, f"conv.{number}")  # (B, T, C)
            return self.finish_trace(batch, recorder, Output(self.head(x, batch)))

    @torch.no_grad()
    def quick_trace(self, batch: Batch) -> Trace:
        recorder = Recorder(keep_graph=False)
        x = self.traced_input(batch, recorder).transpose(1, 2)  # (B, E, T)
        for number, block in enumerate(self.stack):
            x = block(x, recorder, f"conv.{number}")
        return self.finish_trace(batch, recorder, Output(self.head(x.transpose(1, 2), batch)))

    # what can be seen ------------------------------------------------------------------------------------------

    def cone(self) -> tuple[ConeLevel, ...]:
        """Every convolution that looks back, from the input up."""
        return tuple(
            ConeLevel(f"conv.{number}.{name}", conv.kernel_size, conv.dilation)
            for number, block in enumerate(self.stack)
            for name, conv in zip(block.named, block.convolutions(), strict=True)
        )

    def receptive_field(self) -> int:
        return 1 + sum(level.dilation * (level.kernel_size - 1) for level in self.cone())

    def reach(self, batch: Batch, site: str) -> Tensor:
        """A band: from the position of the output back as far as the convolutions above the site look."""
        levels = self.cone()
        names = [level.array for level in levels]
        above = levels[names.index(site) + 1 :] if site in names else levels
        past = sum(level.dilation * (level.kernel_size - 1) for level in above)
        return within(super().reach(batch, site), past)

    # generation ------------------------------------------------------------------------------------------------

    def initial_state(self, batch_size: int) -> list[list[Tensor]]:
        return [[conv.first_buffer(batch_size) for conv in block.convolutions()] for block in self.stack]

    @torch.no_grad()
    def step(self, tokens: Tensor, state: list[list[Tensor]]) -> tuple[Tensor, list[list[Tensor]]]:
        x = self.embedding(tokens)  # (B, E)
        kept = []
        for block, before in zip(self.stack, state, strict=True):
            x, after = block.extend(x, before)
            kept.append(after)
        predictive = self.head(x.unsqueeze(1), None)  # one position
        return predictive.log_probs()[:, 0], kept  # (B, vocab)
