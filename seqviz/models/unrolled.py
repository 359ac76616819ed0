"""What recurrent cells without a fused kernel share: a loop over time that torch records operation by operation.

A cell's file brings the equations twice: `equations` (longhand, one position, every gate by name) and `advance` (the
same step as few torch operations as it takes, states alone). What the inputs alone decide is computed for all
positions at once before the loop (`drive`).

Axes: B batch, T positions, E embedding, I what a layer reads, H hidden units, D what drives a cell.
"""

from __future__ import annotations

import abc
import math
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from seqviz.core.batch import Batch
from seqviz.core.interface import Interface, Offers
from seqviz.models.base import Context, NeuralConfig, NeuralModel
from seqviz.models.initialization import initialize, scale_recurrence
from seqviz.models.output import Output
from seqviz.models.recurrent import RecurrentConfig, State
from seqviz.models.trace import Recorder, Trace

Carried = tuple[Tensor, ...]  # one (B, H) tensor per name in `Cell.states`, in that order


class Cell(nn.Module):
    """One layer's weights and equations.

    Recurrent matrices are called `weight_hh`, their gates stacked in rows, so that a start named by
    `model.initialization` acts on each (H, H) block by itself.

    Attributes
    ----------
    states
        what is carried; the first is what the layer above and the head read.
    noted
        every other quantity that `equations` gives by name.
    blocks
        what each (H, H) block of a `weight_hh` with gates feeds, from the top.
    inner
        those of `noted` that the gradient passes on its way through one step, the first to be computed first.
    """

    states: ClassVar[tuple[str, ...]] = ("hidden_state",)
    noted: tuple[str, ...] = ()
    blocks: ClassVar[tuple[str, ...]] = ()
    inner: tuple[str, ...] = ()

    def __init__(self, d_input: int, d_hidden: int, gates: int) -> None:
        """`gates`: how many blocks of H rows the input drives and the state feeds back to."""
        super().__init__()
        self.d_hidden = d_hidden
        self.weight_ih = nn.Parameter(torch.empty(gates * d_hidden, d_input))
        self.weight_hh = nn.Parameter(torch.empty(gates * d_hidden, d_hidden))
        self.bias = nn.Parameter(torch.empty(gates * d_hidden))
        for parameter in self.parameters():
            start_uniform(parameter, d_hidden)

    def drive(self, x: Tensor) -> Tensor:
        """What the input alone decides: (..., I) -> (..., D), here W_ih x + b."""
        return nn.functional.linear(x, self.weight_ih, self.bias)

    @abc.abstractmethod
    def advance(self, drive: Tensor, before: Carried) -> Carried:
        """One position in few operations: drive (B, D), states (B, H) -> states (B, H)."""

    @abc.abstractmethod
    def equations(self, x: Tensor, before: State) -> State:
        """One position, longhand: x (B, I), states (B, H) -> everything in `noted` and `states`, each (B, H)."""

    def forward(self, x: Tensor, start: Carried) -> tuple[Tensor, Carried]:
        """All positions: (B, T, I), states before the first (B, H) -> outputs (B, T, H), states after the last."""
        states, outputs = start, []
        for drive in self.drive(x.transpose(0, 1)).unbind(0):  # T of (B, D)
            states = self.advance(drive, states)
            outputs.append(states[0])
        return torch.stack(outputs, dim=1), states


class UnrolledModel(NeuralModel):
    """Base of the recurrent architectures that train by a loop over time."""

    Config: ClassVar[type[NeuralConfig]] = RecurrentConfig
    offers = Offers(frozenset({"chain"}), frozenset({"tokens", "vectors"}), causal=True)
    reads_one_hot = True
    states: ClassVar[tuple[str, ...]] = ("hidden_state",)
    config: RecurrentConfig

    def __init__(self, config: RecurrentConfig, interface: Interface) -> None:
        super().__init__(config, interface)
        widths = [self.width_below(layer) for layer in range(config.n_layers)]
        self.layers = nn.ModuleList(self.build_cell(config, width) for width in widths)
        self.provides = tuple(f"layers.*.{name}" for name in (*self.cell(0).noted, *self.states)) + ("embedding",)
        self.d_features = config.d_hidden
        self.build_output(config)
        self.build_head()
        initialize(self, config.initialization)
        scale_recurrence(self, config.spectral_radius)

    # what an architecture's file brings ----------------------------------------------------------------------

    @abc.abstractmethod
    def build_cell(self, config: Any, d_input: int) -> Cell:
        """One layer's cell; its biases stand where the knobs say."""

    def width_below(self, layer: int) -> int:
        """How many numbers a layer reads at each position."""
        return self.d_input if layer == 0 else self.config.d_hidden

    def reads(self, x: Tensor, below: list[Tensor]) -> Tensor:
        """What the next layer reads: embedded input (..., E) and the outputs of all lower layers (..., H)."""
        return below[-1] if below else x

    def build_output(self, config: Any) -> None:
        """Modules between the layers and the head; may change `d_features` and add to `provides`."""

    def says(self, outputs: list[Tensor]) -> dict[str, Tensor]:
        """What the head reads, from the outputs of all layers (..., H): the last one named, the others on the way."""
        return {"features": outputs[-1]}

    # shared ----------------------------------------------------------------------------------------------------

    def first_matrix(self) -> Tensor:
        return self.cell(0).weight_ih.T  # (symbol, D)

    def cell(self, layer: int) -> Cell:
        cell = self.layers[layer]
        assert isinstance(cell, Cell)
        return cell

    @property
    def n_layers(self) -> int:
        return len(self.layers)

    def forward(self, batch: Batch, context: Context) -> Output:
        x = self.dropout(self.embed(batch))  # (B, T, E)
        start = context.state or [tuple(state.values()) for state in self.initial_state(len(x))]
        outputs: list[Tensor] = []
        last: list[Carried] = []
        for layer in range(self.n_layers):
            h, states = self.cell(layer)(self.reads(x, outputs), start[layer])  # (B, T, H)
            outputs.append(self.dropout(h))
            last.append(tuple(state.detach() for state in states))
        *_, features = self.says(outputs).values()  # (B, T, d_features)
        return Output(self.head(features, batch), last)

    def trace(self, batch: Batch, keep_graph: bool = False) -> Trace:
        recorder = Recorder(keep_graph)
        with torch.set_grad_enabled(keep_graph):
            positions = self.traced_input(batch, recorder).unbind(dim=1)  # T of (B, E)
            outputs: list[list[Tensor]] = [[] for _ in positions]  # by position, by layer: (B, H)
            for layer in range(self.n_layers):
                inputs = [self.reads(x_t, below) for x_t, below in zip(positions, outputs, strict=True)]
                for below, h in zip(outputs, self._trace_layer(layer, inputs, recorder), strict=True):
                    below.append(h)
            said = [self.says(layers) for layers in outputs]
            for name in list(said[0])[:-1]:
                recorder.note_steps(name, [step[name] for step in said])
                recorder.level(name, [step[name] for step in said])
            features = torch.stack([list(step.values())[-1] for step in said], dim=1)  # (B, T, d_features)
            features = recorder.stacked_level("features", features)
            return self.finish_trace(batch, recorder, Output(self.head(features, batch)))

    def _trace_layer(self, layer: int, inputs: list[Tensor], recorder: Recorder) -> list[Tensor]:
        cell, state = self.cell(layer), self.zero_state(inputs[0].shape[0])
        steps: list[State] = []
        for x in inputs:
            steps.append(cell.equations(x, state))
            state = {name: steps[-1][name] for name in self.states}
        for name in (*cell.noted, *self.states):
            recorder.note_steps(f"layers.{layer}.{name}", [step[name] for step in steps])
        for name in cell.inner:
            recorder.level(f"layers.{layer}.{name}", [step[name] for step in steps])
        for name in reversed(self.states):  # what the layer above reads comes last
            recorder.site(f"layers.{layer}.{name}", [step[name] for step in steps])
        return [step[self.states[0]] for step in steps]

    def zero_state(self, batch_size: int) -> State:
        like = self.cell(0).weight_hh
        return {name: like.new_zeros(batch_size, like.shape[1]) for name in self.states}

    def initial_state(self, batch_size: int) -> list[State]:
        return [self.zero_state(batch_size) for _ in range(self.n_layers)]

    @torch.no_grad()
    def step(self, tokens: Tensor, state: list[State]) -> tuple[Tensor, list[State]]:
        x = self.embedding(tokens)  # (B, E)
        outputs: list[Tensor] = []
        states: list[State] = []
        for layer in range(self.n_layers):
            found = self.cell(layer).equations(self.reads(x, outputs), state[layer])
            states.append({name: found[name] for name in self.states})
            outputs.append(found[self.states[0]])
        *_, features = self.says(outputs).values()  # (B, d_features)
        predictive = self.head(features.unsqueeze(1), None)  # one position
        return predictive.log_probs()[:, 0], states  # (B, vocab)


def start_uniform(parameter: Tensor, d_hidden: int) -> None:
    """As torch starts its recurrent layers: uniform within +- 1 / sqrt(H)."""
    bound = 1.0 / math.sqrt(d_hidden)
    nn.init.uniform_(parameter, -bound, bound)
