"""States and gradients of fused modules are those of a loop written out by hand, in float64."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from seqviz.watching.outputs import find_sites
from seqviz.watching.sites import Hooks, Sighting

T, INPUT, UNITS = 7, 3, 5


def seen_of(model, run) -> tuple[dict, dict]:
    """What is seen of one forward and backward pass: arrays and axes."""
    sites, batch_first = find_sites(model)
    hooks, seen = Hooks(sites), Sighting(batch_first)
    hooks.place(seen)
    loss = run()
    hooks.remove()
    loss.backward()
    return seen.arrays()


def written_out(module: nn.RNNBase, x, weigh) -> dict[str, list]:
    """Norms of dL/dh_t (and dL/dc_t) of one row by a plain loop with autograd: `weigh(outputs, h, c)` is the loss."""
    w_ih, w_hh = module.weight_ih_l0.detach(), module.weight_hh_l0.detach()
    b = (module.bias_ih_l0 + module.bias_hh_l0).detach()
    h = torch.zeros(UNITS, dtype=x.dtype, requires_grad=True)
    c = torch.zeros(UNITS, dtype=x.dtype, requires_grad=True)
    hs, cs = [], []
    for t in range(len(x)):
        if isinstance(module, nn.LSTM):
            i, f, g, o = (w_ih @ x[t] + w_hh @ h + b).chunk(4)
            c = f.sigmoid() * c + i.sigmoid() * g.tanh()
            h = o.sigmoid() * c.tanh()
        elif isinstance(module, nn.GRU):
            r_x, z_x, n_x = (w_ih @ x[t] + module.bias_ih_l0.detach()).chunk(3)
            r_h, z_h, n_h = (w_hh @ h + module.bias_hh_l0.detach()).chunk(3)
            z = (z_x + z_h).sigmoid()
            h = (1 - z) * (n_x + (r_x + r_h).sigmoid() * n_h).tanh() + z * h
        else:
            h = (
                torch.tanh(w_ih @ x[t] + w_hh @ h + b)
                if module.mode == "RNN_TANH"
                else (w_ih @ x[t] + w_hh @ h + b).relu()
            )
        h.retain_grad()
        hs.append(h)
        if isinstance(module, nn.LSTM):
            c.retain_grad()
            cs.append(c)
    weigh(torch.stack(hs), h, c).backward()
    return {"hidden_state": [h.grad.norm().item() for h in hs], "cell_state": [c.grad.norm().item() for c in cs]}


@pytest.mark.parametrize("kind", ["LSTM", "GRU", "RNN", "RELU"])
@pytest.mark.parametrize("batch_first", [True, False])
@pytest.mark.parametrize("loss_on", ["outputs", "last state"])
def test_the_gradient_by_each_state_is_that_of_a_loop(kind, batch_first, loss_on):
    torch.manual_seed(3)
    made = (
        nn.RNN(INPUT, UNITS, nonlinearity="relu", batch_first=batch_first)
        if kind == "RELU"
        else getattr(nn, kind)(INPUT, UNITS, batch_first=batch_first)
    )
    module = made.double()
    x = torch.randn(4, T, INPUT, dtype=torch.float64)
    targets = torch.randn(4, T, UNITS, dtype=torch.float64)

    def run():
        outputs, last = module(x if batch_first else x.transpose(0, 1))
        outputs = outputs if batch_first else outputs.transpose(0, 1)
        h = last[0] if isinstance(last, tuple) else last
        return ((outputs - targets) ** 2).sum() if loss_on == "outputs" else (h[0] * targets[:, 0]).sum()

    arrays, axes = seen_of(module, run)
    plain = written_out(
        module,
        x[0],
        lambda hs, h, c: ((hs - targets[0]) ** 2).sum() if loss_on == "outputs" else (h * targets[0, 0]).sum(),
    )
    for state, norms in plain.items():
        if norms:
            torch.testing.assert_close(
                torch.tensor(arrays[f"gradient.total.layers.0.{state}"]), torch.tensor(norms), rtol=1e-5, atol=1e-7
            )
            assert axes[f"layers.0.{state}"] == ("t", "unit")


def test_every_layer_and_direction_of_a_deep_net_has_its_gradient():
    torch.manual_seed(0)
    module = nn.GRU(INPUT, UNITS, num_layers=2, bidirectional=True, batch_first=True).double()
    x = torch.randn(2, T, INPUT, dtype=torch.float64)
    nudge = torch.zeros(T, 2 * UNITS, dtype=torch.float64)
    nudge[3, 7] = 1.0

    def run():
        return (module(x)[0] ** 2).sum()

    arrays, _ = seen_of(module, run)
    assert {n for n in arrays if n.startswith("gradient")} == {
        f"gradient.total.layers.{layer}.{way}.hidden_state" for layer in (0, 1) for way in ("forward", "backward")
    }
    # the top layer's backward chain ends at t = 0: what comes in there is the output's own gradient, and nothing else
    top = module(x)[0][0, 0, UNITS:]
    assert arrays["gradient.total.layers.1.backward.hidden_state"][0] == pytest.approx(
        (2 * top).norm().item(), rel=1e-5
    )
    assert arrays["layers.1.forward.hidden_state"] == pytest.approx(
        module(x)[0][0, :, :UNITS].detach().numpy(), abs=1e-6
    )


def test_of_a_packed_batch_the_longest_row_is_seen():
    torch.manual_seed(1)
    module = nn.LSTM(INPUT, UNITS, batch_first=True).double()
    x = torch.randn(3, T, INPUT, dtype=torch.float64)
    lengths = [4, T, 2]

    def run():
        packed = nn.utils.rnn.pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
        return (module(packed)[0].data ** 2).sum()

    arrays, _ = seen_of(module, run)
    plain = written_out(module, x[1], lambda hs, h, c: (hs**2).sum())
    torch.testing.assert_close(
        torch.tensor(arrays["gradient.total.layers.0.cell_state"]),
        torch.tensor(plain["cell_state"]),
        rtol=1e-5,
        atol=1e-7,
    )


def test_a_cell_in_a_users_own_loop_is_seen_position_by_position():
    torch.manual_seed(2)
    cell = nn.LSTMCell(INPUT, UNITS).double()
    x = torch.randn(2, T, INPUT, dtype=torch.float64)
    hs, cs = [], []

    def run():
        h = c = torch.zeros(2, UNITS, dtype=torch.float64)
        for t in range(T):
            h, c = cell(x[:, t], (h, c))
            for kept, state in ((hs, h), (cs, c)):
                state.retain_grad()
                kept.append(state)
        return (h**2).sum()

    arrays, _ = seen_of(cell, run)
    for state, kept in (("hidden_state", hs), ("cell_state", cs)):
        expected = torch.stack([s.grad[0].norm() for s in kept]).float()
        torch.testing.assert_close(
            torch.tensor(arrays[f"gradient.total.layers.0.{state}"]), expected, rtol=1e-5, atol=1e-7
        )


def test_dropout_between_layers_hides_the_states():
    module = nn.LSTM(INPUT, UNITS, num_layers=2, dropout=0.5, batch_first=True)
    arrays, _ = seen_of(module, lambda: module(torch.randn(2, T, INPUT))[0].sum())
    assert not arrays
