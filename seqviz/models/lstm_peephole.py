"""LSTM with peepholes: the gates look at the cell itself, not only at what the output gate lets out of it.

    i_t = sigma(W_ii x_t + W_hi h_{t-1} + p_i * c_{t-1} + b_i)    input gate
    f_t = sigma(W_if x_t + W_hf h_{t-1} + p_f * c_{t-1} + b_f)    forget gate
    g_t = tanh (W_ig x_t + W_hg h_{t-1} + b_g)                    cell candidate
    c_t = f_t * c_{t-1} + i_t * g_t                               cell state
    o_t = sigma(W_io x_t + W_ho h_{t-1} + p_o * c_t + b_o)        output gate: sees the cell as it is now
    h_t = o_t * tanh(c_t)                                         hidden state

In an LSTM a closed output gate hides the cell from the gates too; here a unit can count in silence and open on time.
Each peephole is one number per unit. With p = 0 this is the LSTM.
Gers and Schmidhuber, "Recurrent nets that time and count", 2000; Gers, Schraudolph and Schmidhuber, "Learning precise
timing with LSTM recurrent networks", 2002.

Axes: B batch, E what the layer reads, H hidden units.
"""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor, nn

from seqviz.models.base import NeuralConfig, architectures
from seqviz.models.lstm import LSTMConfig
from seqviz.models.recurrent import State
from seqviz.models.unrolled import Carried, Cell, UnrolledModel, start_uniform


class PeepholeCell(Cell):
    """Rows of the matrices: input, forget, output gate, candidate; of the peepholes: input, forget, output gate."""

    states = ("hidden_state", "cell_state")
    noted = ("input_gate", "forget_gate", "cell_candidate", "output_gate")
    blocks = ("input_gate", "forget_gate", "output_gate", "cell_candidate")

    def __init__(self, d_input: int, d_hidden: int, forget_bias: float) -> None:
        super().__init__(d_input, d_hidden, gates=4)
        self.peephole = nn.Parameter(torch.empty(3 * d_hidden))
        start_uniform(self.peephole, d_hidden)
        nn.init.constant_(self.bias[d_hidden : 2 * d_hidden], forget_bias)

    def advance(self, drive: Tensor, before: Carried) -> Carried:
        h, c = before
        size = self.d_hidden
        keep, out, new = torch.addmm(drive, h, self.weight_hh.T).split((2 * size, size, size), dim=1)
        peep, peep_out = self.peephole.split((2 * size, size))
        looked = torch.addcmul(keep.unflatten(1, (2, size)), peep.unflatten(0, (2, size)), c.unsqueeze(1))  # (B, 2, H)
        i, f = torch.sigmoid(looked).unbind(1)
        c = torch.addcmul(f * c, i, torch.tanh(new))
        return torch.sigmoid(torch.addcmul(out, peep_out, c)) * torch.tanh(c), c

    def equations(self, x: Tensor, before: State) -> State:
        h, c = before["hidden_state"], before["cell_state"]  # (B, H)
        w_i, w_f, w_o, w_g = self.weight_ih.chunk(4)  # (H, E) each
        u_i, u_f, u_o, u_g = self.weight_hh.chunk(4)  # (H, H) each
        b_i, b_f, b_o, b_g = self.bias.chunk(4)
        p_i, p_f, p_o = self.peephole.chunk(3)
        i = torch.sigmoid(x @ w_i.T + h @ u_i.T + p_i * c + b_i)
        f = torch.sigmoid(x @ w_f.T + h @ u_f.T + p_f * c + b_f)
        g = torch.tanh(x @ w_g.T + h @ u_g.T + b_g)
        c = f * c + i * g
        o = torch.sigmoid(x @ w_o.T + h @ u_o.T + p_o * c + b_o)
        return {"input_gate": i, "forget_gate": f, "cell_candidate": g, "output_gate": o,
                "cell_state": c, "hidden_state": o * torch.tanh(c)}  # fmt: skip


@architectures.register("lstm_peephole")
class PeepholeLSTM(UnrolledModel):
    """An LSTM whose gates look into the cell."""

    Config: ClassVar[type[NeuralConfig]] = LSTMConfig
    title = "LSTM with peepholes"
    family = "lstm"
    states = PeepholeCell.states

    def build_cell(self, config: LSTMConfig, d_input: int) -> Cell:
        return PeepholeCell(d_input, config.d_hidden, config.forget_bias)
