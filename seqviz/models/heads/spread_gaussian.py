"""A real vector at every position together with how far off it may be: mean and deviation are both learned.

    mean = s (W_m h + b_m)        deviation = s exp(W_d h + b_d)

s is the typical size of the targets (Space.scale), so that the net itself reads and writes numbers of size 1 while the
density is that of the data. The log of the deviation is kept within -7 .. 7: no density explodes on one lucky point.
Nix and Weigend, "Estimating the mean and variance of the target probability distribution", 1994.
"""

from __future__ import annotations

from torch import Tensor, nn

from seqviz.core.batch import Batch
from seqviz.core.interface import Interface
from seqviz.models.heads import Head, heads
from seqviz.models.output import Gaussian

WIDEST = 7.0  # of the log deviation, in units of s


@heads.register("spread_gaussian")
class SpreadGaussianHead(Head):
    pointwise = True

    def __init__(self, d_features: int, interface: Interface) -> None:
        super().__init__(d_features, interface)
        self.scale = interface.outputs.scale
        self.linear = nn.Linear(d_features, 2 * interface.outputs.size)

    def forward(self, features: Tensor, batch: Batch | None = None) -> Gaussian:
        mean, log_deviation = self.linear(features).chunk(2, dim=-1)  # (batch, t, dim) each
        return Gaussian(self.scale * mean, self.scale * log_deviation.clamp(-WIDEST, WIDEST).exp())
