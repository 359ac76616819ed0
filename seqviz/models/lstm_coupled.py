"""LSTM with coupled gates: it writes exactly where it forgets.

    f_t = sigma(W_if x_t + W_hf h_{t-1} + b_f)        forget gate
    i_t = 1 - f_t                                     input gate
    g_t = tanh (W_ig x_t + W_hg h_{t-1} + b_g)        cell candidate
    o_t = sigma(W_io x_t + W_ho h_{t-1} + b_o)        output gate
    c_t = f_t * c_{t-1} + (1 - f_t) * g_t             cell state: a moving average, so it stays in -1 .. 1
    h_t = o_t * tanh(c_t)                             hidden state

A quarter of the weights less than the LSTM, and about as good: Greff et al., "LSTM: a search space odyssey", 2017
(their variant CIFG). The GRU couples its gates in the same way.

Axes: B batch, E what the layer reads, H hidden units.
"""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor, nn

from seqviz.models.base import NeuralConfig, architectures
from seqviz.models.lstm import LSTMConfig
from seqviz.models.recurrent import State
from seqviz.models.unrolled import Carried, Cell, UnrolledModel


class CoupledCell(Cell):
    """Rows of the matrices: forget gate, output gate, candidate."""

    states = ("hidden_state", "cell_state")
    noted = ("input_gate", "forget_gate", "cell_candidate", "output_gate")
    blocks = ("forget_gate", "output_gate", "cell_candidate")

    def __init__(self, d_input: int, d_hidden: int, forget_bias: float) -> None:
        super().__init__(d_input, d_hidden, gates=3)
        nn.init.constant_(self.bias[:d_hidden], forget_bias)

    def advance(self, drive: Tensor, before: Carried) -> Carried:
        h, c = before
        gates, new = torch.addmm(drive, h, self.weight_hh.T).split((2 * self.d_hidden, self.d_hidden), dim=1)
        f, o = torch.sigmoid(gates).chunk(2, dim=1)
        c = torch.lerp(torch.tanh(new), c, f)  # g + f (c - g)
        return o * torch.tanh(c), c

    def equations(self, x: Tensor, before: State) -> State:
        h, c = before["hidden_state"], before["cell_state"]  # (B, H)
        w_f, w_o, w_g = self.weight_ih.chunk(3)  # (H, E) each
        u_f, u_o, u_g = self.weight_hh.chunk(3)  # (H, H) each
        b_f, b_o, b_g = self.bias.chunk(3)
        f = torch.sigmoid(x @ w_f.T + h @ u_f.T + b_f)
        i = 1 - f
        g = torch.tanh(x @ w_g.T + h @ u_g.T + b_g)
        o = torch.sigmoid(x @ w_o.T + h @ u_o.T + b_o)
        c = f * c + i * g
        return {"input_gate": i, "forget_gate": f, "cell_candidate": g, "output_gate": o,
                "cell_state": c, "hidden_state": o * torch.tanh(c)}  # fmt: skip


@architectures.register("lstm_coupled")
class CoupledLSTM(UnrolledModel):
    """An LSTM with one gate for both keeping and writing."""

    Config: ClassVar[type[NeuralConfig]] = LSTMConfig
    title = "LSTM with coupled gates"
    family = "lstm"
    states = CoupledCell.states

    def build_cell(self, config: LSTMConfig, d_input: int) -> Cell:
        return CoupledCell(d_input, config.d_hidden, config.forget_bias)
