"""Evidence of a forgotten mask: what losses feel of later inputs, against a double loop of finite differences."""

from __future__ import annotations

import pytest
import torch

from seqviz.analysis import Subject
from seqviz.analysis.future_gradient import NAME, PLACES, FutureGradient, future_and_past
from seqviz.models.base import Context, position_losses
from tests.analysis.small_models import build, text_batch

CAUSAL = ["rnn", "lstm", "gru", "transformer", "tcn", "gated_conv", "fixed_window", "bag_of_words"]


def unmasked():
    model = build("transformer", d_model=8, n_heads=2, n_layers=2)
    for block in model.stack:
        block.attention.causal = False
    return model


@pytest.mark.parametrize("name", CAUSAL)
def test_a_causal_model_feels_nothing_of_what_comes_later_to_the_last_bit(name):
    future, past = future_and_past(build(name, d_hidden=5, d_model=8, n_heads=2), text_batch(2))
    assert future.item() == 0.0
    assert past.item() > 0


def test_without_a_mask_both_norms_equal_finite_differences_of_the_early_losses():
    model, batch = unmasked(), text_batch(1, positions=4, last_has_target=True)
    x = model.embed(batch).detach()  # (1, T, D)
    squares = {"future": 0.0, "past": 0.0}
    for share in PLACES:
        end = max(1, int(share * 4))
        for t in range(4):
            for dim in range(x.shape[2]):
                slope = (early(model, batch, x, t, dim, 1e-6, end) - early(model, batch, x, t, dim, -1e-6, end)) / 2e-6
                squares["past" if t < end else "future"] += slope**2
    future, past = future_and_past(model, batch)
    assert future.item() == pytest.approx(squares["future"] ** 0.5, rel=1e-6)
    assert past.item() == pytest.approx(squares["past"] ** 0.5, rel=1e-6)
    assert future.item() > 0.01 * past.item()


def early(model, batch, x, t, dim, change, end) -> float:
    moved = x.clone()
    moved[0, t, dim] += change
    model.embed = lambda _: moved
    try:
        with torch.no_grad():
            return float(position_losses(model(batch, Context()), batch)[:, :end].sum())
    finally:
        del model.embed


def test_no_hook_is_left_behind_and_weights_have_no_gradient():
    model = build("lstm", d_hidden=5)
    FutureGradient().compute(Subject(model, text_batch(1)), frozenset({NAME}))
    assert not model.embedding._forward_hooks
    assert all(parameter.grad is None for parameter in model.parameters())
