from __future__ import annotations

import pytest
import torch
from torch import nn

from seqviz.core.batch import Batch, Field
from seqviz.core.interface import Interface, Space
from seqviz.models.bag_of_words import BagOfWords, BagOfWordsConfig
from seqviz.models.base import Context

V = 7
POOLINGS = pytest.mark.parametrize("pooling", ["mean", "sum"])


def make(**knobs: object) -> BagOfWords:
    torch.manual_seed(0)
    space = Space("tokens", V)
    config = BagOfWordsConfig(**{"d_embedding": 4, **knobs})
    model = BagOfWords(config, Interface(space, space, "softmax", 12))
    return model.double().eval()


def batch_of(tokens: list[list[int]]) -> Batch:
    field = Field(torch.tensor(tokens), ("batch", "t"))
    return Batch({"tokens": field}, {"tokens": field})


def said(model: BagOfWords, tokens: list[int]) -> torch.Tensor:
    return model.forward(batch_of([tokens]), Context()).predictive.log_probs()[0]


@POOLINGS
@pytest.mark.parametrize("window", [0, 1, 3, 12])
def test_the_bag_equals_torch_embedding_bag_values_and_gradients(pooling, window):
    model, tokens = make(pooling=pooling, window=window), [1, 4, 4, 0, 6, 2]
    bag = nn.EmbeddingBag(V, 4, mode=pooling).double()
    bag.load_state_dict(model.embedding.state_dict())
    rows = [tokens[max(t + 1 - window, 0) if window else 0 : t + 1] for t in range(len(tokens))]
    expected = torch.stack([bag(torch.tensor([row]))[0] for row in rows])
    actual = model.bag(model.embed(batch_of([tokens])))[0]
    torch.testing.assert_close(actual, expected, rtol=1e-12, atol=1e-12)
    expected.square().sum().backward()
    actual.square().sum().backward()
    torch.testing.assert_close(model.embedding.weight.grad, bag.weight.grad, rtol=1e-10, atol=1e-12)


def test_the_loss_passes_gradcheck():
    model, data = make(), batch_of([[1, 2, 3]])
    start = model.embedding.weight.detach().clone().requires_grad_()

    def losses(weight: torch.Tensor) -> torch.Tensor:
        output = torch.func.functional_call(model, {"embedding.weight": weight}, (data, Context()))
        return output.predictive.log_prob(data.targets["tokens"].values)

    assert torch.autograd.gradcheck(losses, (start,))


@POOLINGS
def test_any_order_of_what_was_read_gives_the_same_prediction(pooling):
    model = make(pooling=pooling)
    one, other = said(model, [1, 2, 3, 4]), said(model, [4, 2, 1, 3])
    torch.testing.assert_close(one[-1], other[-1], rtol=1e-12, atol=1e-12)
    assert not torch.allclose(one[-1], said(model, [1, 2, 3, 5])[-1])


def test_the_mean_forgets_how_often_a_text_was_said_and_the_sum_does_not():
    once, twice = [1, 2], [1, 2, 1, 2]
    mean, total = make(), make(pooling="sum")
    torch.testing.assert_close(said(mean, once)[-1], said(mean, twice)[-1])
    assert not torch.allclose(said(total, once)[-1], said(total, twice)[-1])


def test_what_left_the_window_changes_nothing():
    model = make(window=2)
    torch.testing.assert_close(said(model, [1, 2, 3])[-1], said(model, [5, 2, 3])[-1], rtol=1e-12, atol=1e-12)
    reach = model.reach(batch_of([[1, 2, 3]]), "embedding")
    assert reach.int().tolist() == [[1, 0, 0], [1, 1, 0], [0, 1, 1]]
    assert model.receptive_field() == 2
    assert make().receptive_field() is None


def test_a_window_longer_than_the_context_is_refused_in_one_line():
    with pytest.raises(ValueError, match=r"^model.window: a window of 13 tokens is longer than the context of 12"):
        make(window=13)


@POOLINGS
@pytest.mark.parametrize("window", [0, 3])
def test_generation_by_a_running_sum_equals_the_whole_pass(pooling, window):
    model, tokens = make(pooling=pooling, window=window), [3, 1, 1, 6, 0, 5, 2, 4]
    expected, state = said(model, tokens), model.initial_state(1)
    for t, token in enumerate(tokens):
        log_probs, state = model.step(torch.tensor([token]), state)
        torch.testing.assert_close(log_probs[0], expected[t], rtol=1e-10, atol=1e-12)
