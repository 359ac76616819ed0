"""Loops that are not the usual one: watched or not, they do the same to the bit, and nothing in them raises."""

from __future__ import annotations

import copy
import io
import pickle

import pytest
import torch
from torch import nn
from torch.nn import functional
from torch.utils.checkpoint import checkpoint

import seqviz
from seqviz.core.events import RunFailed, StepMetrics
from seqviz.watching.sites import Inert
from tests.watching.small_scripts import eager

X = torch.randint(0, 5, (3, 6), generator=torch.Generator().manual_seed(1))
Y = torch.randn(3, 6, 4, generator=torch.Generator().manual_seed(2))


class Net(nn.Module):
    """Embedding, LSTM with dropout, a ReLU in place, and a linear layer."""

    def __init__(self, sparse: bool = False) -> None:
        super().__init__()
        self.embedding = nn.Embedding(5, 8, sparse=sparse)
        self.rnn = nn.LSTM(8, 8, batch_first=True)
        self.between, self.relu = nn.Linear(8, 8), nn.ReLU(inplace=True)
        self.drop, self.head = nn.Dropout(0.3), nn.Linear(8, 4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(self.drop(self.relu(self.between(self.rnn(self.embedding(x))[0]))))


class Leaf(nn.Module):
    """Gives a parameter of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.table = nn.Parameter(torch.randn(3, 6, 4))

    def forward(self) -> torch.Tensor:
        return self.table


class WithLeaf(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.leaf, self.same = Leaf(), nn.Identity()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.same(self.leaf())


def plain(net, optimizer, step):
    optimizer.zero_grad()
    loss = functional.mse_loss(net(X), Y)
    loss.backward()
    optimizer.step()
    return loss


def accumulated(net, optimizer, step):
    loss = functional.mse_loss(net(X), Y) / 2
    loss.backward()
    if step % 2:
        optimizer.step()
        optimizer.zero_grad(set_to_none=False)
    return loss


def penalised(net, optimizer, step):
    """Differentiated twice."""
    optimizer.zero_grad()
    hidden = net.embedding(X).detach().requires_grad_()
    out = net.head(torch.tanh(hidden))
    (slope,) = torch.autograd.grad(out.sum(), hidden, create_graph=True)
    loss = functional.mse_loss(out, Y) + slope.square().sum()
    loss.backward()
    optimizer.step()
    return loss


def twice(net, optimizer, step):
    """Two passes of one model in a step, and one without gradients between them."""
    optimizer.zero_grad()
    first = net(X)
    with torch.no_grad():
        net.eval()
        net(X)
        net.train()
    loss = functional.mse_loss(first, net(X.flip(1)))
    loss.backward(retain_graph=True)
    loss.backward()
    optimizer.step()
    return loss


def recomputed(net, optimizer, step):
    optimizer.zero_grad()
    loss = functional.mse_loss(checkpoint(net, X, use_reentrant=False), Y)
    loss.backward()
    optimizer.step()
    return loss


def lower(net, optimizer, step):
    optimizer.zero_grad()
    with torch.autocast("cpu", torch.bfloat16):
        loss = functional.mse_loss(net(X).float(), Y)
    loss.backward()
    optimizer.step()
    return loss


def broken(net, optimizer, step):
    """The loss is not a number from the second step on."""
    optimizer.zero_grad()
    loss = functional.mse_loss(net(X), Y) * (float("nan") if step else 1.0)
    loss.backward()
    optimizer.step()
    return loss


def closing(net, optimizer, step):
    def closure():
        optimizer.zero_grad()
        loss = functional.mse_loss(net(X), Y)
        loss.backward()
        return loss

    return optimizer.step(closure)


def partly(net, optimizer, step):
    """Some parameters have no gradient."""
    optimizer.zero_grad()
    loss = functional.mse_loss(net.head(net.embedding(X)), Y)
    loss.backward()
    optimizer.step()
    return loss


def kept(net, optimizer, step):
    """The whole model goes to a file and to a copy at every step, and the copy is used."""
    loss = plain(net, optimizer, step)
    torch.save(net, io.BytesIO())
    pickle.dumps(optimizer)
    other = copy.deepcopy(net)
    functional.mse_loss(other(X), Y).backward()
    return loss


def sgd(net):
    return torch.optim.SGD(net.parameters(), 0.05, momentum=0.9)


def lbfgs(net):
    return torch.optim.LBFGS(net.parameters(), 0.1, max_iter=3)


def sparse_adam(net):
    return torch.optim.SparseAdam([net.embedding.weight], 0.01)


CASES = {
    "accumulated": (Net, sgd, accumulated),
    "differentiated twice": (Net, sgd, penalised),
    "two passes": (Net, sgd, twice),
    "recomputed": (Net, sgd, recomputed),
    "autocast": (Net, sgd, lower),
    "no numbers": (Net, sgd, broken),
    "closure": (Net, lbfgs, closing),
    "parts without gradient": (Net, sgd, partly),
    "sparse": (lambda: Net(sparse=True), sparse_adam, plain),
    "saved and copied": (Net, sgd, kept),
    "a parameter given as it is": (WithLeaf, sgd, plain),
    "double precision": (lambda: Net().double(), sgd, lambda n, o, s: plain_double(n, o)),
}


def plain_double(net, optimizer):
    optimizer.zero_grad()
    loss = functional.mse_loss(net(X), Y.double())
    loss.backward()
    optimizer.step()
    return loss


def run(case: str, watch: bool, optimised: bool, tell: bool = True):
    make, optimise, loop = CASES[case]
    torch.manual_seed(0)
    net = make()
    optimizer = optimise(net)
    watcher = eager(seqviz.watch(net, optimizer if optimised else None)) if watch else None
    losses = []
    for step in range(6):
        loss = loop(net, optimizer, step)
        losses.append(float(loss.detach()))
        if watcher is not None and tell:
            watcher.loss(loss)
    if watcher is not None:
        watcher.detach()
    return losses, net.state_dict(), torch.get_rng_state()


@pytest.mark.parametrize("optimised", [True, False])
@pytest.mark.parametrize("case", CASES)
@pytest.mark.filterwarnings("error")
def test_an_unusual_loop_does_the_same_to_the_bit_and_is_watched_to_its_end(box, case, optimised, capsys):
    losses, weights, state = run(case, False, optimised)
    losses_2, weights_2, state_2 = run(case, True, optimised)
    assert torch.equal(torch.tensor(losses).nan_to_num(-1), torch.tensor(losses_2).nan_to_num(-1))
    for name, values in weights.items():
        assert torch.equal(values.nan_to_num(-1.0), weights_2[name].nan_to_num(-1.0)), name
    assert torch.equal(state, state_2)
    assert box.of(StepMetrics)
    assert not box.of(RunFailed)
    assert "stopped watching" not in capsys.readouterr().err


def test_a_copy_of_a_watched_model_is_not_watched(box):
    net = Net()
    optimizer = sgd(net)
    eager(seqviz.watch(net, optimizer))
    plain(net, optimizer, 0)
    other = copy.deepcopy(net)
    hooks = [h for m in other.modules() for h in (*m._forward_pre_hooks.values(), *m._forward_hooks.values())]
    assert hooks, "the case must copy a model that is about to be looked at"
    assert all(isinstance(hook, Inert) for hook in hooks)
    functional.mse_loss(other(X), Y).backward()
    restored = torch.load(saved(net), weights_only=False)
    assert torch.equal(restored.head.weight, net.head.weight)


def saved(net: nn.Module) -> io.BytesIO:
    file = io.BytesIO()
    torch.save(net, file)
    file.seek(0)
    return file


def test_a_parameter_that_a_module_gives_as_it_is_keeps_no_hook(box):
    net = WithLeaf()
    optimizer = sgd(net)
    watcher = eager(seqviz.watch(net, optimizer))
    for step in range(3):
        plain(net, optimizer, step)
    watcher.detach()
    assert not net.leaf.table._backward_hooks
