"""Deep recurrent networks: four places where a recurrent network can be made deeper.

    stacked      layer n reads the states of layer n - 1; with skip connections it reads the input and the states of
                 all layers below side by side, and the output reads all layers
    transition   a_1 = phi(W x_t + U h_{t-1} + b),  a_k = phi(V_k a_{k-1} + b_k),  h_t = a_K
                 with the shortcut  h_t = phi(V_K a_{K-1} + S h_{t-1} + b_K)
    output       y_t = phi(O_J ... phi(O_1 h_t + b_1)), which the head reads
    phi = tanh or ReLU

A deep transition lets one reading change the state in a less simple way, but puts K matrices instead of one between
two positions, so the gradient fades sooner; the shortcut gives it a way past. A stack gives every layer its own pace.
With K = 1, J = 0 and no skip connections this is the stacked RNN.
Pascanu, Gulcehre, Cho and Bengio, "How to construct deep recurrent neural networks", 2014 (DT-RNN, DT(S)-RNN,
DOT-RNN, stacked); skip connections: Graves, "Generating sequences with recurrent neural networks", 2013.

Axes: B batch, E embedding, I what a layer reads, H hidden units.
"""

from __future__ import annotations

from itertools import pairwise
from typing import ClassVar, Literal

import torch
from torch import Tensor, nn

from seqviz.core.knobs import knob
from seqviz.models.base import NeuralConfig, architectures
from seqviz.models.inner_health import Activation
from seqviz.models.recurrent import RecurrentConfig, State
from seqviz.models.unrolled import Carried, Cell, UnrolledModel, start_uniform


class DeepRNNConfig(RecurrentConfig):
    n_layers: int = knob(2, low=1, high=16, label="layers", help="Recurrent layers, one on the other.")
    skip: bool = knob(True, label="skip connections",
                      help="Each layer reads the input and all layers below; the output reads all layers.")  # fmt: skip
    transition_depth: int = knob(2, low=1, high=16, label="transition depth",
                                 help="Layers from one state to the next; 1 is the plain RNN.")  # fmt: skip
    shortcut: bool = knob(True, label="transition shortcut",
                          help="The old state also enters the last layer of a deep transition.")  # fmt: skip
    output_depth: int = knob(1, low=0, high=8, label="output depth",
                             help="Layers between state and prediction; 0 reads the state itself.")  # fmt: skip
    activation: Literal["tanh", "relu"] = knob(
        "tanh", label="activation",
        help="What squashes the state: tanh keeps it in -1..1, ReLU lets it grow.",
    )  # fmt: skip


class DeepTransitionCell(Cell):
    """The cell's own matrices make a_1; `deeper` make a_2 ... a_K."""

    def __init__(self, d_input: int, config: DeepRNNConfig) -> None:
        size, deeper = config.d_hidden, config.transition_depth - 1
        super().__init__(d_input, size, gates=1)
        self.squash = torch.tanh if config.activation == "tanh" else torch.relu
        self.deeper = nn.ModuleList(nn.Linear(size, size) for _ in range(deeper))
        self.noted = self.inner = tuple(f"transition.{k}" for k in range(deeper))
        self.shortcut: nn.ParameterDict | None = None
        if config.shortcut and deeper:
            self.shortcut = nn.ParameterDict({"weight_hh": nn.Parameter(torch.empty(size, size))})
            start_uniform(self.shortcut["weight_hh"], size)

    def advance(self, drive: Tensor, before: Carried) -> Carried:
        (h,) = before
        pre = torch.addmm(drive, h, self.weight_hh.T)  # (B, H)
        for layer in self.deeper:
            pre = layer(self.squash(pre))
        if self.shortcut is not None:
            pre = torch.addmm(pre, h, self.shortcut["weight_hh"].T)
        return (self.squash(pre),)

    def equations(self, x: Tensor, before: State) -> State:
        h = before["hidden_state"]  # (B, H)
        states = [self.squash(x @ self.weight_ih.T + h @ self.weight_hh.T + self.bias)]  # a_1
        for k, layer in enumerate(self.deeper, start=1):
            assert isinstance(layer, nn.Linear)
            past = self.shortcut["weight_hh"] if self.shortcut is not None and k == len(self.deeper) else None
            old = 0 if past is None else h @ past.T
            states.append(self.squash(states[-1] @ layer.weight.T + old + layer.bias))  # a_2 ... a_K
        return dict(zip((*self.noted, "hidden_state"), states, strict=True))


@architectures.register("deep_rnn")
class DeepRNN(UnrolledModel):
    """A plain RNN made deep: in its stack, in its step from one state to the next, and in its output."""

    Config: ClassVar[type[NeuralConfig]] = DeepRNNConfig
    title = "Deep RNN"
    family = "recurrent"
    config: DeepRNNConfig

    def build_cell(self, config: DeepRNNConfig, d_input: int) -> Cell:
        return DeepTransitionCell(d_input, config)

    def width_below(self, layer: int) -> int:
        below = layer * self.config.d_hidden
        return self.d_input + below if self.config.skip else super().width_below(layer)

    def reads(self, x: Tensor, below: list[Tensor]) -> Tensor:
        return torch.cat([x, *below], dim=-1) if self.config.skip else super().reads(x, below)

    def build_output(self, config: DeepRNNConfig) -> None:
        widths = [config.d_hidden * (config.n_layers if config.skip else 1)] + [config.d_hidden] * config.output_depth
        self.deep_output = nn.ModuleList(nn.Linear(a, b) for a, b in pairwise(widths))
        self.squash = torch.tanh if config.activation == "tanh" else torch.relu
        self.d_features = widths[-1]
        if config.output_depth:
            self.provides = (*self.provides, "output.*")

    def activations(self) -> dict[str, Activation]:
        return dict.fromkeys(("layers.*.hidden_state", "layers.*.transition.*", "output.*"), self.config.activation)

    def says(self, outputs: list[Tensor]) -> dict[str, Tensor]:
        y = torch.cat(outputs, dim=-1) if self.config.skip else outputs[-1]
        found = {}
        for j, layer in enumerate(self.deep_output):
            y = self.squash(layer(y))
            found[f"output.{j}"] = y
        return {**found, "features": y}
