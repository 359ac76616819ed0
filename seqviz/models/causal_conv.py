"""A convolution that never looks ahead, in the three ways a model needs it: fused, longhand, and one token at a time.

    y_t = b + sum_j W_j x_{t - d (k - 1 - j)},   j = 0 .. k - 1,   k kernel size, d dilation, x = 0 before the start

Zeros on the left alone are what makes it causal. With weight normalisation (Salimans and Kingma 2016) each output
unit's weights are a direction and a length: W = g v / ||v||.

Axes: B batch, T positions, C channels in, O channels out.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils import parametrizations, parametrize


class CausalConv(nn.Module):
    """`nn.Conv1d` over the past and the present."""

    def __init__(self, d_in: int, d_out: int, kernel_size: int, dilation: int = 1) -> None:
        super().__init__()
        self.conv = nn.Conv1d(d_in, d_out, kernel_size, dilation=dilation)
        self.kernel_size, self.dilation = kernel_size, dilation

    @property
    def past(self) -> int:
        """How many positions back it looks."""
        return self.dilation * (self.kernel_size - 1)

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, T) -> (B, O, T)."""
        y: Tensor = self.conv(F.pad(x, (self.past, 0)))
        return y

    def normalise(self) -> None:
        """Learn length and direction of each unit's weights apart from now on; what it says stays the same."""
        parametrizations.weight_norm(self.conv)

    def longhand_weight(self) -> Tensor:
        """(O, C, k), with weight normalisation written out."""
        if not parametrize.is_parametrized(self.conv, "weight"):
            return self.conv.weight
        length, direction = (getattr(self.conv.parametrizations.weight, f"original{i}") for i in (0, 1))  # type: ignore[union-attr]
        normalised: Tensor = length * direction / direction.square().sum(dim=(1, 2), keepdim=True).sqrt()
        return normalised

    def longhand(self, x: Tensor) -> Tensor:
        """The sum over taps as it is written above: (B, T, C) -> (B, T, O)."""
        weight, length = self.longhand_weight(), x.shape[1]
        padded = F.pad(x, (0, 0, self.past, 0))  # (B, past + T, C)
        taps = zip(range(0, self.past + 1, self.dilation), weight.unbind(dim=2), strict=True)
        parts = [padded[:, start : start + length] @ tap.T for start, tap in taps]  # k of (B, T, O)
        y = torch.stack(parts).sum(dim=0)
        return y if self.conv.bias is None else y + self.conv.bias

    def alone(self, x: Tensor) -> Tensor:
        """One position by itself, for kernel size 1: (B, C) -> (B, O)."""
        assert self.past == 0
        return F.linear(x, self.conv.weight[:, :, 0], self.conv.bias)

    def first_buffer(self, batch_size: int) -> Tensor:
        """What lies before the first token: zeros (B, past, C)."""
        return self.conv.weight.new_zeros(batch_size, self.past, self.conv.in_channels)

    def extend(self, x: Tensor, before: Tensor) -> tuple[Tensor, Tensor]:
        """One position: x (B, C) and the `past` inputs before it (B, past, C) -> (B, O) and the buffer moved on."""
        seen = torch.cat([before, x.unsqueeze(1)], dim=1)  # (B, past + 1, C)
        y = torch.einsum("bkc,ock->bo", seen[:, :: self.dilation], self.conv.weight)
        return (y if self.conv.bias is None else y + self.conv.bias), seen[:, 1:]
