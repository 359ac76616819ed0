"""Bidirectional vanilla RNN: one state that reads the sequence on, another that reads it back.

    h>_t = phi(W> x_t + U> h>_{t-1} + b>)        h<_t = phi(W< x_t + U< h<_{t+1} + b<)        phi = tanh or ReLU

Everything else: models/bidirectional.py. Schuster and Paliwal, "Bidirectional recurrent neural networks", 1997.
"""

from __future__ import annotations

from typing import ClassVar

from torch import nn

from seqviz.models.base import NeuralConfig, architectures
from seqviz.models.bidirectional import BidirectionalModel
from seqviz.models.inner_health import Activation
from seqviz.models.one_way import traced_names
from seqviz.models.rnn import RNN, RNNConfig


@architectures.register("birnn")
class BiRNN(BidirectionalModel):
    """Reads the sequence from both ends, and overwrites its state at every position."""

    Config: ClassVar[type[NeuralConfig]] = RNNConfig
    title = "Bidirectional RNN"
    family = "recurrent"
    cell = RNN
    provides = traced_names(RNN)
    config: RNNConfig

    def fused(self, config: RNNConfig) -> nn.RNNBase:
        drop = config.dropout if config.n_layers > 1 else 0.0
        return nn.RNN(self.d_input, config.d_hidden, config.n_layers, nonlinearity=config.activation,
                      batch_first=True, dropout=drop, bidirectional=True)  # fmt: skip

    def activations(self) -> dict[str, Activation]:
        return {"layers.*.*.hidden_state": self.config.activation}
