"""Long short-term memory: a cell that adds to its memory instead of overwriting it.

    i_t = sigma(W_ii x_t + b_ii + W_hi h_{t-1} + b_hi)        input gate
    f_t = sigma(W_if x_t + b_if + W_hf h_{t-1} + b_hf)        forget gate
    g_t = tanh (W_ig x_t + b_ig + W_hg h_{t-1} + b_hg)        cell candidate
    o_t = sigma(W_io x_t + b_io + W_ho h_{t-1} + b_ho)        output gate
    c_t = f_t * c_{t-1} + i_t * g_t                           cell state
    h_t = o_t * tanh(c_t)                                     hidden state

The gradient along the cell is multiplied by f_t alone: dc_t/dc_{t-1} = f_t (+ the path through h_{t-1}).
Hochreiter and Schmidhuber, "Long Short-Term Memory", 1997; forget gate: Gers, Schmidhuber and Cummins 2000.
A large forget bias at the start keeps the memory open: Jozefowicz, Zaremba and Sutskever 2015.
"""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor, nn

from seqviz.core.knobs import knob
from seqviz.models.base import NeuralConfig, architectures
from seqviz.models.recurrent import RecurrentConfig, RecurrentModel, State, Weights


class LSTMConfig(RecurrentConfig):
    forget_bias: float = knob(1.0, low=-10.0, high=10.0, label="forget bias",
                              help="Where the forget gate starts: sigma(1) = 0.73 open, sigma(3) = 0.95.")  # fmt: skip


@architectures.register("lstm")
class LSTM(RecurrentModel):
    """Keeps a cell state that gates write to, keep and read."""

    Config: ClassVar[type[NeuralConfig]] = LSTMConfig
    title = "LSTM"
    family = "lstm"
    states = ("hidden_state", "cell_state")
    noted = ("input_gate", "forget_gate", "cell_candidate", "output_gate")
    blocks = noted
    provides = tuple(f"layers.*.{name}" for name in (*noted, *states)) + ("embedding",)

    def fused(self, config: LSTMConfig) -> nn.RNNBase:
        drop = config.dropout if config.n_layers > 1 else 0.0
        return nn.LSTM(self.d_input, config.d_hidden, config.n_layers, batch_first=True, dropout=drop)

    def start_biases(self, config: LSTMConfig) -> None:
        with torch.no_grad():
            for layer in range(self.n_layers):
                weights = self.weights(layer)
                forget = slice(config.d_hidden, 2 * config.d_hidden)
                weights.b_ih[forget] = config.forget_bias
                weights.b_hh[forget] = 0.0

    def cell_step(self, x: Tensor, state: State, weights: Weights) -> State:
        h, c = state["hidden_state"], state["cell_state"]  # (B, H)
        pre = x @ weights.w_ih.T + weights.b_ih + h @ weights.w_hh.T + weights.b_hh  # (B, 4H)
        i, f, g, o = pre.chunk(4, dim=1)  # 4 of (B, H)
        i, f, g, o = torch.sigmoid(i), torch.sigmoid(f), torch.tanh(g), torch.sigmoid(o)
        c = f * c + i * g
        h = o * torch.tanh(c)
        return {"input_gate": i, "forget_gate": f, "cell_candidate": g, "output_gate": o,
                "cell_state": c, "hidden_state": h}  # fmt: skip

    def rebuild(self, x: Tensor, h: Tensor, start: State, weights: Weights) -> State:
        before = torch.cat([start["hidden_state"].unsqueeze(1), h[:, :-1]], dim=1)  # (B, T, H): h_{t-1}
        pre = x @ weights.w_ih.T + weights.b_ih + before @ weights.w_hh.T + weights.b_hh  # (B, T, 4H)
        i, f, g, o = pre.chunk(4, dim=2)
        i, f, g, o = torch.sigmoid(i), torch.sigmoid(f), torch.tanh(g), torch.sigmoid(o)
        wrote = i * g  # (B, T, H)
        c, cells = start["cell_state"], []
        for keep, add in zip(f.unbind(1), wrote.unbind(1), strict=True):
            c = torch.addcmul(add, keep, c)
            cells.append(c)
        return {"input_gate": i, "forget_gate": f, "cell_candidate": g, "output_gate": o,
                "cell_state": torch.stack(cells, dim=1), "hidden_state": h}  # fmt: skip

    def slopes(self, saved: State, weights: Weights) -> State:
        i, f, g, o = (saved[n] for n in ("input_gate", "forget_gate", "cell_candidate", "output_gate"))
        squashed = torch.tanh(saved["cell_state"])
        gates = [g * i * (1 - i), saved["previous.cell_state"] * f * (1 - f), i * (1 - g * g), squashed * o * (1 - o)]
        return {"gates": torch.cat(gates, dim=-1),  # (..., 4H): i, f, g by d_c, o by d_h
                "hidden_by_cell": o * (1 - squashed * squashed), "keep": f}  # fmt: skip

    def within_step(self, slopes: State, d_state: State) -> State:
        d_h = d_state["hidden_state"]  # (R, H)
        return {"hidden_state": d_h, "cell_state": torch.addcmul(d_state["cell_state"], d_h, slopes["hidden_by_cell"])}

    def pull_back(self, slopes: State, d_state: State, weights: Weights) -> tuple[Tensor, State]:
        d_h, d_c = self.within_step(slopes, d_state).values()  # (R, H)
        d_pre = torch.cat([d_c, d_c, d_c, d_h], dim=-1) * slopes["gates"]  # (R, 4H)
        return d_pre, {"hidden_state": d_pre @ weights.w_hh, "cell_state": d_c * slopes["keep"]}
