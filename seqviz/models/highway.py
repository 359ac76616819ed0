"""Recurrent highway network: several layers between one position and the next, each with a lane that carries on.

    s_0 = h_{t-1};   for l = 1 ... L:
        n_l = tanh (W_n x_t [l = 1] + R_n,l s_{l-1} + b_n,l)      candidate
        t_l = sigma(W_t x_t [l = 1] + R_t,l s_{l-1} + b_t,l)      transform gate
        c_l = 1 - t_l                                             carry gate, coupled
        s_l = t_l * n_l + c_l * s_{l-1}                           state after l layers
    h_t = s_L                                                     hidden state

A step of L plain layers would multiply the gradient by L more matrices; the carry gates let it by, multiplied by
c_1 ... c_L at best. What the whole step carries is that product, and what it transforms is the rest.
A negative bias of the transform gate at the start keeps the lane open. With L = 1 and c = 0 this is the plain RNN.
Zilly, Srivastava, Koutnik and Schmidhuber, "Recurrent highway networks", 2017.

Axes: B batch, E what the layer reads, H hidden units. Depths are counted from 0 in names.
"""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor, nn

from seqviz.core.knobs import knob
from seqviz.models.base import NeuralConfig, architectures
from seqviz.models.recurrent import RecurrentConfig, State
from seqviz.models.unrolled import Carried, Cell, UnrolledModel, start_uniform


class HighwayConfig(RecurrentConfig):
    depth: int = knob(3, low=1, high=16, label="depth",
                      help="Highway layers between one position and the next.")  # fmt: skip
    transform_bias: float = knob(-2.0, low=-10.0, high=10.0, label="transform bias",
                                 help="Where the transform gates start: sigma(-2) = 0.12 rewrites little, "
                                      "sigma(1) = 0.73 most.")  # fmt: skip


class Feedback(nn.Module):
    """The weights of one further depth: reads the state of the depth before. Rows: candidate, transform gate."""

    def __init__(self, d_hidden: int) -> None:
        super().__init__()
        self.weight_hh = nn.Parameter(torch.empty(2 * d_hidden, d_hidden))
        self.bias = nn.Parameter(torch.empty(2 * d_hidden))
        for parameter in self.parameters():
            start_uniform(parameter, d_hidden)


class HighwayCell(Cell):
    """Rows of the matrices: candidate, transform gate. The cell's own are those of depth 0."""

    blocks = ("candidate", "transform_gate")

    def __init__(self, d_input: int, d_hidden: int, depth: int, transform_bias: float) -> None:
        super().__init__(d_input, d_hidden, gates=2)
        self.deeper = nn.ModuleList(Feedback(d_hidden) for _ in range(depth - 1))
        for _, bias in self.feedback():
            nn.init.constant_(bias[d_hidden:], transform_bias)
        one = ("candidate", "transform_gate", "carry_gate", "state")
        inner = tuple(f"depth.{k}.{name}" for k in range(depth) for name in one)[:-1]  # the last is h
        self.inner = tuple(f"depth.{k}.state" for k in range(depth - 1))
        self.noted = ("transform_gate", "carry_gate", *(inner if depth > 1 else ("candidate",)))

    def feedback(self) -> list[tuple[Tensor, Tensor]]:
        """(R, b) of each depth."""
        deeper = [f for f in self.deeper if isinstance(f, Feedback)]
        return [(self.weight_hh, self.bias), *((f.weight_hh, f.bias) for f in deeper)]

    def advance(self, drive: Tensor, before: Carried) -> Carried:
        (s,) = before
        for depth, (weight, bias) in enumerate(self.feedback()):
            new, gate = torch.addmm(drive if depth == 0 else bias, s, weight.T).chunk(2, dim=1)
            s = torch.lerp(s, torch.tanh(new), torch.sigmoid(gate))  # s + t (n - s)
        return (s,)

    def equations(self, x: Tensor, before: State) -> State:
        s = before["hidden_state"]  # (B, H)
        found: State = {}
        carried = torch.ones_like(s)
        for depth, (weight, bias) in enumerate(self.feedback()):
            r_n, r_t = weight.chunk(2)  # (H, H) each
            b_n, b_t = bias.chunk(2)
            w_n, w_t = self.weight_ih.chunk(2)  # (H, E) each
            n = torch.tanh(s @ r_n.T + b_n + (x @ w_n.T if depth == 0 else 0))
            t = torch.sigmoid(s @ r_t.T + b_t + (x @ w_t.T if depth == 0 else 0))
            c = 1 - t
            s = t * n + c * s
            carried = carried * c
            found |= {f"depth.{depth}.candidate": n, f"depth.{depth}.transform_gate": t,
                      f"depth.{depth}.carry_gate": c, f"depth.{depth}.state": s}  # fmt: skip
        return {**found, "candidate": n, "transform_gate": 1 - carried, "carry_gate": carried, "hidden_state": s}


@architectures.register("highway")
class Highway(UnrolledModel):
    """A deep step with a lane past every layer of it."""

    Config: ClassVar[type[NeuralConfig]] = HighwayConfig
    title = "Recurrent highway"
    family = "recurrent"

    def build_cell(self, config: HighwayConfig, d_input: int) -> Cell:
        return HighwayCell(d_input, config.d_hidden, config.depth, config.transform_bias)
