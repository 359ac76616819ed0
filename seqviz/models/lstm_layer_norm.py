"""LSTM with layer normalisation: what enters the gates has one scale, at every position and at every step of training.

    LN(a) = (a - mean(a)) / sqrt(var(a) + eps)        over the numbers of one position
    i_t, f_t, o_t, g_t = LN(W_h h_{t-1}) * alpha_h + LN(W_x x_t) * alpha_x + b          all four together
    c_t = sigma(f_t) * c_{t-1} + sigma(i_t) * tanh(g_t)                                 cell state
    h_t = sigma(o_t) * tanh(LN(c_t) * alpha_c + beta_c)                                 hidden state

Gains alpha and biases b are learned and start at 1 and 0 (b of the forget gate at the forget bias). The paper's two
further biases inside LN(W x) and LN(W h) add up with b, so b stands for all three. Multiplying a weight matrix by a
number changes nothing, so gradients neither explode nor fade by the scale of the weights, and larger learning rates
are survived. Nothing looks at other sequences of the batch or at other positions, unlike batch normalisation.
Ba, Kiros and Hinton, "Layer normalization", 2016, supplement, equations 20 to 22.

Axes: B batch, E what the layer reads, H hidden units.
"""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from seqviz.models.base import NeuralConfig, architectures
from seqviz.models.inner_health import mean_and_spread
from seqviz.models.lstm import LSTMConfig
from seqviz.models.recurrent import State
from seqviz.models.unrolled import Carried, Cell, UnrolledModel

EPS = 1e-5
NORMS = ("norm_input", "norm_state", "norm_cell")


class LayerNormCell(Cell):
    """Rows of the matrices: input, forget, output gate, candidate."""

    states = ("hidden_state", "cell_state")
    noted = (
        *("input_gate", "forget_gate", "cell_candidate", "output_gate", "normalised_cell"),
        *(f"{norm}.{figure}" for norm in NORMS for figure in ("mean", "spread")),
    )
    blocks = ("input_gate", "forget_gate", "output_gate", "cell_candidate")

    def __init__(self, d_input: int, d_hidden: int, forget_bias: float) -> None:
        super().__init__(d_input, d_hidden, gates=4)
        self.gain_ih = nn.Parameter(torch.ones(4 * d_hidden))
        self.gain_hh = nn.Parameter(torch.ones(4 * d_hidden))
        self.gain_cell = nn.Parameter(torch.ones(d_hidden))
        self.bias_cell = nn.Parameter(torch.zeros(d_hidden))
        nn.init.zeros_(self.bias)
        nn.init.constant_(self.bias[d_hidden : 2 * d_hidden], forget_bias)

    def drive(self, x: Tensor) -> Tensor:
        return F.layer_norm(F.linear(x, self.weight_ih), self.gain_ih.shape, self.gain_ih, self.bias, EPS)

    def advance(self, drive: Tensor, before: Carried) -> Carried:
        h, c = before
        size = self.d_hidden
        pre = drive + F.layer_norm(F.linear(h, self.weight_hh), (4 * size,), self.gain_hh, None, EPS)  # (B, 4H)
        gates, new = pre.split((3 * size, size), dim=1)
        i, f, o = torch.sigmoid(gates).chunk(3, dim=1)
        c = torch.addcmul(f * c, i, torch.tanh(new))
        return o * torch.tanh(F.layer_norm(c, (size,), self.gain_cell, self.bias_cell, EPS)), c

    def equations(self, x: Tensor, before: State) -> State:
        h, c = before["hidden_state"], before["cell_state"]  # (B, H)
        driven, fed_back = x @ self.weight_ih.T, h @ self.weight_hh.T  # (B, 4H)
        from_h = normalised(fed_back) * self.gain_hh
        from_x = normalised(driven) * self.gain_ih
        i, f, o, g = (from_h + from_x + self.bias).chunk(4, dim=1)  # 4 of (B, H)
        i, f, o, g = torch.sigmoid(i), torch.sigmoid(f), torch.sigmoid(o), torch.tanh(g)
        c = f * c + i * g
        shown = normalised(c) * self.gain_cell + self.bias_cell
        return {"input_gate": i, "forget_gate": f, "cell_candidate": g, "output_gate": o,
                "normalised_cell": shown, "cell_state": c, "hidden_state": o * torch.tanh(shown),
                **went_in(dict(zip(NORMS, (driven, fed_back, c), strict=True)))}  # fmt: skip


def went_in(norms: State) -> State:
    """What goes into each layer norm (B, N) -> its mean and its spread at this position, (B, 1) each."""
    found: State = {}
    for name, a in norms.items():
        mean, spread = mean_and_spread(a.detach())
        found |= {f"{name}.mean": mean.unsqueeze(1), f"{name}.spread": spread.unsqueeze(1)}
    return found


def normalised(a: Tensor) -> Tensor:
    """Mean 0 and variance 1 over the numbers of each position: (B, N) -> (B, N)."""
    centred = a - a.mean(dim=1, keepdim=True)
    return centred / torch.sqrt((centred * centred).mean(dim=1, keepdim=True) + EPS)


@architectures.register("lstm_layer_norm")
class LayerNormLSTM(UnrolledModel):
    """An LSTM whose gates read normalised sums."""

    Config: ClassVar[type[NeuralConfig]] = LSTMConfig
    title = "LSTM with layer norm"
    family = "lstm"
    variant_of = "lstm"
    adds = frozenset({"layer_norm"})
    states = LayerNormCell.states

    def build_cell(self, config: LSTMConfig, d_input: int) -> Cell:
        return LayerNormCell(d_input, config.d_hidden, config.forget_bias)

    def norm_gains(self) -> dict[str, Tensor]:
        cells = [cell for cell in self.layers if isinstance(cell, LayerNormCell)]
        return {
            f"layers.{layer}.{name}": gain.detach()
            for layer, cell in enumerate(cells)
            for name, gain in zip(NORMS, (cell.gain_ih, cell.gain_hh, cell.gain_cell), strict=True)
        }
