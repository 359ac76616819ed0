"""Bidirectional GRU: a gated state that reads the sequence on, another that reads it back.

    r, z, n and h>_t from x_t and h>_{t-1};      the same backward from h<_{t+1}

The cell's equations: models/gru.py; two directions: models/bidirectional.py. The encoder of Bahdanau, Cho and Bengio,
"Neural machine translation by jointly learning to align and translate", 2015.
"""

from __future__ import annotations

from typing import ClassVar

from torch import nn

from seqviz.models.base import NeuralConfig, architectures
from seqviz.models.bidirectional import BidirectionalModel
from seqviz.models.gru import GRU
from seqviz.models.one_way import traced_names
from seqviz.models.recurrent import RecurrentConfig


@architectures.register("bigru")
class BiGRU(BidirectionalModel):
    """Reads the sequence from both ends, and decides for every unit how much to keep."""

    Config: ClassVar[type[NeuralConfig]] = RecurrentConfig
    title = "Bidirectional GRU"
    family = "gru"
    cell = GRU
    provides = traced_names(GRU)

    def fused(self, config: RecurrentConfig) -> nn.RNNBase:
        drop = config.dropout if config.n_layers > 1 else 0.0
        return nn.GRU(self.d_input, config.d_hidden, config.n_layers,
                      batch_first=True, dropout=drop, bidirectional=True)  # fmt: skip
