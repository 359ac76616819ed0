"""word2vec against the loss of the paper written out with plain loops, and its gradients against the closed form."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from seqviz.core.batch import Batch
from seqviz.core.interface import Interface, Space
from seqviz.models.base import Context
from seqviz.models.word2vec import Word2Vec, Word2VecConfig
from tests.models.sample_batches import bag

WORDS, SIZE = 9, 4
SPACE = Space("tokens", WORDS)
INTERFACE = Interface(SPACE, SPACE, "negative_sampling", 6, "bag")


def make(method: str) -> Word2Vec:
    torch.manual_seed(3)
    config = Word2VecConfig(d_embedding=SIZE, method=method, initialization="normal")
    model = Word2Vec(config, INTERFACE).double()
    with torch.no_grad():
        for matrix in model.parameters():
            matrix.normal_()
    return model


def example() -> Batch:
    return bag(INTERFACE, 3, torch.Generator().manual_seed(5))


def sigma(x: float) -> float:
    return 1 / (1 + math.exp(-x))


def loss_of_the_paper(v: Tensor, u: Tensor, batch: Batch, row: int, t: int, method: str) -> float:
    """Position t of a row, one number at a time."""
    neighbours, there = batch.inputs["tokens"].values[row, t], batch.inputs["tokens"].mask[row, t]
    drawn, target = batch.inputs["drawn"].values[row, t].tolist(), int(batch.targets["tokens"].values[row, t])
    vectors = [v[n] for n, here in zip(neighbours.tolist(), there.tolist(), strict=True) if here]
    contexts = vectors if method == "skip_gram" else [sum(vectors) / len(vectors)]
    losses = []
    for h in contexts:
        loss = -math.log(sigma(float(u[target] @ h)))
        loss -= sum(math.log(sigma(-float(u[n] @ h))) for n in drawn if n != target)
        losses.append(loss)
    return sum(losses) / len(losses)


@pytest.mark.parametrize("method", ["skip_gram", "cbow"])
def test_the_loss_of_every_position_is_that_of_the_paper(method):
    model, batch = make(method), example()
    v, u = model.embedding.weight.detach(), model.head.output.weight.detach()
    said = -model.forward(batch, Context()).predictive.log_prob(batch.targets["tokens"].values)
    for row in range(3):
        for t in range(6):
            expected = loss_of_the_paper(v, u, batch, row, t, method)
            assert said[row, t].item() == pytest.approx(expected, rel=1e-12)


def test_the_gradient_of_a_pair_is_its_error_times_the_other_vector():
    """d l / d v_c = (sigma(u_o.v_c) - 1) u_o + sum_k sigma(u_k.v_c) u_k, for a single pair."""
    model, batch = make("skip_gram"), example()
    neighbours = batch.inputs["tokens"]
    row, t = 1, 2
    there = torch.zeros_like(neighbours.mask)
    there[row, t, 0] = True
    single = Batch(
        {"tokens": type(neighbours)(neighbours.values, neighbours.axes, there), "drawn": batch.inputs["drawn"]},
        batch.targets,
    )
    loss = -model.forward(single, Context()).predictive.log_prob(batch.targets["tokens"].values)[row, t]
    (gradient,) = torch.autograd.grad(loss, model.embedding.weight)
    v, u = model.embedding.weight.detach(), model.head.output.weight.detach()
    c, o = int(neighbours.values[row, t, 0]), int(batch.targets["tokens"].values[row, t])
    expected = (torch.sigmoid(u[o] @ v[c]) - 1) * u[o]
    for k in batch.inputs["drawn"].values[row, t].tolist():
        if k != o:
            expected = expected + torch.sigmoid(u[k] @ v[c]) * u[k]
    torch.testing.assert_close(gradient[c], expected, rtol=1e-10, atol=1e-12)
    others = [n for n in range(WORDS) if n != c]
    assert bool((gradient[others] == 0).all())


def test_with_one_neighbour_both_methods_are_the_same():
    one, other, batch = make("skip_gram"), make("cbow"), example()
    field = batch.inputs["tokens"]
    there = torch.zeros_like(field.mask)
    there[:, :, 1] = True
    single = Batch({**batch.inputs, "tokens": type(field)(field.values, field.axes, there)}, batch.targets)
    targets = batch.targets["tokens"].values
    a, b = (model.forward(single, Context()).predictive.log_prob(targets) for model in (one, other))
    torch.testing.assert_close(a, b, rtol=1e-12, atol=0)


def test_a_bag_has_no_order():
    batch = example()
    field = batch.inputs["tokens"]
    turned = Batch(
        {**batch.inputs, "tokens": type(field)(field.values.flip(2), field.axes, field.mask.flip(2))}, batch.targets
    )
    targets = batch.targets["tokens"].values
    for method in ("skip_gram", "cbow"):
        model = make(method)
        a, b = (model.forward(x, Context()).predictive.log_prob(targets) for x in (batch, turned))
        torch.testing.assert_close(a, b, rtol=1e-12, atol=1e-14)
