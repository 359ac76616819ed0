"""Where a weight matrix gets its gradient: dL/dW is a sum over the positions of the probe, and here are its terms.

    y_t = W x_t + b          =>          dL/dW = sum_t g_t,    g_t = delta_t x_t^T,    delta_t = dL/dy_t
    by_position[t]  = || g_t ||                         Frobenius norm of what position t alone asks for
    aligned[t]      = <g_t, g> / ||g||^2,  g = dL/dW    the share of g that comes from t; adds up to 1, may be < 0
    cancellation    = || sum_t g_t || / sum_t || g_t ||  1: all positions pull the same way; near 0: they cancel out

L is the mean loss of the probe, as in gradient_norms. In a recurrent net W_hh reads h_{t-1}, so its first position asks
for nothing. A term never needs its matrix: all figures come from the two vectors delta_t and x_t. A convolution's x_t
is the window it reads at t; an embedding's is the one-hot row of the symbol; a layer norm's gain has the normalised x.
With weight normalisation (W = g v / ||v||) the matrix that is used, W, is meant.

Werbos, "Backpropagation through time", 1990.
Axes: T positions, O outputs (rows of W), I inputs (columns of W).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import product
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils import parametrize

from seqviz.analysis import Analysis, Subject, analyses, matches
from seqviz.analysis.backward_scan import scan_back
from seqviz.analysis.gradient_norms import mean_losses
from seqviz.core.batch import Batch
from seqviz.models.base import Context, Model, NeuralModel, in_eval_mode, position_losses
from seqviz.models.one_hot import OneHot
from seqviz.models.output import Output
from seqviz.models.recurrent import RecurrentModel, State, Weights
from seqviz.models.trace import TracedArray

PREFIX = "weight_gradient."
FIGURES = ("by_position", "aligned", "cancellation")
READS = (nn.Linear, nn.Conv1d, nn.Embedding)  # modules with a matrix whose terms are known


@dataclass(frozen=True)
class Part:
    """One use of a parameter: at position t it hears `left[t]` (O,) outer `right[t]` (I,)."""

    left: Tensor  # (T, O)
    right: Tensor  # (T, I)


Parts = dict[str, list[Part]]  # by parameter; a matrix that two modules share has a part of each


@analyses.register("weight_gradients")
class WeightGradients(Analysis):
    """(batch, t) norms and signed shares by parameter, and (batch, value) how much of the terms survives the sum."""

    provides = (f"{PREFIX}*",)
    cost = "budget"

    def serves(self, model: Model) -> bool:
        if not isinstance(model, NeuralModel) or model.interface.structure != "chain":
            return False
        if isinstance(model, RecurrentModel):
            return True
        known = {p for module in model.modules() if isinstance(module, READS) for p in module.parameters()}
        return all(p in known for p in model.parameters() if p.ndim > 1)

    def asked(self, batch: Batch) -> bool:
        """One ruler: inputs and targets lie along the same positions."""
        return batch.structure is None and all(field.axes[:2] == ("batch", "t") for field in batch.inputs.values())

    def names(self, model: Model) -> tuple[str, ...]:
        if not self.serves(model):
            return ()
        assert isinstance(model, NeuralModel)
        return tuple(f"{PREFIX}{name}.{figure}" for name in parameter_names(model).values() for figure in FIGURES)

    def compute(self, subject: Subject, wants: frozenset[str]) -> dict[str, TracedArray]:
        found: dict[str, TracedArray] = {}
        for name, parts in weight_parts(subject).items():
            wanted = [figure for figure in FIGURES if matches(f"{PREFIX}{name}.{figure}", wants)]
            figures = shares(parts) if wanted else {}
            for figure in wanted:
                axes = ("batch", "value" if figure == "cancellation" else "t")
                found[f"{PREFIX}{name}.{figure}"] = TracedArray(figures[figure].unsqueeze(0), axes)
        return found


def parameter_names(model: NeuralModel) -> dict[Tensor, str]:
    """What the analysis calls each parameter; the lengths and directions of a normalised convolution are left out."""
    return {p: name for name, p in model.named_parameters() if ".parametrizations." not in name} | {
        _parameter_of(module): f"{path}.weight"
        for path, module in model.named_modules()
        if parametrize.is_parametrized(module, "weight")
    }


def shares(parts: list[Part]) -> dict[str, Tensor]:
    """by_position (T,), aligned (T,), cancellation (1,) of the sum of all parts; nan where there is no gradient."""
    whole = gradient_of(parts)  # (O, I)
    pairs = product(parts, repeat=2)  # the square of a sum
    squares = sum((one.left * other.left).sum(-1) * (one.right * other.right).sum(-1) for one, other in pairs)
    assert isinstance(squares, Tensor)
    norms = squares.clamp(min=0).sqrt()  # (T,)
    towards = sum(((part.left @ whole) * part.right).sum(-1) for part in parts)  # (T,): <g_t, g>
    assert isinstance(towards, Tensor)
    return {
        "by_position": norms,
        "aligned": towards / whole.square().sum(),
        "cancellation": (whole.norm() / norms.sum()).reshape(1),
    }


def gradient_of(parts: list[Part]) -> Tensor:
    """dL/dW as a matrix (O, I): a bias has one column, a convolution its taps side by side."""
    whole = sum(part.left.T @ part.right for part in parts)
    assert isinstance(whole, Tensor)
    return whole


@torch.no_grad()
def weight_parts(subject: Subject) -> Parts:
    """Every parameter's parts, of the first sequence of the batch (a probe is one)."""
    model = subject.model
    assert isinstance(model, NeuralModel)
    names = parameter_names(model)
    with in_eval_mode(model):  # dropout would draw random numbers
        return _recurrent_parts(subject, model, names) if isinstance(model, RecurrentModel) else _hooked(subject, names)


# models made of modules ---------------------------------------------------------------------------------------


@dataclass
class _Heard:
    """One call of a module: what it read and what it said."""

    module: nn.Module
    read: Tensor
    said: Tensor


@contextmanager
def _listening(modules: Iterable[nn.Module]) -> Iterator[list[_Heard]]:
    """Note every call of these modules inside the block; no hook outlives it."""
    heard: list[_Heard] = []

    def note(module: nn.Module, inputs: tuple[Any, ...], output: Any) -> None:
        heard.append(_Heard(module, inputs[0].detach(), output))

    kinds = (*READS, nn.LayerNorm)
    hooks = [module.register_forward_hook(note) for module in modules if isinstance(module, kinds)]
    try:
        yield heard
    finally:
        for hook in hooks:
            hook.remove()


def _hooked(subject: Subject, names: dict[Tensor, str]) -> Parts:
    model, batch = subject.model, subject.batch
    assert isinstance(model, NeuralModel)
    with torch.enable_grad(), _listening(model.modules()) as heard:
        losses = position_losses(model.forward(batch, Context()), batch)
        loss = mean_losses(losses)
    return _parts_of(heard, loss, names, next(iter(batch.inputs.values())).values.shape[1])


def _parts_of(heard: list[_Heard], loss: Tensor, names: dict[Tensor, str], positions: int) -> Parts:
    """Calls and the gradients of what they said, as parts; calls that do not lie along the positions are left out."""
    calls = [call for call in heard if call.said.requires_grad]
    deltas = torch.autograd.grad(loss, [call.said for call in calls], allow_unused=True, materialize_grads=True)
    parts: Parts = {}
    for call, delta in zip(calls, deltas, strict=True):
        for parameter, part in _parts_of_call(call, delta.detach(), positions):
            if parameter in names:
                parts.setdefault(names[parameter], []).append(part)
    return parts


def _parts_of_call(call: _Heard, delta: Tensor, positions: int) -> Iterator[tuple[Tensor, Part]]:
    module = call.module
    if isinstance(module, nn.Conv1d):
        delta = delta.transpose(-1, -2)  # (B, O, T) -> (B, T, O)
    left = delta[0] if delta.ndim == 3 else delta  # (T, O)
    if len(left) != positions:
        return
    right = _read_rows(call)  # (T, I)
    if isinstance(module, nn.LayerNorm):
        left, right = left * right, left.new_ones(positions, 1)
    if isinstance(module, nn.Embedding):
        left, right = right, left  # its rows are the inputs
    yield _parameter_of(module), Part(left, right)
    bias = getattr(module, "bias", None)
    if isinstance(bias, Tensor):
        yield bias, Part(delta[0] if delta.ndim == 3 else delta, left.new_ones(positions, 1))


def _parameter_of(module: nn.Module) -> Tensor:
    """The parameter a module's matrix is known by: itself, or the length of a normalised one."""
    own = dict(module.named_parameters())
    return own["parametrizations.weight.original0" if parametrize.is_parametrized(module, "weight") else "weight"]


def _read_rows(call: _Heard) -> Tensor:
    """What the matrix was multiplied by at each position: (T, I)."""
    module, read = call.module, call.read
    if isinstance(module, nn.Embedding):
        return F.one_hot(read.reshape(-1), module.num_embeddings).to(call.said.dtype)  # (T, V)
    if isinstance(module, nn.Conv1d):
        assert module.groups == 1
        size, dilation = module.kernel_size[0], module.dilation[0]
        windows = F.unfold(read[:1].unsqueeze(2), (1, size), (1, dilation), stride=(1, module.stride[0]))
        return windows[0].T  # (T, C * k)
    rows = read[0] if read.ndim == 3 else read
    if isinstance(module, nn.LayerNorm):
        return F.layer_norm(rows, module.normalized_shape, eps=module.eps)
    return rows


# recurrent models, by hand ------------------------------------------------------------------------------------


def _recurrent_parts(subject: Subject, model: RecurrentModel, names: dict[Tensor, str]) -> Parts:
    """The head by its modules, everything below it from the gradients that `scan_back` brings back."""
    batch, trace = subject.batch, subject.trace
    features = trace.arrays[f"layers.{model.n_layers - 1}.{model.states[0]}"].values  # (B, T, H)
    with torch.enable_grad(), _listening(model.head.modules()) as heard:
        features = features.detach().requires_grad_()
        loss = mean_losses(position_losses(Output(model.head(features, batch)), batch))
    own = torch.autograd.grad(loss, features, retain_graph=True)[0].unsqueeze(0).unbind(dim=2)  # T of (1, B, H)
    parts = _parts_of(heard, loss, names, features.shape[1])

    def join(s: int, rows: Tensor) -> Tensor:
        return rows + own[s] if len(rows) else own[s]

    back = [sites for _, sites in scan_back(model, trace, join, embedding=True)][::-1]
    gradients = {site: torch.stack([at[site][0, 0] for at in back]) for site in back[0]}  # (T, H)
    read = trace.arrays["embedding"].values[0]  # (T, E)
    parts |= _embedding_parts(model, batch, gradients["embedding"], names)
    for layer in range(model.n_layers):
        saved = {name: trace.arrays[f"layers.{layer}.{name}"].values[0] for name in (*model.noted, *model.states)}
        total = {name: gradients[f"layers.{layer}.{name}"] for name in model.states}
        parts |= _layer_parts(model, model.weights(layer), read, saved, total, names)
        read = saved[model.states[0]]
    return parts


def _embedding_parts(model: RecurrentModel, batch: Batch, delta: Tensor, names: dict[Tensor, str]) -> Parts:
    """What turns inputs into vectors, where it has weights."""
    if isinstance(model.embedding, OneHot):
        return {}
    space = model.interface.inputs
    values = batch.inputs[space.kind].values
    values = values / space.scale if space.kind == "vectors" else values
    call = _Heard(model.embedding, values, delta)
    parts: Parts = {}
    for parameter, part in _parts_of_call(call, delta, len(delta)):
        parts[names[parameter]] = [part]
    return parts


def _layer_parts(
    model: RecurrentModel, weights: Weights, x: Tensor, saved: State, total: State, names: dict[Tensor, str]
) -> Parts:
    """One layer's four parameters: x (T, I), what its cell noted and the total gradients by its states (T, H).

    The gradients by the two pre-activations are those by a bias of its own for every position, so one step of the
    longhand cell over all positions at once gives them, whatever its equations are.
    """
    before = {name: torch.cat([torch.zeros_like(v[:1]), v[:-1]]) for name, v in saved.items() if name in model.states}
    heard = _outgoing(model, weights, saved, before, total)
    with torch.enable_grad():
        b_ih, b_hh = (b.detach().expand(len(x), -1).clone().requires_grad_() for b in (weights.b_ih, weights.b_hh))
        stepped = model.cell_step(x, before, Weights(weights.w_ih.detach(), weights.w_hh.detach(), b_ih, b_hh))
        outputs = [stepped[name] for name in model.states]
        by_x, by_h = torch.autograd.grad(outputs, [b_ih, b_hh], [heard[name] for name in model.states])  # (T, G*H)
    ones = x.new_ones(len(x), 1)
    return {
        names[weights.w_ih]: [Part(by_x, x)],
        names[weights.w_hh]: [Part(by_h, before[model.states[0]])],
        names[weights.b_ih]: [Part(by_x, ones)],
        names[weights.b_hh]: [Part(by_h, ones)],
    }


def _outgoing(model: RecurrentModel, weights: Weights, saved: State, before: State, total: State) -> State:
    """Total gradients by the states without the paths from one state to another inside the step (cell to hidden)."""
    slopes = model.slopes(saved | {f"previous.{name}": values for name, values in before.items()}, weights)
    first = model.states[0]
    alone = {name: values if name == first else torch.zeros_like(values) for name, values in total.items()}
    inside = model.within_step(slopes, alone)
    return {name: values if name == first else values - inside[name] for name, values in total.items()}
