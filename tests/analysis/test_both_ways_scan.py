"""The scan by hand against the definition, cell by cell."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from seqviz.analysis import Subject
from seqviz.analysis.both_ways_scan import both_ways_itemised
from seqviz.analysis.itemised import itemised_maps, naive_itemised
from seqviz.core.batch import Batch, Field
from seqviz.core.interface import Interface, Space
from seqviz.models.base import architectures


def subject_of(name: str, head: str = "gaussian", padded: bool = False, **knobs: Any) -> Subject:
    torch.manual_seed(0)
    cls: Any = architectures.get(name)
    interface = Interface(Space("vectors", 3), Space("vectors", 3), head, 6)
    model = cls(cls.Config(**{"d_embedding": 5, "d_hidden": 4, "n_layers": 2, **knobs}), interface).double().eval()
    mask = torch.arange(6) < torch.tensor([6, 4])[:, None] if padded else None
    values = torch.randn(2, 6, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    asked = torch.zeros(2, 6, dtype=torch.bool)
    asked[:, [1, 3]] = True
    targets = values[:, -1:] if head == "last_gaussian" else values
    target_mask = None if head == "last_gaussian" else asked
    axes = ("batch", "t", "dim")
    return Subject(model, Batch({"vectors": Field(values, axes, mask)}, {"vectors": Field(targets, axes, target_mask)}))


@pytest.mark.parametrize("name", ["birnn", "bilstm", "bigru"])
@pytest.mark.parametrize("padded", [False, True])
def test_every_site_equals_the_definition(name: str, padded: bool) -> None:
    subject = subject_of(name, padded=padded)
    maps = both_ways_itemised(subject)
    assert set(maps) == set(subject.graph.sites)
    for site, found in maps.items():
        torch.testing.assert_close(found, naive_itemised(subject, site), rtol=1e-9, atol=1e-12, msg=site)


def test_a_head_that_reads_one_position_only_is_walked_from_there() -> None:
    subject = subject_of("bigru", head="last_gaussian")
    for site, found in both_ways_itemised(subject).items():
        torch.testing.assert_close(found, naive_itemised(subject, site), rtol=1e-9, atol=1e-12, msg=site)


def test_the_maps_shown_come_from_the_scan_and_leave_out_what_cannot_be() -> None:
    maps = itemised_maps(subject_of("bilstm"))
    forward, backward = (maps[f"layers.1.{way}.cell_state"] for way in ("forward", "backward"))
    assert bool(forward[3, 4:].isnan().all())
    assert bool(backward[3, :3].isnan().all())
    assert bool(forward[[0, 2, 4, 5]].isnan().all())
    assert not bool(forward[3, :4].isnan().any())
