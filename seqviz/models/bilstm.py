"""Bidirectional LSTM: a memory cell that reads the sequence on, another that reads it back.

    i, f, g, o and c>_t, h>_t from x_t and h>_{t-1}, c>_{t-1};      the same backward from h<_{t+1}, c<_{t+1}

The cell's equations: models/lstm.py; two directions: models/bidirectional.py. Graves and Schmidhuber, "Framewise
phoneme classification with bidirectional LSTM", 2005.
"""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import nn

from seqviz.models.base import NeuralConfig, architectures
from seqviz.models.bidirectional import BidirectionalModel
from seqviz.models.lstm import LSTM, LSTMConfig
from seqviz.models.one_way import DIRECTIONS, traced_names


@architectures.register("bilstm")
class BiLSTM(BidirectionalModel):
    """Reads the sequence from both ends, each with a cell state that gates write to, keep and read."""

    Config: ClassVar[type[NeuralConfig]] = LSTMConfig
    title = "Bidirectional LSTM"
    family = "lstm"
    cell = LSTM
    provides = traced_names(LSTM)

    def fused(self, config: LSTMConfig) -> nn.RNNBase:
        drop = config.dropout if config.n_layers > 1 else 0.0
        return nn.LSTM(self.d_input, config.d_hidden, config.n_layers,
                       batch_first=True, dropout=drop, bidirectional=True)  # fmt: skip

    def start_biases(self, config: LSTMConfig) -> None:
        with torch.no_grad():
            for layer in range(self.n_layers):
                for way in DIRECTIONS:
                    weights = self.weights(layer, way)
                    forget = slice(config.d_hidden, 2 * config.d_hidden)
                    weights.b_ih[forget] = config.forget_bias
                    weights.b_hh[forget] = 0.0
