"""The doctor among the healthy and the ill: every fault is found by its rule, and no healthy run is called ill."""

from __future__ import annotations

import pytest

from seqviz.training.diagnosis import rules
from tests.training.diagnosis.patients import FAULTS, HEALTHY, faulty, healthy

SURE = 0.5


@pytest.mark.parametrize("name", FAULTS)
def test_the_fault_is_found_first_by_its_rule_with_evidence(name):
    rule = FAULTS[name][0]
    told = faulty(name).told
    assert told.findings, told
    found = told.findings[0]
    assert found.rule == rule
    assert found.confidence >= SURE
    assert found.evidence
    assert all(words and figure for words, figure in found.evidence)
    assert found.panel


def test_every_rule_has_a_run_with_its_fault():
    assert {rule for rule, _ in FAULTS.values()} == set(rules.names())


@pytest.mark.parametrize("name", HEALTHY)
def test_a_healthy_run_is_told_that_nothing_is_wrong(name):
    assert [found for found in healthy(name).told.findings if found.confidence >= SURE] == []


def test_false_alarms_are_counted_over_all_healthy_runs():
    alarms = [
        (name, found.rule, round(found.confidence, 2))
        for name in HEALTHY
        for found in healthy(name).told.findings
        if found.confidence >= SURE
    ]
    judged = sum(len(healthy(name).told.passed) for name in HEALTHY)
    said = f"{len(alarms)} false alarms in {judged} verdicts on {len(HEALTHY)} healthy runs: {alarms}"
    print(said)
    assert judged > 5 * len(HEALTHY), said
    assert not alarms, said


@pytest.mark.parametrize("name", HEALTHY)
def test_what_could_not_be_judged_says_why_and_every_rule_was_asked(name):
    told = healthy(name).told
    assert all(reason for _, reason in told.silent)
    titles = {rule.title for _, rule in rules.items()}
    assert {*told.passed, *(title for title, _ in told.silent), *(f.title for f in told.findings)} == titles
