"""A parameter's gradient as a sum of terms, one a position, without ever making their matrices.

Every use of a matrix gives its terms as two rows of vectors (Part): what it heard and what it read. Modules are
listened to by hooks that live inside one `with`.

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

from seqviz.analysis.lengths import SQUARES, length
from seqviz.models.base import NeuralModel

READS = (nn.Linear, nn.Conv1d, nn.Embedding)  # modules with a matrix whose terms are known


@dataclass(frozen=True)
class Part:
    """One use of a parameter: at position t it hears `left[t]` (O,) outer `right[t]` (I,)."""

    left: Tensor  # (T, O)
    right: Tensor  # (T, I)


@dataclass(frozen=True)
class Terms:
    """The terms themselves, (T, ...), where nothing shorter is known."""

    each: Tensor


Parts = dict[str, list[Part]]  # by parameter; a matrix that two modules share has a part of each


def parameter_names(model: NeuralModel) -> dict[Tensor, str]:
    """What the analysis calls each parameter; the lengths and directions of a normalised convolution are left out."""
    return {p: name for name, p in model.named_parameters() if ".parametrizations." not in name} | {
        parameter_of(module): f"{path}.weight"
        for path, module in model.named_modules()
        if parametrize.is_parametrized(module, "weight")
    }


def shares_of_terms(terms: Terms) -> dict[str, Tensor]:
    """As `shares`."""
    each = _sized(terms.each.flatten(1))  # (T, O * I)
    whole, norms = each.sum(dim=0), each.norm(dim=1)
    return {
        "by_position": length(terms.each.flatten(1)),
        "aligned": each @ whole / whole.square().sum(),
        "cancellation": (whole.norm() / norms.sum()).reshape(1),
    }


def _sized(each: Tensor) -> Tensor:
    """All terms by their largest entry, so that squares of a vanished gradient are still numbers."""
    size = each.abs().max()
    return each / torch.where(torch.isfinite(size) & (size > 0), size, 1.0)


def shares(parts: list[Part]) -> dict[str, Tensor]:
    """by_position (T,), aligned (T,), cancellation (1,) of the sum of all parts; nan where there is no gradient."""
    parts = [Part(part.left.to(SQUARES), part.right.to(SQUARES)) for part in parts]
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


@dataclass
class Heard:
    """One call of a module: what it read and what it said."""

    module: nn.Module
    read: Tensor
    said: Tensor


@contextmanager
def listening(modules: Iterable[nn.Module]) -> Iterator[list[Heard]]:
    """Note every call of these modules inside the block; no hook outlives it."""
    heard: list[Heard] = []

    def note(module: nn.Module, inputs: tuple[Any, ...], output: Any) -> None:
        heard.append(Heard(module, inputs[0].detach(), output))

    kinds = (*READS, nn.LayerNorm)
    hooks = [module.register_forward_hook(note) for module in modules if isinstance(module, kinds)]
    try:
        yield heard
    finally:
        for hook in hooks:
            hook.remove()


def parts_of(heard: list[Heard], loss: Tensor, names: dict[Tensor, str], positions: int) -> Parts:
    """Calls and the gradients of what they said, as parts; calls that do not lie along the positions are left out."""
    calls = [call for call in heard if call.said.requires_grad]
    deltas = torch.autograd.grad(loss, [call.said for call in calls], allow_unused=True, materialize_grads=True)
    parts: Parts = {}
    for call, delta in _joined(calls, deltas, positions):
        for parameter, part in parts_of_call(call, delta.detach(), positions):
            if parameter in names:
                parts.setdefault(names[parameter], []).append(part)
    return parts


def _joined(calls: list[Heard], deltas: tuple[Tensor, ...], positions: int) -> Iterator[tuple[Heard, Tensor]]:
    """A module that was called once for every position, as one call for all of them."""
    of_module: dict[nn.Module, list[tuple[Heard, Tensor]]] = {}
    for call, delta in zip(calls, deltas, strict=True):
        of_module.setdefault(call.module, []).append((call, delta))
    for module, pairs in of_module.items():
        if len(pairs) == positions and all(delta.ndim == 2 and len(delta) == 1 for _, delta in pairs):
            read, said = (torch.cat([getattr(call, what) for call, _ in pairs]) for what in ("read", "said"))
            yield Heard(module, read, said), torch.cat([delta for _, delta in pairs])  # (T, ...)
        else:
            yield from pairs


def parts_of_call(call: Heard, delta: Tensor, positions: int) -> Iterator[tuple[Tensor, Part]]:
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
    yield parameter_of(module), Part(left, right)
    bias = getattr(module, "bias", None)
    if isinstance(bias, Tensor):
        yield bias, Part(delta[0] if delta.ndim == 3 else delta, left.new_ones(positions, 1))


def parameter_of(module: nn.Module) -> Tensor:
    """The parameter a module's matrix is known by: itself, or the length of a normalised one."""
    own = dict(module.named_parameters())
    return own["parametrizations.weight.original0" if parametrize.is_parametrized(module, "weight") else "weight"]


def _read_rows(call: Heard) -> Tensor:
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
