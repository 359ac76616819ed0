"""nn.RNN, nn.LSTM, nn.GRU and their cells: the states of one row, and the gradient of the loss by each of them.

A fused module keeps its states to itself: autograd only tells the gradient that comes in from above, dL/dy_t. So the
row is run once more, position by position, from the same input and weights, and what came in from above is sent back
through it: that gives dL/dh_t and dL/dc_t through time, as an unrolled loop would (tests/watching/test_recurrent.py).
If the second run does not give the module's own output (dropout between layers), nothing is shown.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.rnn import PackedSequence

from seqviz.watching.sites import LONGEST, Sighting


def _lstm_cell(x: Tensor, state: tuple[Tensor, Tensor], w_ih: Tensor, w_hh: Tensor, *biases: Tensor) -> Any:
    """Longhand, so that h_t is computed from the c_t that is given back: torch may fuse both into one node."""
    b_ih, b_hh = biases or (None, None)
    gates = functional.linear(x, w_ih, b_ih) + functional.linear(state[0], w_hh, b_hh)  # (1, 4 unit)
    i, f, g, o = gates.chunk(4, dim=1)
    c = f.sigmoid() * state[1] + i.sigmoid() * g.tanh()
    return o.sigmoid() * c.tanh(), c


_CELLS: dict[str, Callable[..., Any]] = {
    "LSTM": _lstm_cell,
    "GRU": torch.gru_cell,
    "RNN_TANH": torch.rnn_tanh_cell,
    "RNN_RELU": torch.rnn_relu_cell,
}
CLOSE = 1e-3  # between the second run and the first


class FusedSite:
    """`first`: number of this module's lowest layer among all of the model."""

    def __init__(self, module: nn.RNNBase, first: int) -> None:
        self.module = module
        self.first = first
        self.names = tuple(
            name
            for site in _layer_sites(module, first)
            for name in ((site, f"gradient.total.{site}") if _runs_again(module) else ())
        )

    def see(self, seen: Sighting, args: tuple[Any, ...], kwargs: dict[str, Any], output: Any) -> None:
        """Keep the row's input and states; the gradients that come in from above are asked for."""
        if not _runs_again(self.module):
            return
        given = args[0] if args else kwargs["input"]
        start = args[1] if len(args) > 1 else kwargs.get("hx")
        out, last = output
        packed = isinstance(given, PackedSequence)
        place = _Place(given, self.module.batch_first) if packed else _Place(None, self.module.batch_first)
        x = place.row(given.data if packed else given).detach().clone()  # (t, input)
        if not 1 < len(x) <= LONGEST:
            return
        y = out.data if packed else out
        run = _SecondRun(self.module, x, _states(start, place.column(start)), place.row(y).detach().clone())
        seen.ask(y, lambda gradient: run.take("y", place.row(gradient)))
        for name, tensor in zip("hc", last if isinstance(last, tuple) else (last,), strict=False):
            at = place.column(tensor)
            seen.ask(tensor, partial(run.take, name, column=at))
        seen.late.append(lambda: run.finish(seen, self.first))


class CellSite:
    """A cell that the user's own loop calls once a position: autograd knows its states."""

    def __init__(self, module: nn.RNNCellBase, first: int) -> None:
        self.module = module
        kinds = ("hidden_state", "cell_state") if isinstance(module, nn.LSTMCell) else ("hidden_state",)
        self.sites = tuple(f"layers.{first}.{kind}" for kind in kinds)
        self.names = tuple(name for site in self.sites for name in (site, f"gradient.total.{site}"))

    def see(self, seen: Sighting, args: tuple[Any, ...], kwargs: dict[str, Any], output: Any) -> None:
        states = output if isinstance(output, tuple) else (output,)
        for site, state in zip(self.sites, states, strict=True):
            row = state.detach() if state.ndim == 1 else state.detach()[0]  # (unit,)
            before = seen.values.get(site, (row.new_empty(0, len(row)), ("t", "unit")))[0]
            if len(before) >= LONGEST:
                return
            t = len(before)
            seen.values[site] = (torch.cat([before, row[None]]), ("t", "unit"))
            gradients = seen.gradients.get(site, row.new_empty(0))
            if state.grad_fn is not None and site.endswith("cell_state") and "Fused" in state.grad_fn.name():
                continue  # there autograd's gradient by c_t leaves out the way through h_t
            seen.gradients[site] = torch.cat([gradients, gradients.new_zeros(1)])
            seen.ask(state, partial(_put, seen, site, t))


def _put(seen: Sighting, site: str, t: int, gradient: Tensor) -> None:
    seen.gradients[site][t] = (gradient if gradient.ndim == 1 else gradient[0]).norm()


class _Place:
    """Where the row stands: first of the batch; of a packed sequence the longest."""

    def __init__(self, packed: PackedSequence | None, batch_first: bool) -> None:
        self._batch_first = batch_first
        self._offsets: Tensor | None = None
        self._first = 0
        if packed is not None:
            sizes = packed.batch_sizes
            self._offsets = (sizes.cumsum(0) - sizes).to(packed.data.device)  # (t,)
            self._first = 0 if packed.sorted_indices is None else int(packed.sorted_indices[0])

    def row(self, tensor: Tensor) -> Tensor:
        """(t, unit)."""
        if self._offsets is not None:
            return tensor[self._offsets]
        if tensor.ndim == 2:
            return tensor
        return tensor[0] if self._batch_first else tensor[:, 0]

    def column(self, state: Any) -> int | None:
        """Index of the row in a state (layer, batch, unit); None where there is no batch."""
        one = state[0] if isinstance(state, tuple) else state
        return self._first if isinstance(one, Tensor) and one.ndim == 3 else None


def _states(start: Any, column: int | None) -> list[Tensor] | None:
    """(layer, unit) each."""
    if start is None:
        return None
    pair = start if isinstance(start, tuple) else (start,)
    return [(s if column is None else s[:, column]).detach().clone() for s in pair]


class _SecondRun:
    """The row once more, with every state in autograd's sight."""

    def __init__(self, module: nn.RNNBase, x: Tensor, start: list[Tensor] | None, y: Tensor) -> None:
        self.module, self.x, self.start, self.y = module, x, start, y
        self.above: dict[str, Tensor] = {}

    def take(self, name: str, gradient: Tensor, column: int | None = None) -> None:
        """The gradient that came in from above: by the output "y" (t, unit), the last states "h", "c" (layer, unit).

        `column`: of a state (layer, batch, unit), where the row stands.
        """
        clone = (gradient if column is None else gradient[:, column]).clone()
        self.above[name] = self.above[name] + clone if name in self.above else clone

    def finish(self, seen: Sighting, first: int) -> None:
        """States and gradients by them, if the second run is the first."""
        with torch.enable_grad(), torch.autocast(self.x.device.type, enabled=False):
            y, states, last = self._run()
            if not torch.allclose(y.detach(), self.y.to(y.dtype), rtol=CLOSE, atol=CLOSE):
                return
            parts = {"y": y, "h": last[0], "c": last[-1]}
            outs = [(parts[name], gradient) for name, gradient in self.above.items()]
            every = [tensor for tensors in states.values() for tensor in tensors]
            found: tuple[Tensor | None, ...] = (None,) * len(every)
            if outs:
                found = torch.autograd.grad(
                    [o for o, _ in outs], every, [g.to(o.dtype) for o, g in outs], allow_unused=True
                )
        gradients = iter(found)
        for name, tensors in states.items():
            site = name.replace("layers.", "", 1)
            number, rest = site.split(".", 1)
            site = f"layers.{first + int(number)}.{rest}"
            seen.values[site] = (torch.cat([t.detach() for t in tensors]), ("t", "unit"))
            norms = [next(gradients) for _ in tensors]
            seen.gradients[site] = torch.stack([tensors[0].new_zeros(()) if g is None else g.norm() for g in norms])

    def _run(self) -> tuple[Tensor, dict[str, list[Tensor]], tuple[Tensor, ...]]:
        """Output (t, unit), states by name as lists over t, last states (layer, unit) as the module orders them."""
        module = self.module
        weight: Any = module.weight_ih_l0
        x: Tensor = self.x.to(weight.dtype)
        states: dict[str, list[Tensor]] = {}
        ends: list[tuple[Tensor, ...]] = []
        for layer in range(module.num_layers):
            outs = []
            for way in range(2 if module.bidirectional else 1):
                chain = self._chain(x, layer, way)
                ends.append(tuple(kind[-1] for kind in chain))
                chain = [kind[::-1] for kind in chain] if way else chain
                between = (".forward", ".backward")[way] if module.bidirectional else ""
                for kind, tensors in zip(("hidden_state", "cell_state"), chain, strict=False):
                    states[f"layers.{layer}{between}.{kind}"] = tensors
                outs.append(torch.cat(chain[0]))
            x = torch.cat(outs, dim=-1)  # (t, unit)
        return x, states, tuple(torch.cat(kind) for kind in zip(*ends, strict=True))

    def _chain(self, x: Tensor, layer: int, way: int) -> list[list[Tensor]]:
        """States of one layer and direction in the order in which they were computed: hidden (t), cell (t)."""
        module = self.module
        ends = f"_l{layer}{'_reverse' if way else ''}"
        kinds = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")[: 4 if module.bias else 2]
        weights = [getattr(module, kind + ends).detach() for kind in kinds]
        at = layer * (2 if module.bidirectional else 1) + way
        count = 2 if module.mode == "LSTM" else 1
        zeros = x.new_zeros(1, module.hidden_size)
        state = [zeros] * count if self.start is None else [s[at][None].to(x.dtype) for s in self.start]
        state = [s.clone().requires_grad_() for s in state]  # so that autograd follows what comes of it
        chain: list[list[Tensor]] = [[] for _ in range(count)]
        for row in x.flip(0) if way else x:
            given = tuple(state) if count == 2 else state[0]
            made = _CELLS[module.mode](row[None], given, *weights)
            state = list(made) if count == 2 else [made]  # (1, unit) each, in autograd's sight
            for kind, value in zip(chain, state, strict=True):
                kind.append(value)
        return chain


def _runs_again(module: nn.RNNBase) -> bool:
    """Dropout between layers draws numbers that are not known, a projection has weights of its own."""
    drops = module.num_layers > 1 and module.dropout > 0 and module.training
    return module.mode in _CELLS and not module.proj_size and not drops


def _layer_sites(module: nn.RNNBase, first: int) -> list[str]:
    ways = (".forward", ".backward") if module.bidirectional else ("",)
    kinds = ("hidden_state", "cell_state") if module.mode == "LSTM" else ("hidden_state",)
    return [f"layers.{first + n}{way}.{kind}" for n in range(module.num_layers) for way in ways for kind in kinds]
