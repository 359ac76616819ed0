"""A real vector at every position (`gaussian`), or one at the end of the sequence (`last_gaussian`).

The deviation is fixed at sqrt(1/2), so the loss is the squared error plus a constant.
"""

from __future__ import annotations

from torch import Tensor, nn

from seqviz.core.batch import Batch
from seqviz.core.interface import Interface
from seqviz.models.heads import Head, heads
from seqviz.models.output import Gaussian


@heads.register("gaussian")
class GaussianHead(Head):
    pointwise = True

    def __init__(self, d_features: int, interface: Interface) -> None:
        super().__init__(d_features, interface)
        self.linear = nn.Linear(d_features, interface.outputs.size)

    def forward(self, features: Tensor, batch: Batch | None = None) -> Gaussian:
        return Gaussian(self.linear(features))  # (batch, t, dim)


@heads.register("last_gaussian")
class LastGaussianHead(GaussianHead):
    pointwise = False

    def forward(self, features: Tensor, batch: Batch | None = None) -> Gaussian:
        return Gaussian(self.linear(features[:, -1:]))  # (batch, 1, dim)
