from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from seqviz.core.batch import Batch, Field
from seqviz.core.interface import Interface, Needs, Space, reason_against
from seqviz.models.base import Context
from seqviz.models.positional import Position, distance_penalty
from seqviz.models.trace import Recorder
from seqviz.models.transformer_blocks import Block, BlocksConfig
from seqviz.models.transformer_encoder import TransformerEncoder
from tests.models.test_transformer import mapped

TIGHT = {"rtol": 1e-9, "atol": 1e-12}
PRESENT = torch.arange(5) < torch.tensor([5, 3, 1])[:, None]  # (B, S)


def build(**knobs: Any) -> TransformerEncoder:
    torch.manual_seed(0)
    interface = Interface(Space("tokens", 9), Space("tokens", 8), "softmax", 12)
    config = BlocksConfig(**{"d_model": 8, "n_heads": 2, "n_layers": 2, "d_feedforward": 2, **knobs})
    return TransformerEncoder(config, interface).double().eval()


def tokens(mask: torch.Tensor | None = None) -> Batch:
    values = torch.randint(9, (3, 5), generator=torch.Generator().manual_seed(2))
    return Batch({"tokens": Field(values, ("batch", "t"), mask)}, {"tokens": Field(values % 8, ("batch", "t"), mask)})


@pytest.mark.parametrize("norm", ["pre", "post"])
@pytest.mark.parametrize("activation", ["relu", "gelu"])
@pytest.mark.parametrize("padding", [False, True])
def test_a_block_equals_torchs_encoder_layer(norm: str, activation: Any, padding: bool) -> None:
    torch.manual_seed(0)
    config = BlocksConfig(d_model=8, n_heads=2, d_feedforward=3, norm=norm, activation=activation, bias=True)
    ours = Block(config, causal=False).double()
    theirs = nn.TransformerEncoderLayer(
        8, 2, 24, dropout=0.0, activation=activation, batch_first=True, norm_first=norm == "pre"
    ).double()
    with torch.no_grad():
        for parameter in ours.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.3)
    theirs.load_state_dict(mapped(ours))
    x = torch.randn(3, 5, 8, dtype=torch.float64, requires_grad=True)
    present = PRESENT if padding else None
    expected = theirs(x, src_key_padding_mask=~PRESENT if padding else None)
    actual = ours(x, Position(), present)
    longhand = ours.trace(x, Position(), Recorder(keep_graph=True), "blocks.0", present)
    seen = PRESENT if padding else torch.ones(3, 5, dtype=torch.bool)
    torch.testing.assert_close(actual[seen], expected[seen], **TIGHT)
    torch.testing.assert_close(longhand, actual, **TIGHT)
    weight = torch.randn_like(expected) * seen[..., None]
    one, other = (torch.autograd.grad((y * weight).sum(), x)[0] for y in (actual, expected))
    torch.testing.assert_close(one, other, **TIGHT)


@pytest.mark.parametrize("position", ["none", "sinusoidal", "learned", "rope", "alibi"])
def test_padding_changes_nothing_of_a_row(position: Any) -> None:
    model, batch = build(position=position), tokens(PRESENT)
    together, traced = model.forward(batch, Context()).predictive.logits, model.trace(batch)
    torch.testing.assert_close(traced.output.predictive.logits, together, **TIGHT)
    for row, length in enumerate((5, 3, 1)):
        alone = batch.convert(lambda values, row=row, length=length: values[row : row + 1, :length])
        own = model.forward(alone, Context()).predictive.logits[0]
        torch.testing.assert_close(together[row, :length], own, **TIGHT)
        assert bool((traced.arrays["blocks.0.attention.pattern"].values[row, :, :, length:] == 0).all())


def test_every_token_reads_on_both_sides() -> None:
    pattern = build().trace(tokens()).arrays["blocks.0.attention.pattern"].values
    assert bool((pattern > 0).all())


def test_without_positions_the_order_is_lost_and_with_them_it_is_not() -> None:
    batch = tokens()
    turned = batch.convert(lambda values: values.flip(1))
    for position, lost in (("none", True), ("sinusoidal", False), ("rope", False), ("alibi", True)):
        model = build(position=position)
        there, back = (model.forward(b, Context()).predictive.logits for b in (batch, turned))
        assert torch.allclose(there, back.flip(1)) is lost, position  # alibi knows distances, not directions


def test_alibi_looks_both_ways_alike() -> None:
    penalty = distance_penalty(2, 5, 5, torch.float64, torch.device("cpu"), False)
    assert torch.equal(penalty, penalty.transpose(1, 2))
    assert penalty[0, 1, 4] == penalty[0, 4, 1] == 3 * penalty[0, 1, 2]


def test_predicting_the_next_token_is_refused_with_the_reason() -> None:
    reason = reason_against(TransformerEncoder.offers, Needs("chain", "tokens", "softmax", causal=True))
    assert reason is not None
    assert "sees the future" in reason
