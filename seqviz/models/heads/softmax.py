"""Linear layer and softmax over the output symbols, at every position."""

from __future__ import annotations

from torch import Tensor, nn

from seqviz.core.batch import Batch
from seqviz.core.interface import Interface
from seqviz.models.heads import Head, heads
from seqviz.models.output import Categorical


@heads.register("softmax")
class SoftmaxHead(Head):
    pointwise = True

    def __init__(self, d_features: int, interface: Interface) -> None:
        super().__init__(d_features, interface)
        self.linear = nn.Linear(d_features, interface.outputs.size)

    def forward(self, features: Tensor, batch: Batch | None = None) -> Categorical:
        return Categorical(self.linear(features))  # (batch, t, vocab)
