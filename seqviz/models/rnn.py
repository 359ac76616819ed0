"""The vanilla recurrent network: one state, overwritten at every position.

    h_t = phi(W_ih x_t + b_ih + W_hh h_{t-1} + b_hh)          phi = tanh or ReLU

Back through time the gradient is multiplied by diag(phi') W_hh at every position, so it shrinks or grows like the
powers of that matrix. Elman, "Finding structure in time", 1990; why it vanishes: Bengio et al. 1994. With ReLU
and the start "identity" the state begins as a perfect memory: Le, Jaitly and Hinton, "A simple way to initialize
recurrent networks of rectified linear units", 2015.
"""

from __future__ import annotations

from typing import ClassVar, Literal

import torch
from torch import Tensor, nn

from seqviz.core.knobs import knob
from seqviz.models.base import NeuralConfig, architectures
from seqviz.models.inner_health import Activation
from seqviz.models.recurrent import RecurrentConfig, RecurrentModel, State, Weights


class RNNConfig(RecurrentConfig):
    activation: Literal["tanh", "relu"] = knob(
        "tanh", label="activation",
        help="What squashes the state: tanh keeps it in -1..1, ReLU lets it grow.",
    )  # fmt: skip


@architectures.register("rnn")
class RNN(RecurrentModel):
    """Overwrites its whole state at every position."""

    Config: ClassVar[type[NeuralConfig]] = RNNConfig
    title = "RNN"
    family = "recurrent"
    states = ("hidden_state",)
    noted = ()
    provides = ("layers.*.hidden_state", "embedding")
    config: RNNConfig

    def fused(self, config: RNNConfig) -> nn.RNNBase:
        drop = config.dropout if config.n_layers > 1 else 0.0
        return nn.RNN(self.d_input, config.d_hidden, config.n_layers,
                      nonlinearity=config.activation, batch_first=True, dropout=drop)  # fmt: skip

    @property
    def steepest_slope(self) -> float:
        return 1.0  # of tanh at 0, of ReLU wherever it lets through

    def cell_step(self, x: Tensor, state: State, weights: Weights) -> State:
        h = state["hidden_state"]  # (B, H)
        pre = x @ weights.w_ih.T + weights.b_ih + h @ weights.w_hh.T + weights.b_hh  # (B, H)
        return {"hidden_state": torch.tanh(pre) if self.config.activation == "tanh" else torch.relu(pre)}

    def activations(self) -> dict[str, Activation]:
        return {"layers.*.hidden_state": self.config.activation}

    def rebuild(self, x: Tensor, h: Tensor, start: State, weights: Weights) -> State:
        return {"hidden_state": h}

    def slopes(self, saved: State, weights: Weights) -> State:
        h = saved["hidden_state"]
        return {"activation": 1 - h * h if self.config.activation == "tanh" else (h > 0).to(h.dtype)}

    def pull_back(self, slopes: State, d_state: State, weights: Weights) -> tuple[Tensor, State]:
        d_pre = d_state["hidden_state"] * slopes["activation"]  # (R, H)
        return d_pre, {"hidden_state": d_pre @ weights.w_hh}
