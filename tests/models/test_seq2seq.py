from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch.nn import functional as F

from seqviz.core.batch import Batch, Field
from seqviz.models.base import Context
from seqviz.models.seq2seq import Seq2Seq
from tests.models.sample_batches import Case, all_cases

CASE = next(case for case in all_cases() if case.name == "seq2seq")
TIGHT = {"rtol": 1e-10, "atol": 1e-12}


@pytest.fixture
def model() -> Seq2Seq:
    built = CASE.build()
    assert isinstance(built, Seq2Seq)
    return built


def said(model: Seq2Seq, batch: Batch) -> torch.Tensor:
    return model.forward(batch, Context()).predictive.logits


def cut(field: Field, row: int, length: int) -> Field:
    return Field(field.values[row : row + 1, :length], field.axes)


def test_padding_changes_nothing(model: Seq2Seq) -> None:
    batch = CASE.batch()
    alone = replace(
        batch, inputs={"source": cut(batch.inputs["source"], 1, 4), "decoder": cut(batch.inputs["decoder"], 1, 3)}
    )
    torch.testing.assert_close(said(model, batch)[1, :3], said(model, alone)[0], **TIGHT)


def test_what_stands_in_the_padding_changes_nothing(model: Seq2Seq) -> None:
    batch = CASE.batch()
    source = batch.inputs["source"]
    other = source.values.clone()
    other[1, -2:] = (other[1, -2:] + 1) % 7
    changed = replace(batch, inputs={**batch.inputs, "source": Field(other, source.axes, source.mask)})
    assert torch.equal(said(model, batch), said(model, changed))


def test_the_pattern_is_a_distribution_over_the_present_source(model: Seq2Seq) -> None:
    batch = CASE.batch()
    pattern = model.trace(batch).arrays["attention.pattern"]
    assert pattern.axes == ("batch", "target", "source")
    torch.testing.assert_close(pattern.values.sum(dim=2), torch.ones(3, 5, dtype=torch.float64))
    assert bool((pattern.values[1, :, -2:] == 0).all())
    assert bool((pattern.values[0] > 0).all())


def test_the_context_is_torchs_own_attention_with_scale_one(model: Seq2Seq) -> None:
    batch = CASE.batch()
    arrays = model.trace(batch).arrays
    query, memory = (arrays[f"{side}.hidden_state"].values for side in ("decoder", "encoder"))
    mask = batch.inputs["source"].mask[:, None].expand(-1, 5, -1)
    expected = F.scaled_dot_product_attention(query, memory, memory, attn_mask=mask, scale=1.0)
    torch.testing.assert_close(arrays["attention.context"].values, expected, **TIGHT)


def test_the_decoder_starts_from_the_state_after_the_last_present_symbol(model: Seq2Seq) -> None:
    batch = CASE.batch()
    arrays = model.trace(batch).arrays
    encoder = arrays["encoder.hidden_state"].values
    start = torch.stack([encoder[0, -1], encoder[1, -3], encoder[2, -1]])
    x = model.target_embedding(batch.inputs["decoder"].values[:, 0])
    cell = torch.nn.GRUCell(5, 4).double()
    cell.load_state_dict({name.removesuffix("_l0"): value for name, value in model.decoder.state_dict().items()})
    torch.testing.assert_close(arrays["decoder.hidden_state"].values[:, 0], cell(x, start), **TIGHT)


def test_later_target_symbols_leave_earlier_outputs_alone(model: Seq2Seq) -> None:
    batch = CASE.batch()
    decoder = batch.inputs["decoder"]
    other = decoder.values.clone()
    other[:, 3:] = (other[:, 3:] + 1) % 7
    changed = replace(batch, inputs={**batch.inputs, "decoder": Field(other, decoder.axes, decoder.mask)})
    before, after = said(model, batch), said(model, changed)
    assert torch.equal(before[:, :3], after[:, :3])
    assert not torch.equal(before[0, 3:], after[0, 3:])


def test_reach_is_rectangular_for_the_source_and_causal_for_the_target(model: Seq2Seq) -> None:
    batch = CASE.batch()
    assert model.reach(batch, "encoder.hidden_state").shape == (5, 6)
    assert bool(model.reach(batch, "encoder.hidden_state").all())
    assert torch.equal(model.reach(batch, "decoder.hidden_state"), torch.ones(5, 5).tril().bool())


def test_it_serves_pairs_only() -> None:
    assert {case.interface.structure for case in all_cases() if isinstance(case, Case) and case.name == "seq2seq"} == {
        "pair"
    }
