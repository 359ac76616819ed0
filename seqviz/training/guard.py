"""Watches the steps of one run and stops the one that meets an armed breakpoint.

Cheap conditions are asked at every step. Those that look at a trace see the first rows of the step's own batch, in eval
mode, each sequence by itself, as often as the watch budget allows and at least every 100 steps.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from seqviz.analysis import Subject
from seqviz.core.lab_commands import BreakpointSetting
from seqviz.core.lab_events import BreakpointsMeasured
from seqviz.training.breakpoints import Breakpoint, Halted, Measured, Seam, make_breakpoint
from seqviz.training.divergence import Diverged
from seqviz.training.learner import Going, GradientLearner
from seqviz.training.randomness import Randomness
from seqviz.training.validation import first_rows
from seqviz.training.watch_budget import WatchBudget

LOOK_ROWS = 4  # sequences of the batch that are looked at
AT_LEAST_EVERY = 100  # steps, however little time the budget leaves
TELL_EVERY = 0.3  # seconds
CHECKS = "breakpoints"  # name of what is asked at every step, to the budget


class Guard:
    """An onlooker. A step that was stopped by a condition is let through by that condition the next time."""

    def __init__(self, conditions: Iterable[Breakpoint], tell: Callable[[BreakpointsMeasured], None]) -> None:
        self.conditions = tuple(sorted(conditions, key=lambda one: one.order))
        self.tell = tell
        self.budget = WatchBudget()
        self.looked_at: dict[str, list[int]] = {}  # the last steps at which each dear condition looked
        self._values: dict[str, float] = {}
        self._steps: dict[str, int] = {}
        self._let_through: tuple[int, frozenset[str]] = (0, frozenset())
        self._told = -math.inf
        self._aside = Randomness(0)  # looking draws nothing from the run's numbers
        self._looked = 0.0  # seconds of this step that the budget knows of

    def take_over(self, before: Guard) -> None:
        """Go on where another guard of the same run stood: what it let through, what its conditions remember."""
        self._let_through = before._let_through
        same = {one.setting.name: one for one in before.conditions}
        for one in self.conditions:
            if one.setting.name in same:
                one.remember(same[one.setting.name])

    # an onlooker -----------------------------------------------------------------------------------------------

    def before_clip(self, learner: GradientLearner, step: Going) -> None:
        with self._timed():
            self._ask("before_clip", learner, step)

    def before_update(self, learner: GradientLearner, step: Going) -> None:
        with self._timed():
            self._ask("before_update", learner, step)
            for one in self.conditions:
                one.prepare(learner)

    def after_update(self, learner: GradientLearner, step: Going) -> None:
        with self._timed():
            self._ask("after_update", learner, step)
            for one in self.conditions:
                one.applied(step)
            self._let_through = (0, frozenset())
            self._say()

    @contextmanager
    def _timed(self) -> Iterator[None]:
        """What is asked at every step is paid for, too."""
        began, self._looked = time.perf_counter(), 0.0
        try:
            yield
        finally:
            self.budget.charged(CHECKS, time.perf_counter() - began - self._looked)

    # asking ----------------------------------------------------------------------------------------------------

    def _ask(self, seam: Seam, learner: GradientLearner, step: Going) -> None:
        due = [one for one in self.conditions if one.seam == seam and (not one.looks or self._due(one, step))]
        subject = Subject(learner.model, first_rows(step.batch, LOOK_ROWS)) if any(o.looks for o in due) else None
        for one in due:
            measured = self._look(one, subject, step) if one.looks and subject else one.measure(learner, step)
            name = one.setting.name
            if not math.isnan(measured.value):
                self._values[name], self._steps[name] = measured.value, step.number
            if one.met(measured.value) and not self._passes(name, step.number):
                self._stop(one, measured, learner, step)

    def _due(self, one: Breakpoint, step: Going) -> bool:
        steps = self.looked_at.get(one.setting.name)
        return not steps or step.number - steps[-1] >= AT_LEAST_EVERY or self.budget.due(one.setting.name)

    def _look(self, one: Breakpoint, subject: Subject, step: Going) -> Measured:
        began, name = time.perf_counter(), one.setting.name
        with self._aside:
            measured = one.look(subject)
        seconds = time.perf_counter() - began
        self._looked += seconds
        self.budget.spent(name, seconds)
        self.looked_at[name] = [*self.looked_at.get(name, [])[-2:], step.number]
        return measured

    def _passes(self, name: str, number: int) -> bool:
        step, names = self._let_through
        return number == step and name in names

    def _stop(self, one: Breakpoint, measured: Measured, learner: GradientLearner, step: Going) -> None:
        if one.seam == "after_update":
            one.take_back(learner)
        with self._aside:
            rows = first_rows(step.batch, LOOK_ROWS) if one.looks else step.batch
            whole = Going(step.number, rows, step.loss, step.grad_norm, step.layer_norms, step.scale, step.rate)
            place = one.where(learner, whole, measured)
        self.let_through(one.setting.name, step.number)
        self._say(now=True)
        raise Halted(one.setting.name, Measured(measured.value, place, measured.words))

    def let_through(self, name: str, number: int) -> None:
        """Not stop this step by this condition again."""
        step, names = self._let_through
        self._let_through = (number, (names if step == number else frozenset()) | {name})

    def _say(self, now: bool = False) -> None:
        at = time.perf_counter()
        if self._values and (now or at - self._told > TELL_EVERY):
            self._told = at
            self.tell(BreakpointsMeasured(dict(self._values), dict(self._steps)))

    # a step that gave no number --------------------------------------------------------------------------------

    def of_divergence(self, learner: GradientLearner, error: Diverged) -> Halted | None:
        """The halt that a step without a number asks for; None: nobody asks, or that step has been stopped already."""
        for one in self.conditions:
            measured = one.of_divergence(learner, error)
            if measured is not None and not self._passes(one.setting.name, error.step):
                self.let_through(one.setting.name, error.step)
                return Halted(one.setting.name, measured)
        return None

    def forget_step(self) -> None:
        """The step that was let through will not be made on that batch."""
        self._let_through = (0, frozenset())

    def leaves_out(self, error: Diverged) -> bool:
        """Whether the batch of this step gave no number twice, and is to be left out."""
        return any(self._passes(one.setting.name, error.step) for one in self.conditions if not one.has_limit)


def make_guard(
    learner: GradientLearner, settings: Iterable[BreakpointSetting], tell: Callable[[BreakpointsMeasured], None]
) -> tuple[Guard | None, tuple[str, ...]]:
    """(guard, titles of those that this model cannot serve); None where nothing is left to watch.

    Raises
    ------
    ValueError
        one line: a setting that cannot be.
    """
    conditions = [make_breakpoint(setting) for setting in settings]
    served = [one for one in conditions if one.serves(learner.model)]
    unserved = tuple(one.title for one in conditions if one not in served)
    return (Guard(served, tell) if served else None), unserved
