"""What every analysis promises for every architecture; new files of either kind are picked up by themselves."""

from __future__ import annotations

import fnmatch

import pytest
import torch

from seqviz.analysis import Subject, analyses, curvature, matches
from seqviz.analysis.itemised import batched_itemised, itemised_maps, naive_itemised
from tests.models.sample_batches import Case, all_cases

ALL = all_cases()
PLAIN = [case for case in ALL if case.label.endswith("-default")]
LEARNED = [case for case in PLAIN if case.build().learns_by == "gradient"]
EVERYTHING = frozenset({"*"})


@pytest.fixture(autouse=True)
def short_answers(monkeypatch: pytest.MonkeyPatch):
    """What is asked for once may take seconds: here its contract is looked at, its figures in tests of its own."""
    monkeypatch.setattr(curvature, "PRODUCTS", 2)
    monkeypatch.setattr(curvature, "POINTS", 1)
    monkeypatch.setattr(curvature, "NEAREST", 0.5)


def some(cases: list[Case]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("case", cases, ids=[case.label for case in cases])


@some(ALL)
def test_every_array_has_a_promised_name_and_an_axis_for_each_dimension(case: Case):
    model, batch = case.build(), case.batch()
    for _, analysis in analyses.items():
        if not analysis().serves(model):
            assert analysis().names(model) == ()
            continue
        for name, array in analysis().compute(Subject(model, batch), EVERYTHING).items():
            assert matches(name, analysis.provides), name
            assert any(fnmatch.fnmatchcase(name, promised) for promised in analysis().names(model)), name
            assert array.values.ndim == len(array.axes), name
            assert len(set(array.axes)) == len(array.axes), name
            assert not array.values.requires_grad, name


@some(PLAIN)
def test_every_promised_name_is_given(case: Case):
    model, batch = case.build(), case.batch()
    for _, analysis in analyses.items():
        asked = analysis().serves(model) and analysis().asked(batch)
        given = analysis().compute(Subject(model, batch), EVERYTHING) if asked else {}
        names = analysis().names(model) if asked else ()
        missing = [name for name in names if not any(matches(name, {found}) for found in given)]
        assert set(missing) <= OF_TEXT, missing


# Targets of a sample batch are labels: neither the tokens read next nor hidden ones.
OF_TEXT = {"surprisal", "next_token.probabilities", "own_place.probabilities"}


@some(PLAIN)
def test_nothing_wanted_gives_nothing(case: Case):
    model = case.build()
    for _, analysis in analyses.items():
        if analysis().serves(model):
            assert analysis().compute(Subject(model, case.batch()), frozenset()) == {}


@some(PLAIN)
def test_looking_changes_neither_weights_nor_gradients_nor_random_numbers(case: Case):
    model, batch = case.build(), case.batch()
    before = {name: value.clone() for name, value in model.state_arrays().items()}
    state = torch.get_rng_state()
    for _, analysis in analyses.items():
        if analysis().serves(model):
            analysis().compute(Subject(model, batch), EVERYTHING)
    assert torch.equal(torch.get_rng_state(), state)
    assert all(torch.equal(value, before[name]) for name, value in model.state_arrays().items())
    if isinstance(model, torch.nn.Module):
        assert all(parameter.grad is None for parameter in model.parameters())


@some(LEARNED)
def test_the_itemised_map_equals_one_autograd_call_per_cell(case: Case):
    subject = Subject(case.build(), case.batch())
    for site, found in batched_itemised(subject).items():
        assert torch.allclose(found, naive_itemised(subject, site), rtol=1e-9, atol=1e-14), site


@some(LEARNED)
def test_nothing_the_reach_hides_holds_a_gradient(case: Case):
    subject = Subject(case.build(), case.batch())
    raw = batched_itemised(subject)
    for site, shown in itemised_maps(subject).items():
        assert torch.count_nonzero(raw[site].sum(dim=0)[~subject.model.reach(subject.batch, site)]) == 0, site
        assert torch.isfinite(shown).any(), site


def test_every_kind_of_structure_has_a_map():
    assert {case.interface.structure for case in LEARNED} == {"chain", "pair", "tree", "bag"}
