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
    provides = tuple(f"layers.*.{name}" for name in (*noted, *states)) + ("embedding",)

    def fused(self, config: RecurrentConfig) -> nn.RNNBase:
        drop = config.dropout if config.n_layers > 1 else 0.0
        return nn.GRU(config.d_embedding, config.d_hidden, config.n_layers, batch_first=True, dropout=drop)

    def cell_step(self, x: Tensor, state: State, weights: Weights) -> State:
        return gates(x, state["hidden_state"], weights)

    def rebuild(self, x: Tensor, h: Tensor, start: State, weights: Weights) -> State:
        before = torch.cat([start["hidden_state"].unsqueeze(1), h[:, :-1]], dim=1)  # (B, T, H): h_{t-1}
        return {**gates(x, before, weights), "hidden_state": h}

    def pull_back(self, saved: State, d_state: State, weights: Weights) -> tuple[Tensor, State]:
        r, z, n = (saved[name] for name in ("reset_gate", "update_gate", "candidate"))  # each (H,)
        before = saved["previous.hidden_state"]  # (H,)
        size = before.shape[-1]
        w_hn, b_hn = weights.w_hh[2 * size :], weights.b_hh[2 * size :]
        remembered = before @ w_hn.T + b_hn  # (H,): what the reset gate multiplies
        d_h = d_state["hidden_state"]  # (R, H)
        d_n = d_h * ((1 - z) * (1 - n * n))  # (R, H)
        d_z = d_h * ((before - n) * z * (1 - z))
        d_r = d_n * (remembered * r * (1 - r))
        d_pre = torch.cat([d_r, d_z, d_n], dim=-1)  # (R, 3H) as it multiplies w_ih
        through = torch.cat([d_r, d_z, d_n * r], dim=-1)  # (R, 3H) as it multiplies w_hh
        return d_pre, {"hidden_state": d_h * z + through @ weights.w_hh}


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
