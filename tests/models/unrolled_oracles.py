"""What the tests of the recurrent cells without a fused kernel share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from seqviz.core.interface import Interface
from seqviz.models.unrolled import UnrolledModel
from tests.models.recurrent_oracles import INTERFACE, SIZES, series

TIGHT = {"rtol": 1e-9, "atol": 1e-12}


def build(architecture: type[UnrolledModel], interface: Interface = INTERFACE, **knobs: Any) -> UnrolledModel:
    torch.manual_seed(0)
    return architecture(architecture.Config(**{**SIZES, **knobs}), interface).double().eval()


def drawn(*shape: int, seed: int = 4) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=generator, dtype=torch.float64).requires_grad_()


def both_paths(model: UnrolledModel) -> list[tuple[Tensor, Tensor]]:
    """(embedded input (B, T, E), top layer's states (B, T, H)) by the loop that trains and by the longhand one."""
    batch = series()
    found = []
    for longhand in (False, True):
        x = model.embed(batch).detach().requires_grad_()
        below: list[Tensor] = []
        for layer in range(model.n_layers):
            cell, inputs = model.cell(layer), model.reads(x, below)
            start = model.zero_state(len(x))
            if not longhand:
                below.append(cell(inputs, tuple(start.values()))[0])
                continue
            steps = []
            for x_t in inputs.unbind(1):
                steps.append(cell.equations(x_t, start))
                start = {name: steps[-1][name] for name in model.states}
            below.append(torch.stack([step["hidden_state"] for step in steps], dim=1))
        found.append((x, below[-1]))
    return found


def equals_torch(model: UnrolledModel, reference: nn.RNNBase, order: tuple[int, ...] = (0,)) -> None:
    """Outputs and gradients of both paths against torch's module, whose weights the model is given.

    `order`: which of the module's gates (i, f, g, o of nn.LSTM) stands at which place in our rows.
    """
    reference.double()
    kinds = {"weight_ih": ("weight_ih",), "weight_hh": ("weight_hh",), "bias": ("bias_ih", "bias_hh")}
    for layer in range(model.n_layers):
        for ours, theirs in kinds.items():
            value = sum(getattr(reference, f"{name}_l{layer}").detach() for name in theirs)
            with torch.no_grad():
                model.cell(layer).get_parameter(ours).copy_(reordered(value, order))
    for x, top in both_paths(model):
        inputs = x.detach().requires_grad_()
        expected, _ = reference(inputs)
        torch.testing.assert_close(top, expected, **TIGHT)
        weight = drawn(*expected.shape).detach()
        places = [(layer, kind) for layer in range(model.n_layers) for kind in kinds]
        wanted = [inputs, *(getattr(reference, f"{kinds[kind][0]}_l{layer}") for layer, kind in places)]
        found = [x, *(model.cell(layer).get_parameter(kind) for layer, kind in places)]
        wanted_by = torch.autograd.grad((expected * weight).sum(), wanted)
        found_by = torch.autograd.grad((top * weight).sum(), found)
        torch.testing.assert_close(found_by[0], wanted_by[0], **TIGHT)
        for ours_by, theirs_by in zip(found_by[1:], wanted_by[1:], strict=True):
            torch.testing.assert_close(ours_by, reordered(theirs_by, order), **TIGHT)


def reordered(rows: Tensor, order: tuple[int, ...]) -> Tensor:
    """Blocks of rows in another order."""
    blocks = rows.chunk(len(order))
    return torch.cat([blocks[k] for k in order])


def equals(model: UnrolledModel, independent: Callable[[Tensor], Tensor]) -> None:
    """Outputs and gradients of both paths of a one-layer model against (B, T, E) -> (B, T, H) written another way."""
    parameters = list(model.cell(0).parameters())
    for x, top in both_paths(model):
        expected = independent(x)
        torch.testing.assert_close(top, expected, **TIGHT)
        weight = drawn(*expected.shape).detach()
        found = torch.autograd.grad((top * weight).sum(), [x, *parameters])
        wanted = torch.autograd.grad((expected * weight).sum(), [x, *parameters])
        for a, b in zip(found, wanted, strict=True):
            torch.testing.assert_close(a, b, **TIGHT)


def step_passes_gradcheck(model: UnrolledModel) -> None:
    """Both forms of the step, by the input, the states and every weight."""
    cell = model.cell(model.n_layers - 1)
    x, states = drawn(2, cell.weight_ih.shape[1]), [drawn(2, 4, seed=k) for k in range(len(model.states))]
    names = [name for name, _ in cell.named_parameters()]

    def fast(x: Tensor, *rest: Tensor) -> tuple[Tensor, ...]:
        given = dict(zip(names, rest[len(states) :], strict=True))
        return torch.func.functional_call(cell, given, (x.unsqueeze(1), rest[: len(states)]))[1]

    def longhand(x: Tensor, *states: Tensor) -> tuple[Tensor, ...]:
        after = cell.equations(x, dict(zip(model.states, states, strict=True)))
        return tuple(after[name] for name in model.states)

    assert torch.autograd.gradcheck(fast, (x, *states, *cell.parameters()))
    assert torch.autograd.gradcheck(longhand, (x, *states))


def orthogonal_blocks(architecture: type[UnrolledModel]) -> None:
    model = build(architecture, initialization="orthogonal")
    matrices = [p for name, p in model.named_parameters() if name.endswith("weight_hh")]
    assert matrices
    for matrix in matrices:
        for block in matrix.split(4):
            torch.testing.assert_close(block @ block.T, torch.eye(4, dtype=torch.float64), rtol=0, atol=1e-6)
