"""Every witness against a slow, plain computation of what it claims to weigh."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from seqviz.analysis import Subject
from seqviz.analysis.witnesses import Question, witnesses
from seqviz.core.batch import Batch, Field
from seqviz.core.interface import Interface, Space
from seqviz.models.base import Context, architectures

SYMBOLS, LENGTH = 6, 9
SPACE = Space("tokens", SYMBOLS)
LABELS = tuple("abcdef")
PROBE = torch.tensor([[0, 1, 2, 3, 0, 1, 4, 2, 5]])
KNOBS = {
    "rnn": {"d_hidden": 5, "d_embedding": 4},
    "transformer": {"d_model": 8, "n_layers": 2, "n_heads": 2},
    "fixed_window": {"d_embedding": 4, "d_hidden": 5, "window": 3},
    "ngram": {"order": 3},
    "hmm": {"n_states": 3},
}


def batch_of(tokens: torch.Tensor) -> Batch:
    targets = torch.cat([tokens[:, 1:], torch.zeros_like(tokens[:, :1])], dim=1)
    mask = torch.ones_like(tokens, dtype=torch.bool)
    mask[:, -1] = False
    axes = ("batch", "t")
    return Batch({"tokens": Field(tokens, axes)}, {"tokens": Field(targets, axes, mask)}, tokens=tokens.numel())


def make(name: str):
    torch.manual_seed(0)
    cls = architectures.get(name)
    model = cls(cls.Config(**KNOBS[name]), Interface(SPACE, SPACE, "softmax", 16))
    if isinstance(model, torch.nn.Module):
        model.double()
    else:
        text = torch.randint(SYMBOLS, (1, 400), generator=torch.Generator().manual_seed(2))
        model.observe(batch_of(text))
        model.end_of_pass()
    return model


def heard(witness: str, model, position: int):
    kind = witnesses.get(witness)()
    assert kind.serves(model)
    labels = tuple(LABELS[i] for i in PROBE[0].tolist())
    said = list(kind.weigh(Question(Subject(model, batch_of(PROBE)), position, labels, LABELS)))
    assert said[-1] is not None
    assert all(piece is None for piece in said[:-1])
    return said[-1]


def loss(model, tokens: torch.Tensor, position: int) -> float:
    """l_{p-1} in nats, from the tokens before p alone."""
    with torch.no_grad():
        batch = batch_of(tokens[:, : position + 1])
        said = model.forward(batch, Context()).predictive.log_prob(batch.targets["tokens"].values)
    return -float(said[0, position - 1])


@pytest.mark.parametrize("name", sorted(KNOBS))
@pytest.mark.parametrize("position", [1, 5, 8])
def test_replacing_is_the_mean_change_over_every_other_token_of_the_probe(name, position):
    model = make(name)
    found = heard("replacing", model, position).weights
    before = loss(model, PROBE, position)
    for s in range(position):
        changes = []
        for other in range(SYMBOLS):
            if other != PROBE[0, s]:
                tokens = PROBE.clone()
                tokens[0, s] = other
                changes.append(abs(loss(model, tokens, position) - before) / math.log(2))
        assert found[s] == pytest.approx(np.mean(changes), rel=1e-6, abs=1e-9)


@pytest.mark.parametrize(
    ("smoothing", "said"),
    [("maximum_likelihood", "finite and infinite"), ("stupid_backoff", "no probabilities")],
)
def test_replacing_says_in_words_where_a_loss_is_infinite_or_none(monkeypatch, smoothing, said):
    monkeypatch.setitem(KNOBS, "ngram", {"order": 3, "smoothing": smoothing})
    model = make("ngram")
    told = [heard("replacing", model, position) for position in range(1, 9)]
    assert any(said in item.sentence for item in told)
    assert not any("nan" in item.sentence or "inf bits" in item.sentence for item in told)
    if smoothing == "maximum_likelihood":
        assert not any(np.isnan(item.weights).any() for item in told)


def test_replacing_changes_nothing_before_what_a_counter_or_a_window_reads():
    for name, sight in (("ngram", 2), ("fixed_window", 3)):
        found = heard("replacing", make(name), 8).weights
        assert (found[: 8 - sight] == 0).all()
        assert (found[8 - sight :] > 0).all()


def test_looking_leaves_a_model_in_training_as_it_was():
    model = make("rnn")
    model.train()
    heard("replacing", model, 4)
    assert model.training


def test_the_gradient_is_autograd_s_norm_for_each_token_as_shares():
    model = make("rnn")
    found = heard("gradient", model, 6).weights
    trace = model.trace(batch_of(PROBE), keep_graph=True)
    (gradient,) = torch.autograd.grad(trace.losses[0, 5], trace.sites["embedding"].steps)
    norms = gradient[0, :6].norm(dim=-1).numpy()
    np.testing.assert_allclose(found, norms / norms.sum(), rtol=1e-12)


def test_attention_is_the_row_of_the_last_block_mean_over_its_heads():
    model = make("transformer")
    found = heard("attention", model, 7).weights
    row = model.trace(batch_of(PROBE)).arrays["blocks.1.attention.pattern"].values[0, :, 6, :7].mean(dim=0)
    np.testing.assert_allclose(found, row.numpy() / row.numpy().sum(), rtol=1e-12)


def test_sight_is_what_the_receptive_field_lets_through():
    assert (heard("sight", make("fixed_window"), 8).weights > 0).tolist() == [False] * 5 + [True] * 3


def test_counts_weigh_each_token_by_the_orders_that_read_it():
    model = make("ngram")
    evidence = heard("counts", model, 8)
    shares = model.trace(batch_of(PROBE)).arrays["backoff.weight"].values[0, 7].numpy()  # (order,)
    expected = np.zeros(8)
    expected[7] = shares[1] + shares[2]
    expected[6] = shares[2]
    np.testing.assert_allclose(evidence.weights, expected / expected.sum(), rtol=1e-9)
    counts = [value for _, value, _ in evidence.rows]
    assert counts == sorted(counts, reverse=True)
    assert sum(is_true for _, _, is_true in evidence.rows) <= 1


def test_the_state_path_reads_no_future():
    model = make("hmm")
    at_five = heard("states", model, 5)
    changed = PROBE.clone()
    changed[0, 6:] = 0
    kind = witnesses.get("states")()
    labels = tuple(LABELS[i] for i in changed[0].tolist())
    again = list(kind.weigh(Question(Subject(model, batch_of(changed)), 5, labels, LABELS)))[-1]
    assert again is not None
    assert at_five.labels == again.labels
    assert len(at_five.labels) == 5
    assert sum(value for _, value, _ in at_five.rows) == pytest.approx(1.0, abs=1e-5)  # all six symbols


def test_a_counter_of_lone_symbols_sees_nothing(monkeypatch):
    monkeypatch.setitem(KNOBS, "ngram", {"order": 1})
    sight = heard("sight", make("ngram"), 4)
    assert "no token at all" in sight.sentence
    assert (sight.weights == 0).all()
    assert "No other token" in heard("replacing", make("ngram"), 4).sentence
