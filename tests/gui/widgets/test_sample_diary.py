"""Which samples the diary shows."""

from __future__ import annotations

import numpy as np

from seqviz.core.events import Sample
from seqviz.gui.widgets.sample_diary import diary_entries


def sample(step: int, text: str = "some words") -> Sample:
    return Sample(step, "Once ", tuple(text), np.ones(len(text)), {}, None)


def steps_of(samples: list[Sample]) -> list[int]:
    return [s.step for s in diary_entries(samples)]


def test_the_diary_takes_few_samples_and_always_first_and_latest() -> None:
    steps = [1, 10, 100, *range(250, 12_001, 250)]
    assert steps_of([sample(s) for s in steps]) == [1, 10, 100, 500, 1000, 5000, 10_000, 12_000]


def test_the_newest_of_several_at_one_step_is_taken() -> None:
    first, second = sample(5, "old"), sample(5, "new")
    assert diary_entries([first, second]) == [second]


def test_no_samples_give_no_entries() -> None:
    assert diary_entries([]) == []
