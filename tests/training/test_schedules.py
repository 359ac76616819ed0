from __future__ import annotations

import pytest

from seqviz.core.config import OptimizerConfig
from seqviz.training.schedules import Schedule


def test_warmup_rises_linearly_and_cosine_falls_to_its_final_share():
    schedule = Schedule(OptimizerConfig(schedule="cosine", warmup_steps=10, final_share=0.1), 110)
    assert schedule.share(0) == pytest.approx(0.1)
    assert schedule.share(9) == pytest.approx(1.0)
    assert schedule.share(60) == pytest.approx(0.55)
    assert schedule.share(110) == pytest.approx(0.1)
    assert schedule.share(500) == pytest.approx(0.1)


def test_a_constant_rate_is_constant():
    assert {Schedule(OptimizerConfig(), 10).share(step) for step in range(20)} == {1.0}


def test_plateau_halves_the_rate_after_patience_validations_without_progress():
    schedule = Schedule(OptimizerConfig(schedule="plateau", plateau_patience=2, plateau_factor=0.5), 0)
    for loss in (3.0, 2.0, 2.0, 2.1):
        schedule.validated(loss)
    assert schedule.share(5) == 0.5
    schedule.validated(1.0)
    assert schedule.share(5) == 0.5


def test_a_cosine_without_an_end_stays_at_the_peak():
    schedule = Schedule(OptimizerConfig(schedule="cosine", warmup_steps=2), 0)
    assert [schedule.share(step) for step in (0, 1, 2, 1000)] == [0.5, 1.0, 1.0, 1.0]
