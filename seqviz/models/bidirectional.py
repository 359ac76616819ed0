"""What the bidirectional RNN, LSTM and GRU share: two nets a layer, one reading on, one reading back.

    h>_t = cell(x_t, h>_{t-1})        forward: knows x_1 .. x_t
    h<_t = cell(x_t, h<_{t+1})        backward: knows x_t .. x_T
    y_t  = [h>_t ; h<_t]              what the next layer and the head read: the whole sequence

The cell's equations are those of the file of its name. Rows of different lengths: the backward net starts at each
row's own last position, and every state behind it is 0, so that padding changes nothing.
Schuster and Paliwal, "Bidirectional recurrent neural networks", 1997.

Axes: B batch, T positions, E embedding, H hidden units of one direction, G gates stacked in rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, ClassVar, cast

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from seqviz.core.batch import Batch
from seqviz.core.interface import Interface, Offers
from seqviz.models.base import Context, NeuralConfig, NeuralModel
from seqviz.models.initialization import initialize, scale_recurrence
from seqviz.models.one_way import DIRECTIONS, Direction, trace_one_way
from seqviz.models.output import Output
from seqviz.models.recurrent import KERNELS, RecurrentConfig, RecurrentModel, State, Weights
from seqviz.models.trace import Recorder, Trace


class BidirectionalModel(NeuralModel):
    """Base of the three. `cell` is the architecture whose equations both directions follow."""

    Config: ClassVar[type[NeuralConfig]] = RecurrentConfig
    reads_one_hot = True
    offers = Offers(frozenset({"chain"}), frozenset({"tokens", "vectors"}), causal=False)
    cell: ClassVar[type[RecurrentModel]]

    def __init__(self, config: RecurrentConfig, interface: Interface) -> None:
        super().__init__(config, interface)
        self.cells = self.fused(config)
        self.d_features = 2 * config.d_hidden
        self.build_head()
        initialize(self, config.initialization)
        scale_recurrence(self, config.spectral_radius)
        self.start_biases(config)

    def fused(self, config: Any) -> nn.RNNBase:
        """The torch module that trains, batch_first and bidirectional; it reads vectors of `self.d_input`."""
        raise NotImplementedError

    def start_biases(self, config: Any) -> None:
        """Set biases that a knob asks for."""

    def first_matrix(self) -> Tensor:
        return self.weights(0, "forward").w_ih.T  # (E, G*H)

    def weights(self, layer: int, direction: Direction) -> Weights:
        end = f"_l{layer}" + ("_reverse" if direction == "backward" else "")
        return Weights(*(getattr(self.cells, kind + end) for kind in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")))

    @property
    def n_layers(self) -> int:
        return self.cells.num_layers

    @property
    def equations(self) -> Any:
        """`cell_step` and `rebuild` of the one-way architecture, which read nothing of a model but its config."""
        return self.cell

    def within_step(self, slopes: State, d_state: State) -> State:
        """Asked for by the cell's own `pull_back`."""
        return cast("State", self.equations.within_step(self, slopes, d_state))

    # fast --------------------------------------------------------------------------------------------------------

    def forward(self, batch: Batch, context: Context) -> Output:
        x = self.dropout(self.embed(batch))  # (B, T, E)
        features = self._read(x, self.lengths(batch))  # (B, T, 2H)
        return Output(self.head(self.dropout(features), batch))

    def _read(self, x: Tensor, lengths: Tensor | None) -> Tensor:
        """Both directions by the fused kernel: (B, T, E) -> (B, T, 2H)."""
        if lengths is None:
            return cast("Tensor", self.cells(x)[0])
        packed = pack_padded_sequence(x, lengths.cpu(), batch_first=True, enforce_sorted=False)
        return pad_packed_sequence(self.cells(packed)[0], batch_first=True, total_length=x.shape[1])[0]

    def lengths(self, batch: Batch) -> Tensor | None:
        """(B,) true length of each row; None where all are whole. An empty row counts as one position.

        Raises
        ------
        ValueError
            padding that does not stand at the end of its row.
        """
        mask = batch.inputs[self.interface.inputs.kind].mask
        if mask is None or bool(mask.all()):
            return None
        if bool((mask[:, 1:] & ~mask[:, :-1]).any()):
            raise ValueError("padding must stand at the end of a row")
        return cast("Tensor", mask.sum(dim=1)).clamp(min=1)

    def present(self, batch: Batch, like: Tensor) -> Tensor:
        """(B, T, 1): 1 where a row has a position, 0 behind its end, in the precision of `like` (B, T, E)."""
        lengths = self.lengths(batch)
        if lengths is None:
            return like.new_ones(1, like.shape[1], 1)
        places = torch.arange(like.shape[1], device=like.device)
        return (places < lengths.unsqueeze(1)).to(like.dtype).unsqueeze(2)

    # longhand ----------------------------------------------------------------------------------------------------

    def trace(self, batch: Batch, keep_graph: bool = False) -> Trace:
        recorder = Recorder(keep_graph)
        with torch.set_grad_enabled(keep_graph):
            x = self.traced_input(batch, recorder)  # (B, T, E)
            present = self.present(batch, x).unbind(dim=1)  # T of (B, 1)
            inputs = list(x.unbind(dim=1))  # T of (B, E)
            for layer in range(self.n_layers):
                ways = [self._trace_way(layer, way, inputs, present, recorder) for way in DIRECTIONS]
                inputs = [torch.cat(pair, dim=1) for pair in zip(*ways, strict=True)]  # T of (B, 2H)
            features = recorder.stacked_level("features", torch.stack(inputs, dim=1))  # (B, T, 2H)
            output = Output(self.head(features, batch))
            return self.finish_trace(batch, recorder, output)

    def _trace_way(
        self, layer: int, way: Direction, inputs: list[Tensor], present: Sequence[Tensor], recorder: Recorder
    ) -> list[Tensor]:
        """One direction of one layer: its hidden states by position, T of (B, H)."""
        step = partial(self.equations.cell_step, self)
        start, weights = self._zero_state(inputs[0]), self.weights(layer, way)
        return trace_one_way(self.cell, step, way, layer, inputs, present, start, weights, recorder)

    @torch.no_grad()
    def quick_trace(self, batch: Batch) -> Trace:
        recorder = Recorder(keep_graph=False)
        x = self.traced_input(batch, recorder)  # (B, T, E)
        lengths, present = self.lengths(batch), self.present(batch, x)
        for layer in range(self.n_layers):
            both = self._one_layer(layer, x, lengths)  # (B, T, 2H)
            for way, h in zip(DIRECTIONS, both.chunk(2, dim=2), strict=True):
                self._rebuild_way(layer, way, x, h, present, recorder)
            x = both
        return self.finish_trace(batch, recorder, Output(self.head(x, batch)))

    def _rebuild_way(
        self, layer: int, way: Direction, x: Tensor, h: Tensor, present: Tensor, recorder: Recorder
    ) -> None:
        """Gates of one direction from its known hidden states: the backward one read as if time ran the other way.

        Padding then comes first, where the states before a row's end are all 0: the cell state must start there.
        """
        turn = (lambda v: v) if way == "forward" else (lambda v: v.flip(1))
        start, weights = self._zero_state(x[:, 0]), self.weights(layer, way)
        if way == "backward" and present.shape[0] > 1 and not bool(present.all()):
            rebuilt = self._rebuild_rows(x, h, present, start, weights)
        else:
            rebuilt = self.equations.rebuild(self, turn(x), turn(h), start, weights)
            rebuilt = {name: turn(value) for name, value in rebuilt.items()}
        for name in (*self.cell.noted, *self.cell.states):
            values = rebuilt[name] * present
            recorder.note(f"layers.{layer}.{way}.{name}", values, ("batch", "t", "unit"))

    def _rebuild_rows(self, x: Tensor, h: Tensor, present: Tensor, start: State, weights: Weights) -> State:
        """Backward, rows of different lengths: each row by itself, without its padding."""
        whole: dict[str, list[Tensor]] = {}
        for row, length in enumerate(present.sum(dim=(1, 2)).long().tolist()):
            alone = {name: value[row : row + 1] for name, value in start.items()}
            read, states = x[row : row + 1, :length].flip(1), h[row : row + 1, :length].flip(1)
            for name, value in self.equations.rebuild(self, read, states, alone, weights).items():
                padded = nn.functional.pad(value.flip(1), (0, 0, 0, x.shape[1] - length))  # (1, T, H)
                whole.setdefault(name, []).append(padded)
        return {name: torch.cat(rows) for name, rows in whole.items()}

    def _one_layer(self, layer: int, x: Tensor, lengths: Tensor | None) -> Tensor:
        """The fused kernel for one layer alone, on this model's own weights: (B, T, E) -> (B, T, 2H)."""
        flat = [w for way in DIRECTIONS for w in vars(self.weights(layer, way)).values()]
        starts = [x.new_zeros(2, x.shape[0], self.cells.hidden_size) for _ in self.cell.states]  # 2 directions
        start: Any = starts if len(starts) > 1 else starts[0]
        if lengths is None:
            return cast("Tensor", KERNELS[self.cells.mode](x, start, flat, True, 1, 0.0, False, True, True)[0])
        packed = pack_padded_sequence(x, lengths.cpu(), batch_first=True, enforce_sorted=False)
        read = KERNELS[self.cells.mode](packed.data, packed.batch_sizes, start, flat, True, 1, 0.0, False, True)[0]
        return pad_packed_sequence(packed._replace(data=read), batch_first=True, total_length=x.shape[1])[0]

    def _zero_state(self, like: Tensor) -> State:
        """States of zeros for rows like (B, E)."""
        return {name: like.new_zeros(like.shape[0], self.cells.hidden_size) for name in self.cell.states}

    # what may depend on what -------------------------------------------------------------------------------------

    def reach(self, batch: Batch, site: str) -> Tensor:
        """Of the top layer the forward states up to t and the backward ones from t on; of all below, everything."""
        outputs = next(iter(batch.targets.values())).values.shape[1]
        positions = next(iter(batch.inputs.values())).values.shape[1]
        every = torch.ones(outputs, positions, dtype=torch.bool)
        top = f"layers.{self.n_layers - 1}."
        if not site.startswith(top) or not self.head.pointwise:
            return every
        return every.tril() if site.startswith(f"{top}forward.") else every.triu()
