"""Cases made up by hand, for the borders of the rules."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from seqviz.core.units import bits_per
from seqviz.training.diagnosis.case import Case, Record

LINES = {"uniform": 3.0, "unigram": 2.5, "5-gram": 1.0}


def made(**changes: Any) -> Case:
    """A run of 300 steps in health; `record` is a dict of its series."""
    steps = np.arange(1.0, 301.0)
    series: dict[str, Any] = {
        "steps": steps,
        "losses": 0.9 + 2.0 * np.exp(-steps / 60) + 0.01 * np.sin(37 * steps),
        "grad_norms": np.full(300, 0.5),
        "clip_scales": np.ones(300),
        "rates": np.full(300, 1e-3),
        "valid_steps": np.arange(50.0, 301.0, 50.0),
        "valid_losses": 0.95 + 2.0 * np.exp(-np.arange(50.0, 301.0, 50.0) / 60),
        "ratio_steps": steps[::5],
        "ratios": np.full(60, 1e-3),
    }
    record = Record(**(series | changes.pop("record", {})))
    config = {"model": {}, "optimizer": {"learning_rate": 1e-3}, "training": {"clip_norm": 1.0}}
    basic: dict[str, Any] = {
        "step": 300, "title": "LSTM", "config": config, "unit": bits_per("character"), "vocabulary": 20,
        "record": record, "baselines": LINES, "tokens_per_epoch": 10_000, "tokens": 5_000,
    }  # fmt: skip
    return Case(**(basic | changes))


def silent(rule: Any, case: Case, words: str) -> None:
    """The rule says that it lacks figures, in these words."""
    from seqviz.training.diagnosis import CannotJudge

    with pytest.raises(CannotJudge, match=words):
        rule.judge(case)
