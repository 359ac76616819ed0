"""No gradient from the future, read off the itemised map itself, before `reach` hides anything."""

from __future__ import annotations

import pytest
import torch

from seqviz.analysis import Subject
from seqviz.analysis.itemised import batched_itemised, itemised_maps
from tests.models.sample_batches import Case, all_cases


def causal(case: Case) -> bool:
    model = case.build()
    return model.learns_by == "gradient" and model.offers.causal and case.interface.structure == "chain"


CAUSAL = [case for case in all_cases() if causal(case)]


@pytest.mark.parametrize("case", CAUSAL, ids=[case.label for case in CAUSAL])
def test_no_loss_feels_a_later_position(case):
    maps = batched_itemised(Subject(case.build(), case.batch()))
    assert maps
    for site, found in maps.items():
        ahead = found.triu(1)  # (batch, t, s), s > t
        assert torch.count_nonzero(ahead) == 0, site
        assert (found.sum(dim=0).diagonal() > 0).all(), site


@pytest.mark.parametrize("case", CAUSAL, ids=[case.label for case in CAUSAL])
def test_the_shown_map_is_empty_ahead_of_each_loss_and_full_as_far_back_as_the_model_sees(case):
    subject = Subject(case.build(), case.batch())
    for site, values in itemised_maps(subject).items():
        seen = torch.ones_like(values).tril().bool()
        field = subject.model.receptive_field()
        if field is not None:
            seen = seen.triu(1 - field)
        reach = subject.model.reach(subject.batch, site)
        assert torch.equal(~values.isnan(), reach), site
        if field is None or site == "embedding":
            assert torch.equal(reach, seen), site
        assert not (reach & ~seen).any(), site  # states inside a net are seen from less far


def test_every_causal_architecture_is_looked_at():
    assert {case.name for case in CAUSAL} >= {"rnn", "lstm", "gru", "transformer"}
