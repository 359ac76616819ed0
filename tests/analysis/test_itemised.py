from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from seqviz.analysis import Subject
from seqviz.analysis.itemised import (
    batched_itemised,
    itemised_maps,
    map_axes,
    naive_itemised,
    prefix_itemised,
    scanned_itemised,
)
from seqviz.core.interface import Interface, Space
from seqviz.models.base import architectures
from tests.analysis.small_models import OTHERS, RECURRENT, SMALL, build, text_batch, vector_batch


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("batch_size", [1, 3])
@pytest.mark.parametrize("name", RECURRENT)
def test_the_map_by_hand_equals_one_autograd_call_per_cell(name, batch_size, layers):
    subject = Subject(build(name, **{**SMALL, "n_layers": layers}), text_batch(batch_size))
    maps = scanned_itemised(subject, embedding=True)
    assert set(maps) == set(subject.graph.sites)
    for site, found in maps.items():
        assert torch.allclose(found, naive_itemised(subject, site), rtol=1e-9, atol=1e-14), site


@pytest.mark.parametrize("name", RECURRENT)
def test_the_map_by_hand_holds_for_a_loss_at_the_end_alone(name):
    interface = Interface(Space("vectors", 2), Space("vectors", 1), "last_gaussian", 6)
    subject = Subject(build(name, interface, **SMALL), vector_batch())
    maps = scanned_itemised(subject)
    for site, found in maps.items():
        assert found.shape == (2, 1, 6)
        assert (found > 0).all()
        assert torch.allclose(found, naive_itemised(subject, site), rtol=1e-9, atol=1e-14), site


def test_the_map_by_hand_holds_for_a_relu_network():
    subject = Subject(build("rnn", activation="relu", initialization="identity", **SMALL), text_batch(2))
    for site, found in scanned_itemised(subject).items():
        assert torch.allclose(found, naive_itemised(subject, site), rtol=1e-9, atol=1e-14), site


@pytest.mark.parametrize("batch_size", [1, 3])
@pytest.mark.parametrize("name", OTHERS + ["lstm"])
def test_the_batched_map_equals_one_autograd_call_per_cell(name, batch_size):
    subject = Subject(build(name, **SMALL), text_batch(batch_size))
    maps = batched_itemised(subject)
    assert maps
    for site, found in maps.items():
        assert torch.allclose(found, naive_itemised(subject, site), rtol=1e-9, atol=1e-14), site


@pytest.mark.parametrize("batch_size", [1, 3])
@pytest.mark.parametrize("name", [name for name in OTHERS if architectures.get(name).offers.causal])
def test_going_by_prefixes_changes_nothing_for_causal_models(name, batch_size):
    subject = Subject(build(name, **SMALL), text_batch(batch_size, positions=7, last_has_target=True))
    whole = batched_itemised(subject)
    for parts in (1, 3, 4):
        for site, found in prefix_itemised(subject, parts).items():
            assert torch.allclose(found, whole[site], rtol=1e-9, atol=1e-14), site


@pytest.mark.filterwarnings("error")
def test_a_text_of_one_position_has_no_part_without_positions():
    subject = Subject(build("transformer", **SMALL), text_batch(1, positions=1, last_has_target=True))
    maps = prefix_itemised(subject)
    assert maps
    for site, found in maps.items():
        assert torch.allclose(found, naive_itemised(subject, site), rtol=1e-9, atol=1e-14), site


def test_the_batched_map_does_not_depend_on_how_many_rows_go_at_once(monkeypatch):
    subject = Subject(build("lstm", **SMALL), text_batch(3))
    whole = batched_itemised(subject)
    monkeypatch.setattr("seqviz.analysis.itemised.ROWS_AT_ONCE", 7)
    for site, found in batched_itemised(subject).items():
        assert torch.allclose(found, whole[site], rtol=1e-12, atol=0)


def test_a_map_of_several_sequences_is_the_mean_of_their_norms():
    model = build("gru", **SMALL)
    batch = text_batch(3)
    together = itemised_maps(Subject(model, batch))["layers.0.hidden_state"]
    alone = [
        itemised_maps(Subject(model, batch.convert(lambda values, row=row: values[row : row + 1])))
        for row in range(3)
    ]  # fmt: skip
    mean = torch.stack([maps["layers.0.hidden_state"] for maps in alone]).mean(0)
    assert torch.allclose(together, mean, rtol=1e-9, atol=0, equal_nan=True)


def test_cells_out_of_reach_and_rows_without_target_are_nan_and_no_others():
    values = itemised_maps(Subject(build("lstm", **SMALL), text_batch(1)))["layers.1.cell_state"]
    expected = torch.ones(8, 8).tril().bool()
    expected[-1] = False
    assert torch.equal(~values.isnan(), expected)


@pytest.mark.parametrize("name", ["transformer", "elmo"])
def test_a_probe_of_which_nothing_is_asked_has_empty_maps(name):
    """A typed sentence without a single tag, say."""
    batch = text_batch(last_has_target=False)
    target = batch.targets["tokens"]
    silent = replace(target, mask=torch.zeros_like(target.mask))
    maps = itemised_maps(Subject(build(name, **SMALL), replace(batch, targets={"tokens": silent})))
    assert maps
    assert all(bool(rows.isnan().all()) for rows in maps.values())


def test_maps_are_computed_once_per_subject():
    subject = Subject(build("rnn", **SMALL), text_batch())
    assert itemised_maps(subject) is itemised_maps(subject)


def test_axes_are_t_and_s_on_a_chain():
    assert map_axes(Subject(build("rnn"), text_batch()), "layers.0.hidden_state") == ("t", "s")


@pytest.mark.parametrize("name", ["transformer", "transformer_encoder"])
def test_rows_without_a_loss_are_zero_and_leave_the_others_as_they_are(name):
    subject = Subject(build(name, **SMALL), text_batch(2))
    target = subject.batch.targets["tokens"]
    mask = torch.zeros_like(target.values, dtype=torch.bool)
    mask[0, 2], mask[1, 5] = True, True
    asked = Subject(subject.model, replace(subject.batch, targets={"tokens": replace(target, mask=mask)}))
    for site, found in batched_itemised(asked).items():
        assert torch.allclose(found, naive_itemised(asked, site), rtol=1e-9, atol=1e-14), site
