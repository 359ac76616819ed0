"""What the tests of RNN, LSTM and GRU share: the comparison with torch's own modules and with autograd."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from seqviz.core.batch import Batch, Field
from seqviz.core.interface import Interface, Space
from seqviz.models.recurrent import RecurrentModel, State

TIGHT = {"rtol": 1e-9, "atol": 1e-12}
SIZES = {"d_embedding": 5, "d_hidden": 4, "n_layers": 2}
INTERFACE = Interface(Space("vectors", 3), Space("vectors", 3), "gaussian", 7)


def build(architecture: type[RecurrentModel], **knobs: Any) -> RecurrentModel:
    torch.manual_seed(0)
    return architecture(architecture.Config(**{**SIZES, **knobs}), INTERFACE).double().eval()


def series() -> Batch:
    values = torch.randn(2, 7, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(3))
    field = Field(values, ("batch", "t", "dim"))
    return Batch({"vectors": field}, {"vectors": field})


def longhand_equals_torch(model: RecurrentModel, reference: nn.RNNBase) -> None:
    """Outputs, last states and all gradients of the longhand pass against torch's module with the same weights."""
    reference.double().load_state_dict(model.cells.state_dict())
    batch = series()
    trace = model.trace(batch, keep_graph=True)
    embedded = trace.sites["embedding"].steps[0]  # (B, T, E)
    top = torch.stack(trace.sites["layers.1.hidden_state"].steps, dim=1)  # (B, T, H)
    inputs = embedded.detach().requires_grad_()
    outputs, last = reference(inputs)
    torch.testing.assert_close(top, outputs, **TIGHT)
    finals = last if isinstance(last, tuple) else (last,)
    for name, final in zip(model.states, finals, strict=True):
        for layer in range(2):
            ours = trace.arrays[f"layers.{layer}.{name}"].values[:, -1]
            torch.testing.assert_close(ours, final[layer], **TIGHT)
    weight = torch.randn_like(outputs)
    expected = torch.autograd.grad((outputs * weight).sum(), [inputs, *reference.parameters()])
    actual = torch.autograd.grad((top * weight).sum(), [embedded, *model.cells.parameters()])
    for a, b in zip(actual, expected, strict=True):
        torch.testing.assert_close(a, b, **TIGHT)


def position(model: RecurrentModel) -> tuple[Tensor, State]:
    """One random input (1, E) and incoming states (1, H) that ask for gradients."""
    generator = torch.Generator().manual_seed(4)

    def draw(size: int) -> Tensor:
        return torch.randn(1, size, generator=generator, dtype=torch.float64).requires_grad_()

    return draw(SIZES["d_embedding"]), {name: draw(SIZES["d_hidden"]) for name in model.states}


def pull_back_equals_autograd(model: RecurrentModel) -> None:
    """The hand-written step backwards against R vector-Jacobian products of the step forwards."""
    x, before = position(model)
    weights = model.weights(0)
    after = model.cell_step(x, before, weights)
    outgoing = [after[name] for name in model.states]
    given = [torch.randn(6, 1, SIZES["d_hidden"], dtype=torch.float64) for _ in outgoing]  # R = 6
    wanted = [x, *before.values()]
    expected = torch.autograd.grad(outgoing, wanted, given, is_grads_batched=True)  # each (R, 1, .)
    saved = {name: value[0].detach() for name, value in after.items()}
    saved |= {f"previous.{name}": value[0].detach() for name, value in before.items()}
    with torch.no_grad():
        d_state = {name: g[:, 0] for name, g in zip(model.states, given, strict=True)}
        d_pre, d_before = model.pull_back(model.slopes(saved, weights), d_state, weights)
    torch.testing.assert_close(d_pre @ weights.w_ih, expected[0][:, 0], **TIGHT)
    for name, value in zip(model.states, expected[1:], strict=True):
        torch.testing.assert_close(d_before[name], value[:, 0], **TIGHT)


def step_passes_gradcheck(model: RecurrentModel) -> None:
    x, before = position(model)
    weights = model.weights(0)

    def step(x: Tensor, *states: Tensor) -> tuple[Tensor, ...]:
        after = model.cell_step(x, dict(zip(model.states, states, strict=True)), weights)
        return tuple(after[name] for name in model.states)

    assert torch.autograd.gradcheck(step, (x, *before.values()))
