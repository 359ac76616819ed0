"""ELMo against two of torch's LSTM stacks and a softmax-weighted sum; and what may know of what."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from seqviz.core.batch import Batch, Field
from seqviz.core.interface import Interface, Space
from seqviz.models.base import Context
from seqviz.models.elmo import Elmo, ElmoConfig

WORDS, TAGS, SIZE, LAYERS = 11, 4, 5, 2
INTERFACE = Interface(Space("tokens", WORDS), Space("tokens", TAGS), "softmax", 7)
CLOSE = {"rtol": 1e-9, "atol": 1e-12}


def make(**knobs: object) -> Elmo:
    torch.manual_seed(1)
    model = Elmo(ElmoConfig(**{"d_hidden": SIZE, "n_layers": LAYERS, "pretraining": 0.0, **knobs}), INTERFACE).double()
    with torch.no_grad():
        model.mixture.weight.normal_()
        model.mixture.scale.fill_(1.7)
    return model.eval()


def words(rows: int = 3, length: int = 7) -> Tensor:
    return torch.randint(WORDS, (rows, length), generator=torch.Generator().manual_seed(4))


def batch_of(tokens: Tensor, mask: Tensor | None = None) -> Batch:
    axes = ("batch", "t")
    targets = tokens % TAGS
    return Batch({"tokens": Field(tokens, axes, mask)}, {"tokens": Field(targets, axes, mask)}, tokens=tokens.numel())


def torch_stack(model: Elmo, way: str) -> nn.LSTM:
    """The layers of one direction as one module of torch."""
    whole = nn.LSTM(SIZE, SIZE, LAYERS, batch_first=True).double()
    for layer, net in enumerate(model.stack(way)):
        for kind in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"):
            getattr(whole, f"{kind}_l{layer}").data = getattr(net, f"{kind}_l0").data
    return whole


def test_the_top_layer_is_that_of_two_stacks_of_torch_one_reading_back():
    model, tokens = make(), words()
    x = model.embedding(tokens)
    top = model.read(Field(tokens, ("batch", "t")))[-1]
    on = torch_stack(model, "forward")(x)[0]
    back = torch_stack(model, "backward")(x.flip(1))[0].flip(1)
    torch.testing.assert_close(top, torch.cat([on, back], dim=2), **CLOSE)


def test_what_the_head_reads_is_the_scaled_mean_of_all_layers_by_softmax():
    model, tokens = make(), words()
    layers = model.read(Field(tokens, ("batch", "t")))
    shares = torch.softmax(model.mixture.weight, dim=0)
    mixed = 1.7 * sum(share * layer for share, layer in zip(shares, layers, strict=True))
    said = model.forward(batch_of(tokens), Context()).predictive.logits
    torch.testing.assert_close(said, model.head.linear(mixed), **CLOSE)
    assert len(layers) == LAYERS + 1
    torch.testing.assert_close(layers[0], torch.cat([model.embedding(tokens)] * 2, dim=2), **CLOSE)


def test_the_reading_loss_is_that_of_two_language_models_with_one_softmax():
    model, tokens = make(), words()
    x = model.embedding(tokens)
    on = model.foretell(torch_stack(model, "forward")(x)[0])
    back = model.foretell(torch_stack(model, "backward")(x.flip(1))[0].flip(1))
    expected = F.cross_entropy(on[:, :-1].flatten(0, 1), tokens[:, 1:].flatten(), reduction="sum")
    expected = expected + F.cross_entropy(back[:, 1:].flatten(0, 1), tokens[:, :-1].flatten(), reduction="sum")
    total, count = model.reading_loss(Field(tokens, ("batch", "t")))
    torch.testing.assert_close(total, expected, **CLOSE)
    assert count == 2 * 3 * 6


@pytest.mark.parametrize("way", ["forward", "backward"])
def test_no_direction_knows_the_word_that_it_foretells(way):
    """The top state that foretells the word at s depends on no word at s or on its far side."""
    model, tokens = make(), words(rows=1)
    x = model.embedding(tokens).detach().requires_grad_()
    model.embedding.register_forward_hook(lambda module, given, output: x)
    on, back = model.read(Field(tokens, ("batch", "t")))[-1].chunk(2, dim=2)
    for s in range(1, 6):
        state = on[:, s - 1] if way == "forward" else back[:, s + 1]
        (found,) = torch.autograd.grad(state.sum(), x, retain_graph=True)
        seen = found[0].abs().sum(dim=1) > 0
        assert seen.tolist() == [(t < s) if way == "forward" else (t > s) for t in range(7)]


def test_padding_changes_nothing_of_a_row():
    model, tokens = make(), words()
    mask = torch.ones(3, 7, dtype=torch.bool)
    mask[1, 4:] = False
    padded = model.forward(batch_of(tokens, mask), Context()).predictive.log_probs()[1, :4]
    alone = model.forward(batch_of(tokens[1:2, :4]), Context()).predictive.log_probs()[0]
    torch.testing.assert_close(padded, alone, **CLOSE)
    whole, few = model.reading_loss(Field(tokens, ("batch", "t"), mask))
    parts = [model.reading_loss(Field(tokens[r : r + 1, : 4 if r == 1 else 7], ("batch", "t"))) for r in range(3)]
    torch.testing.assert_close(whole, sum(part for part, _ in parts), **CLOSE)
    assert few == sum(count for _, count in parts)
    traced = model.trace(batch_of(tokens, mask)).arrays["layers.0.backward.hidden_state"].values
    assert bool((traced[1, 4:] == 0).all())


def test_it_reads_first_and_is_taught_afterwards():
    model, batch = make(pretraining=0.5).train(), batch_of(words())
    reading = Field(words(rows=2, length=5), ("batch", "position"))
    batch = replace(batch, inputs={**batch.inputs, "reading": reading})
    early, late = model.forward(batch, Context(progress=0.49)), model.forward(batch, Context(progress=0.5))
    expected = model.reading_loss(reading)
    assert early.own_loss is not None
    torch.testing.assert_close(early.own_loss[0], expected[0])
    assert late.own_loss is None
    assert model.eval().forward(batch, Context()).own_loss is None


@pytest.mark.parametrize(("fine_tune", "moved"), [(True, True), (False, False)])
def test_frozen_stacks_feel_nothing_of_the_tags(fine_tune, moved):
    model, batch = make(pretraining=0.5, fine_tune=fine_tune).train(), batch_of(words())
    output = model.forward(batch, Context(progress=0.9))
    (-output.predictive.log_prob(batch.targets["tokens"].values)).sum().backward()
    assert (model.stack("forward")[0].weight_hh_l0.grad is not None) == moved
    assert model.mixture.weight.grad is not None
