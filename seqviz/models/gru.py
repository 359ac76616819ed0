"""Gated recurrent unit: one state, mixed with a candidate by one gate.

    r_t = sigma(W_ir x_t + b_ir + W_hr h_{t-1} + b_hr)             reset gate
    z_t = sigma(W_iz x_t + b_iz + W_hz h_{t-1} + b_hz)             update gate
    n_t = tanh (W_in x_t + b_in + r_t * (W_hn h_{t-1} + b_hn))     candidate
    h_t = (1 - z_t) * n_t + z_t * h_{t-1}                          hidden state

z = 1 keeps the old state whole, so the gradient along the state is multiplied by z_t (+ the paths through the gates).
The reset gate acts after the matrix, as in cuDNN and torch; Cho et al., "Learning phrase representations using RNN
encoder-decoder", 2014, reset the state before it: W_hn (r_t * h_{t-1}).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from seqviz.models.base import architectures
from seqviz.models.recurrent import RecurrentConfig, RecurrentModel, State, Weights


@architectures.register("gru")
class GRU(RecurrentModel):
    """Decides for every unit how much of the old state to keep."""

    title = "GRU"
    family = "gru"
    states = ("hidden_state",)
    noted = ("reset_gate", "update_gate", "candidate")
    blocks = noted
    provides = tuple(f"layers.*.{name}" for name in (*noted, *states)) + ("embedding",)

    def fused(self, config: RecurrentConfig) -> nn.RNNBase:
        drop = config.dropout if config.n_layers > 1 else 0.0
        return nn.GRU(self.d_input, config.d_hidden, config.n_layers, batch_first=True, dropout=drop)

    def cell_step(self, x: Tensor, state: State, weights: Weights) -> State:
        return gates(x, state["hidden_state"], weights)

    def rebuild(self, x: Tensor, h: Tensor, start: State, weights: Weights) -> State:
        before = torch.cat([start["hidden_state"].unsqueeze(1), h[:, :-1]], dim=1)  # (B, T, H): h_{t-1}
        return {**gates(x, before, weights), "hidden_state": h}

    def slopes(self, saved: State, weights: Weights) -> State:
        r, z, n = (saved[name] for name in ("reset_gate", "update_gate", "candidate"))  # each (..., H)
        before = saved["previous.hidden_state"]
        size = before.shape[-1]
        reset_part = before @ weights.w_hh[2 * size :].T + weights.b_hh[2 * size :]  # what the reset gate multiplies
        candidate = (1 - z) * (1 - n * n)
        by_h = [candidate * reset_part * r * (1 - r), (before - n) * z * (1 - z), candidate]
        return {"by_input": torch.cat(by_h, dim=-1),  # (..., 3H), as w_ih is read: r, z, n
                "by_state": torch.cat([*by_h[:2], candidate * r], dim=-1),  # (..., 3H), as w_hh is read
                "keep": z}  # fmt: skip

    def pull_back(self, slopes: State, d_state: State, weights: Weights) -> tuple[Tensor, State]:
        d_h = d_state["hidden_state"]  # (R, H)
        thrice = torch.cat([d_h, d_h, d_h], dim=-1)  # (R, 3H)
        through = (thrice * slopes["by_state"]) @ weights.w_hh  # (R, H)
        return thrice * slopes["by_input"], {"hidden_state": torch.addcmul(through, d_h, slopes["keep"])}


def gates(x: Tensor, h: Tensor, weights: Weights) -> State:
    """The four equations for any leading axes: x (..., E), h = h_{t-1} (..., H) -> name: (..., H)."""
    from_x = x @ weights.w_ih.T + weights.b_ih  # (..., 3H)
    from_h = h @ weights.w_hh.T + weights.b_hh  # (..., 3H)
    x_r, x_z, x_n = from_x.chunk(3, dim=-1)
    h_r, h_z, h_n = from_h.chunk(3, dim=-1)
    r = torch.sigmoid(x_r + h_r)
    z = torch.sigmoid(x_z + h_z)
    n = torch.tanh(x_n + r * h_n)
    return {"reset_gate": r, "update_gate": z, "candidate": n, "hidden_state": (1 - z) * n + z * h}
