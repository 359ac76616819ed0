"""The plain recurrence with the remedies that mend its gradient: four activations, a residual lane, layer norm.

    a_t = W_ih x_t + W_hh h_{t-1}
    a_t <- g * (a_t - mean(a_t)) / sqrt(var(a_t) + eps)       with layer norm, over the numbers of one position
    u_t = phi(a_t + b_ih + b_hh)        phi = tanh, ReLU, sigmoid or leaky ReLU
    h_t = u_t                                                 hidden state
    h_t = h_{t-1} + u_t                                       with the residual lane; u_t is then called added

Without lane and norm this is models/rnn.py, and begins with the very same weights. There the gradient is multiplied
by diag(phi') W_hh at every position; the lane makes that I + diag(phi') W_hh, so that what is above need not come
through the matrix at all, as in a residual block over depth: He, Zhang, Ren and Sun, "Deep residual learning for image
recognition", 2016. The price: nothing is ever forgotten, and a state of ReLUs only grows. The slope of the sigmoid is
1/4 at most, so the gradient fades four times as fast as with tanh; leaky ReLU lets 1 % through where ReLU shuts (Maas,
Hannun and Ng 2013). Layer norm makes the step blind to the scale of the matrices: Ba, Kiros and Hinton, "Layer
normalization", 2016, equation 4; gains start at 1.

Axes: B batch, I what a layer reads, H hidden units.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from seqviz.core.knobs import knob
from seqviz.models.base import NeuralConfig, architectures
from seqviz.models.inner_health import Activation
from seqviz.models.lstm_layer_norm import went_in
from seqviz.models.recurrent import RecurrentConfig, State
from seqviz.models.unrolled import Carried, Cell, UnrolledModel, start_uniform

EPS = 1e-5
NORM = "norm"
PHI: dict[str, Callable[[Tensor], Tensor]] = {
    "tanh": torch.tanh,
    "relu": torch.relu,
    "sigmoid": torch.sigmoid,
    "leaky": F.leaky_relu,  # slope 0.01 below 0
}


class RNNVariantsConfig(RecurrentConfig):
    activation: Literal["tanh", "relu", "sigmoid", "leaky"] = knob(
        "tanh", label="activation",
        help="What squashes the state: tanh keeps it in -1..1, sigmoid in 0..1; ReLU and leaky ReLU let it grow.",
    )  # fmt: skip
    residual: bool = knob(True, label="residual lane",
                          help="The old state is carried on and the new one only added to it.")  # fmt: skip
    layer_norm: bool = knob(False, label="layer norm",
                            help="What enters the activation is brought to one scale at every position.")  # fmt: skip


class VariantCell(Cell):
    """Two biases, drawn like torch's, so that the start is that of the plain RNN."""

    def __init__(self, d_input: int, config: RNNVariantsConfig) -> None:
        super().__init__(d_input, config.d_hidden, gates=1)
        self.bias_hh = nn.Parameter(torch.empty(config.d_hidden))
        start_uniform(self.bias_hh, config.d_hidden)
        self.gain = nn.Parameter(torch.ones(config.d_hidden)) if config.layer_norm else None
        self.phi, self.residual = PHI[config.activation], config.residual
        figures = (f"{NORM}.mean", f"{NORM}.spread") if config.layer_norm else ()
        self.noted = (*(("added",) if config.residual else ()), *figures)

    def drive(self, x: Tensor) -> Tensor:
        both = None if self.gain is not None else self.bias + self.bias_hh
        return F.linear(x, self.weight_ih, both)

    def advance(self, drive: Tensor, before: Carried) -> Carried:
        (h,) = before
        pre = torch.addmm(drive, h, self.weight_hh.T)  # (B, H)
        if self.gain is not None:
            pre = F.layer_norm(pre, (self.d_hidden,), self.gain, self.bias + self.bias_hh, EPS)
        u = self.phi(pre)
        return (h + u if self.residual else u,)

    def equations(self, x: Tensor, before: State) -> State:
        h = before["hidden_state"]  # (B, H)
        a = x @ self.weight_ih.T + h @ self.weight_hh.T
        figures = {} if self.gain is None else went_in({NORM: a})
        if self.gain is not None:
            spread = (a.var(dim=-1, unbiased=False, keepdim=True) + EPS).sqrt()  # (B, 1)
            a = (a - a.mean(dim=-1, keepdim=True)) / spread * self.gain
        u = self.phi(a + self.bias + self.bias_hh)
        return {**figures, **({"added": u, "hidden_state": h + u} if self.residual else {"hidden_state": u})}


@architectures.register("rnn_variants")
class RNNVariants(UnrolledModel):
    """A plain RNN with a choice of activations, a lane past its matrix, and layer norm."""

    Config: ClassVar[type[NeuralConfig]] = RNNVariantsConfig
    title = "RNN with remedies"
    family = "recurrent"
    variant_of = "rnn"
    config: RNNVariantsConfig

    def build_cell(self, config: RNNVariantsConfig, d_input: int) -> Cell:
        return VariantCell(d_input, config)

    def norm_gains(self) -> dict[str, Tensor]:
        cells = [cell for cell in self.layers if isinstance(cell, VariantCell)]
        return {f"layers.{n}.{NORM}": cell.gain.detach() for n, cell in enumerate(cells) if cell.gain is not None}

    def activations(self) -> dict[str, Activation]:
        """Leaky ReLU is not told of: no unit of it is ever dead, and none saturates."""
        if self.config.activation == "leaky":
            return {}
        return {"layers.*.added" if self.config.residual else "layers.*.hidden_state": self.config.activation}
