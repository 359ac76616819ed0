"""The line to beat that needs counting: an n-gram of the same training text, counted beside the run in slices."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

from seqviz.core.events import Baseline
from seqviz.core.interface import reason_against
from seqviz.data.tasks import Task
from seqviz.models.base import Model, architectures
from seqviz.training.learner import CountingLearner
from seqviz.training.validation import spread

CHUNK = 64  # windows read in one slice
JUDGED = 20  # batches of the validation split that the counted model is judged on
LONGEST = 2_000_000  # tokens; counting more would keep the machine busy for long


def counting_model(task: Task) -> Model | None:
    """An untrained counting architecture that can serve the task, with its default knobs; None where none can."""
    for _, cls in architectures.items():
        if cls.family == "counting" and reason_against(cls.offers, type(task).needs) is None:
            return cls(cls.Config(), task.interface)  # type: ignore[call-arg]
    return None


def count_baseline(task: Task, tell: Callable[[Baseline], None]) -> Iterator[None]:
    """Count the training split, judge on the validation split, and tell the line; a slice per `next`."""
    model = counting_model(task)
    if model is None or not 0 < task.tokens_per_epoch <= LONGEST:
        return
    learner = CountingLearner(model, task, "cpu")
    for batch in task.reading_batches(CHUNK):
        learner.learn(batch)
        yield
    total = count = 0.0
    for batch in spread(list(task.evaluation_batches(CHUNK // 2)), JUDGED):
        scored = learner.evaluate(batch)
        total, count = total + scored.total, count + scored.count
        yield
    if count and math.isfinite(total):
        tell(Baseline(name_of(model), "plain counting", total / count))


def name_of(model: Model) -> str:
    """The order and the word gram where the model has an order, else its title."""
    order = getattr(getattr(model, "config", None), "order", None)
    return f"{order}-gram" if order else type(model).title
