"""Whether the order of tokens matters to attention: exact where it cannot, plain recomputation where it does."""

from __future__ import annotations

import pytest
import torch

from seqviz.analysis import Subject
from seqviz.analysis.order_test import SHUFFLES, OrderTest, shuffled
from seqviz.models.base import Context
from tests.analysis.small_models import build, text_batch

ALL = frozenset({"order.*"})


def numbers(**knobs: object) -> tuple[float, float]:
    model = build("transformer", d_model=8, n_heads=2, **knobs)
    found = OrderTest().compute(Subject(model, text_batch(2)), ALL)
    return float(found["order.first_attention"].values), float(found["order.prediction"].values)


def test_one_block_without_positions_is_blind_to_the_order():
    first, prediction = numbers(position="none", n_layers=1)
    assert max(first, prediction) < 1e-12


def test_a_second_block_learns_of_the_order_by_the_mask_alone():
    first, prediction = numbers(position="none", n_layers=2)
    assert first < 1e-12
    assert prediction > 1e-9


@pytest.mark.parametrize("position", ["learned", "sinusoidal", "rope", "alibi"])
def test_any_position_encoding_lets_the_first_attention_see_the_order(position):
    first, prediction = numbers(position=position, n_layers=1)
    assert first > 1e-4
    assert prediction > 1e-9


def test_the_prediction_moves_by_the_total_variation_of_two_plain_passes():
    model, batch = build("transformer", d_model=8, n_heads=2, n_layers=2), text_batch(2)
    found = OrderTest().compute(Subject(model, batch), ALL)["order.prediction"].values
    worst = 0.0
    for seed in range(SHUFFLES):
        other = shuffled(batch, seed)
        with torch.no_grad():
            p = model(batch, Context()).predictive.log_probs()[:, -1].exp()
            q = model(other, Context()).predictive.log_probs()[:, -1].exp()
        worst = max(
            worst,
            *(0.5 * sum(abs(float(a - b)) for a, b in zip(*rows, strict=True)) for rows in zip(p, q, strict=True)),
        )
    assert float(found) == pytest.approx(worst, rel=1e-9)


def test_the_first_attention_moves_by_what_a_hook_hears_of_it_as_a_share_of_what_it_gave():
    model, batch = build("transformer", d_model=8, n_heads=2, n_layers=2), text_batch(2)
    heard: list[torch.Tensor] = []
    handle = model.stack[0].attention.register_forward_hook(
        lambda module, read, said: heard.append((said[0] if isinstance(said, tuple) else said)[:, -1])
    )
    with torch.no_grad():
        for each in (batch, *(shuffled(batch, seed) for seed in range(SHUFFLES))):
            model(each, Context())
    handle.remove()
    plain, *others = heard
    worst = max(float((other - plain).square().sum().sqrt() / plain.square().sum().sqrt()) for other in others)
    found = OrderTest().compute(Subject(model, batch), ALL)["order.first_attention"].values
    assert float(found) == pytest.approx(worst, rel=1e-9)


def test_a_shuffle_keeps_the_last_token_and_the_same_tokens_before_it():
    batch = text_batch(2)
    other = shuffled(batch, 0)
    before, after = batch.inputs["tokens"].values, other.inputs["tokens"].values
    assert torch.equal(before[:, -1], after[:, -1])
    assert torch.equal(before[:, :-1].sort(dim=1).values, after[:, :-1].sort(dim=1).values)
    assert not torch.equal(before, after)
