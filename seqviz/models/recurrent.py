"""What RNN, LSTM and GRU share: the loop over time, layer upon layer.

A cell's file brings the equations twice: `cell_step` (longhand, one position) and `pull_back` (the same step's
vector-Jacobian product, longhand), plus the fused torch module that trains. Everything else is here.

Axes: B batch, T positions, E embedding, H hidden units, G gates stacked in rows.
"""

from __future__ import annotations

import abc
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from seqviz.core.batch import Batch
from seqviz.core.interface import Interface, Offers
from seqviz.core.knobs import knob
from seqviz.models.base import Context, NeuralConfig, NeuralModel
from seqviz.models.initialization import initialize, scale_recurrence
from seqviz.models.output import Output
from seqviz.models.trace import Recorder, Trace

KERNELS: dict[str, Any] = {  # the torch function behind a fused module, by its mode
    "LSTM": torch.lstm,
    "GRU": torch.gru,
    "RNN_TANH": torch.rnn_tanh,
    "RNN_RELU": torch.rnn_relu,
}


class RecurrentConfig(NeuralConfig):
    width_knob: ClassVar[str] = "d_hidden"
    d_hidden: int = knob(128, low=1, high=8192, log=True, label="hidden units",
                         help="Length of the state that is carried from position to position.")  # fmt: skip
    n_layers: int = knob(1, low=1, high=16, label="layers",
                         help="Recurrent layers; each reads the states of the one below.")  # fmt: skip
    spectral_radius: float = knob(
        0.0, low=0.0, high=4.0, label="spectral radius", advanced=True,
        help="Every recurrent matrix (one per gate) is scaled so that its largest eigenvalue has this size at the "
        "start: below 1 what it repeats fades, above 1 it grows (0: as it was started).",
    )  # fmt: skip


@dataclass(frozen=True)
class Weights:
    """One layer's matrices, as views on the fused module's parameters."""

    w_ih: Tensor  # (G*H, E or H)
    w_hh: Tensor  # (G*H, H)
    b_ih: Tensor  # (G*H,)
    b_hh: Tensor  # (G*H,)


State = dict[str, Tensor]  # "hidden_state" (B, H), for LSTM also "cell_state"


class RecurrentModel(NeuralModel):
    """Base of the recurrent architectures.

    `states` names what is carried; the first is what the next layer and the head read.
    `noted` names every quantity `cell_step` returns (gates, candidates, states).
    """

    Config: ClassVar[type[NeuralConfig]] = RecurrentConfig
    reads_one_hot = True
    offers = Offers(frozenset({"chain"}), frozenset({"tokens", "vectors"}), causal=True)
    states: ClassVar[tuple[str, ...]] = ("hidden_state",)
    noted: ClassVar[tuple[str, ...]] = ()
    blocks: ClassVar[tuple[str, ...]] = ()  # what each (H, H) block of w_hh feeds, from the top; (): one, no gates

    def __init__(self, config: RecurrentConfig, interface: Interface) -> None:
        super().__init__(config, interface)
        self.cells = self.fused(config)
        self.d_features = config.d_hidden
        self.build_head()
        initialize(self, config.initialization)
        scale_recurrence(self, config.spectral_radius)
        self.start_biases(config)

    # what a cell's file brings -------------------------------------------------------------------------------

    @abc.abstractmethod
    def fused(self, config: Any) -> nn.RNNBase:
        """The torch module that trains, batch_first; it reads vectors of `self.d_input`."""

    def first_matrix(self) -> Tensor:
        return self.weights(0).w_ih.T  # (E, G*H)

    @abc.abstractmethod
    def cell_step(self, x: Tensor, state: State, weights: Weights) -> State:
        """One position, longhand: everything in `noted` and `states` by name, each (B, H)."""

    @abc.abstractmethod
    def rebuild(self, x: Tensor, h: Tensor, start: State, weights: Weights) -> State:
        """All positions at once from the known hidden states: x (B, T, E), h (B, T, H) -> name: (B, T, H)."""

    def slopes(self, saved: State, weights: Weights) -> State:
        """The part of `pull_back` that needs no loop, for all positions at once.

        Parameters
        ----------
        saved
            what `cell_step` returned plus the incoming states as "previous.<name>": each (..., H).

        Returns
        -------
        State
            whatever `pull_back` wants to read: name: (..., any).
        """
        return saved

    def within_step(self, slopes: State, d_state: State) -> State:
        """Gradients by the outgoing states, with the paths from one state to another inside one step added."""
        return d_state

    @abc.abstractmethod
    def pull_back(self, slopes: State, d_state: State, weights: Weights) -> tuple[Tensor, State]:
        """One position backwards, for R gradients at once.

        Parameters
        ----------
        slopes
            what `slopes` gave at this position: each (H,) or broadcastable against (R, H).
        d_state
            gradients by the outgoing states, paths inside the step not yet added: each (R, H).

        Returns
        -------
        tuple
            gradient by the pre-activations as they multiply w_ih, (R, G*H), so that the gradient by the input is
            `d_pre @ w_ih`; and gradients by the incoming states, each (R, H).
        """

    def start_biases(self, config: Any) -> None:
        """Set biases that a knob asks for."""

    @property
    def steepest_slope(self) -> float | None:
        """The largest slope that what squashes the new state can have; None where gates decide about it, too.

        Where there is one, `slopes` gives the slopes at hand as "activation".
        """
        return None

    # shared ----------------------------------------------------------------------------------------------------

    def weights(self, layer: int) -> Weights:
        c = self.cells
        return Weights(*(getattr(c, f"{kind}_l{layer}") for kind in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")))

    @property
    def n_layers(self) -> int:
        return self.cells.num_layers

    def forward(self, batch: Batch, context: Context) -> Output:
        x = self.dropout(self.embed(batch))  # (B, T, E)
        features, state = self.cells(x, context.state)  # (B, T, H)
        return Output(self.head(self.dropout(features), batch), _detached(state))

    def trace(self, batch: Batch, keep_graph: bool = False) -> Trace:
        recorder = Recorder(keep_graph)
        with torch.set_grad_enabled(keep_graph):
            x = self.traced_input(batch, recorder)  # (B, T, E)
            inputs = list(x.unbind(dim=1))  # T of (B, E)
            for layer in range(self.n_layers):
                inputs = self._trace_layer(layer, inputs, recorder)
            features = recorder.stacked_level("features", torch.stack(inputs, dim=1))  # (B, T, H)
            output = Output(self.head(features, batch))
            return self.finish_trace(batch, recorder, output)

    def _trace_layer(self, layer: int, inputs: list[Tensor], recorder: Recorder) -> list[Tensor]:
        weights = self.weights(layer)
        state = self.zero_state(inputs[0].shape[0], inputs[0])
        steps: list[State] = []
        for x in inputs:
            noted = self.cell_step(x, state, weights)
            state = {name: noted[name] for name in self.states}
            steps.append(noted)
        for name in (*self.noted, *self.states):
            recorder.note_steps(f"layers.{layer}.{name}", [step[name] for step in steps])
        for name in reversed(self.states):  # what the layer above reads comes last
            recorder.site(f"layers.{layer}.{name}", [step[name] for step in steps])
        return [step["hidden_state"] for step in steps]

    @torch.no_grad()
    def quick_trace(self, batch: Batch) -> Trace:
        recorder = Recorder(keep_graph=False)
        x = self.embed(batch)  # (B, T, E)
        recorder.note("embedding", x, ("batch", "t", "dim"))
        for layer in range(self.n_layers):
            h = self._one_layer(layer, x)  # (B, T, H)
            rebuilt = self.rebuild(x, h, self.zero_state(x.shape[0], x), self.weights(layer))
            for name in (*self.noted, *self.states):
                recorder.note(f"layers.{layer}.{name}", rebuilt[name], ("batch", "t", "unit"))
            x = h
        return self.finish_trace(batch, recorder, Output(self.head(x, batch)))

    def _one_layer(self, layer: int, x: Tensor) -> Tensor:
        """The fused kernel for one layer alone, on this model's own weights: (B, T, E) -> (B, T, H)."""
        if self.n_layers == 1:
            return self.cells(x)[0]
        w = self.weights(layer)
        flat = [w.w_ih, w.w_hh, w.b_ih, w.b_hh]
        start = self.fused_state(self.zero_state(x.shape[0], x))
        return KERNELS[self.cells.mode](x, start, flat, True, 1, 0.0, False, False, True)[0]

    def fused_state(self, state: State) -> Any:
        """A layer's state as the fused kernel wants it: one (1, B, H) tensor per state."""
        parts = [state[name].unsqueeze(0) for name in self.states]  # each (1, B, H)
        return parts if len(parts) > 1 else parts[0]

    def zero_state(self, batch_size: int, like: Tensor) -> State:
        size = self.cells.hidden_size
        return {name: torch.zeros(batch_size, size, dtype=like.dtype, device=like.device) for name in self.states}

    def initial_state(self, batch_size: int) -> list[State]:
        return [self.zero_state(batch_size, self.weights(0).w_ih) for _ in range(self.n_layers)]

    @torch.no_grad()
    def step(self, tokens: Tensor, state: list[State]) -> tuple[Tensor, list[State]]:
        x = self.embedding(tokens)  # (B, E)
        states: list[State] = []
        for layer in range(self.n_layers):
            noted = self.cell_step(x, state[layer], self.weights(layer))
            states.append({name: noted[name] for name in self.states})
            x = noted["hidden_state"]
        predictive = self.head(x.unsqueeze(1), None)  # one position
        return predictive.log_probs()[:, 0], states  # (B, vocab)


def _detached(state: Any) -> Any:
    """The carried state without its graph: what makes truncated BPTT truncated."""
    return tuple(s.detach() for s in state) if isinstance(state, tuple) else state.detach()
