from __future__ import annotations

import numpy as np
import pytest

from seqviz.training.diagnosis.clipping import Clipping
from tests.training.diagnosis.cases import made, silent
from tests.training.diagnosis.patients import faulty

THOUSANDTH = {"clip_scales": np.full(300, 0.001)}


def test_the_share_kept_and_the_usual_norm_are_told_and_a_limit_that_clips_one_step_in_ten():
    norms = np.linspace(10, 20, 300)
    found = Clipping().judge(made(record=THOUSANDTH | {"grad_norms": norms}))
    assert found is not None
    assert [figure for _, figure in found.evidence] == ["100 %", "0.10 %", "18"]
    assert found.suggestions[0].value == pytest.approx(np.percentile(norms[-100:], 90), rel=0.05)


def test_clipping_now_and_then_or_a_little_is_what_it_is_for():
    often = np.ones(300)
    often[::2] = 0.001
    assert Clipping().judge(made(record={"clip_scales": often})) is None
    assert Clipping().judge(made(record={"clip_scales": np.full(300, 0.3)})) is None


def test_without_a_limit_there_is_nothing_to_find_and_few_steps_are_no_verdict():
    off = {"model": {}, "optimizer": {}, "training": {"clip_norm": 0.0}}
    assert Clipping().judge(made(record=THOUSANDTH, config=off)) is None
    silent(Clipping(), made(record={"clip_scales": np.full(30, 0.01)}), "50 steps")


def test_the_evidence_of_a_real_run_is_its_own_record():
    patient = faulty("clipping at a thousandth")
    found = patient.finding("clipping")
    assert found is not None
    usual = float(np.median(patient.case.record.grad_norms[-100:]))
    assert float(found.evidence[2][1]) == pytest.approx(usual, rel=0.05)


def test_an_optimiser_that_divides_by_the_usual_size_is_said_to_suffer_less():
    def told(name: str) -> str:
        config = {"optimizer": {"name": name}, "training": {"clip_norm": 1e-3}}
        found = Clipping().judge(made(config=config, record={"clip_scales": np.full(300, 2e-3)}))
        assert found is not None
        return found.sentence

    assert "costs less than with SGD" in told("adamw")
    assert "SGD" not in told("sgd")
