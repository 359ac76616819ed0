"""The doctor: keeps the run's record, measures what the rules want while somebody looks, and asks all rules."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import replace

from seqviz.analysis import matches
from seqviz.core.batch import Batch
from seqviz.core.commands import Watch
from seqviz.core.events import Evaluated, Event, Notice, RunDiverged, RunFailed, RunFinished, RunPaused, RunResumed
from seqviz.core.lab_events import Diagnosed, Finding, RemedySwitch, Suggestion
from seqviz.training.diagnosis import AT_THRESHOLD, FINDINGS, CannotJudge, Rule, rules
from seqviz.training.diagnosis.case import Case
from seqviz.training.diagnosis.chart import Chart, UpdateRatios
from seqviz.training.diagnosis.measuring import Figures, chosen_windows, measure
from seqviz.training.learner import GradientLearner
from seqviz.training.remedies import switches
from seqviz.training.trainer import Trainer
from seqviz.training.watch_budget import WatchBudget

PIECE = "diagnosis"


class Doctor:
    """All methods run in the training thread. Judges after each sampled validation, and whenever the run stands still.

    What is measured while the run goes on is of the steps at which its pieces were, all after `Diagnosed.step`.
    """

    def __init__(self, emit: Callable[[Event], None]) -> None:
        self.emit = emit
        self.chart = Chart()
        self.budget = WatchBudget()
        self.trainer: Trainer | None = None
        self._onlooker = UpdateRatios(self.chart, self.budget)
        self._watched = False
        self._standing = True
        self._due = False
        self._judged = -1  # step of the last verdict
        self._windows: list[Batch] | None = None
        self._visit: Iterator[None] | None = None

    # what it is told -------------------------------------------------------------------------------------------

    def hear(self, event: Event) -> None:
        """Every event of the run, also those of before it was opened."""
        self.chart.hear(event)
        match event:
            case Evaluated(full=False):
                self._due = True
            case RunResumed():
                self._standing = False
            case RunPaused() | RunFinished() | RunDiverged() | RunFailed():
                self._standing, self._due = True, True
            case _:
                pass

    def take(self, trainer: Trainer) -> None:
        """Another run stands here, paused."""
        self.leave()
        self.trainer = trainer if isinstance(trainer.learner, GradientLearner) else None
        self._windows, self._visit, self._judged = None, None, -1
        self._standing, self._due = True, True
        self._look_on()

    def pay_from(self, budget: WatchBudget) -> None:
        """Share the time with whatever else looks at this run."""
        self.budget = self._onlooker.budget = budget

    def leave(self) -> None:
        """No run stands here any more."""
        self._look_away()
        self.trainer, self._visit = None, None

    def set_watch(self, watch: Watch) -> None:
        """Updates are measured, and rules asked, only while somebody looks."""
        watched = matches(FINDINGS, watch.wants)
        self.budget.share = watch.budget
        if watched and not self._watched:
            self._due, self._judged = True, -1
        self._watched = watched
        self._look_away()
        self._look_on()

    def _look_away(self) -> None:
        if self.trainer is not None and isinstance(self.trainer.learner, GradientLearner):
            onlookers = self.trainer.learner.onlookers
            onlookers[:] = [who for who in onlookers if who is not self._onlooker]

    def _look_on(self) -> None:
        if self._watched and self.trainer is not None and isinstance(self.trainer.learner, GradientLearner):
            self.trainer.learner.onlookers.append(self._onlooker)

    # its work --------------------------------------------------------------------------------------------------

    @property
    def busy(self) -> bool:
        """Whether there is a piece of work; while the run goes on, whether it may be done now."""
        if not self._watched or self.trainer is None:
            return False
        wanted = self._visit is not None or (self._due and self._judged != self.trainer.step)
        return wanted and (self._standing or self.budget.due(PIECE))

    def work(self) -> None:
        """One bounded piece."""
        if not self.busy:
            return
        began = time.perf_counter()
        if self._visit is None:
            self._due, self._visit = False, self._examine()
        try:
            if next(self._visit, self) is self:
                self._visit = None
        except Exception as error:  # looking must never end a run
            assert self.trainer is not None
            self._visit, self._judged = None, self.trainer.step
            self.emit(Notice("error", f"the diagnosis could not be made: {error}", traceback.format_exc()))
        self.budget.spent(PIECE, time.perf_counter() - began, shown=self._visit is None)

    def _examine(self) -> Iterator[None]:
        trainer = self.trainer
        assert trainer is not None
        step = trainer.step
        if self._windows is None:
            self._windows = chosen_windows(trainer)
            yield
        asked = [rule() for _, rule in rules.items()]
        wants = frozenset(want for rule in asked for want in rule.wants)
        figures = yield from measure(trainer, self._windows, wants)
        self._judged = step
        told = diagnosed(self.case(step, figures), asked)
        self.emit(replace(told, findings=tuple(offered(found, switches(trainer.config)) for found in told.findings)))

    def case(self, step: int, figures: Figures) -> Case:
        """What the rules may look at."""
        trainer = self.trainer
        assert trainer is not None
        task = trainer.task
        return Case(
            step,
            type(trainer.model).title,
            trainer.config.model_dump(),
            task.unit,
            len(task.labels),
            self.chart.record(),
            dict(self.chart.baselines),
            figures.arrays,
            figures.missing,
            task.content.distance,
            type(task).needs.causal,
            task.tokens_per_epoch,
            self.chart.tokens,
        )


def diagnosed(case: Case, asked: list[Rule]) -> Diagnosed:
    """All rules asked about one case; the surest finding comes first, and a cause before what it brought about."""
    found_by: list[tuple[Finding, Rule]] = []
    passed: list[str] = []
    silent: list[tuple[str, str]] = []
    for rule in sorted(asked, key=lambda rule: rule.order):
        try:
            found = rule.judge(case)
        except CannotJudge as reason:
            silent.append((rule.title, str(reason)))
            continue
        if found is None:
            passed.append(rule.title)
        else:
            found_by.append((found, rule))
    sure = {finding.rule for finding, _ in found_by if finding.confidence >= AT_THRESHOLD}
    # stable: among equals the rules' own order
    found_by.sort(key=lambda both: (not sure.isdisjoint(both[1].explained_by), -both[0].confidence))
    findings = [finding for finding, _ in found_by]
    return Diagnosed(case.step, tuple(findings), tuple(passed), tuple(silent))


def offered(finding: Finding, there: tuple[RemedySwitch, ...]) -> Finding:
    """The finding with those suggestions that this run can be given, and does not have already."""
    known = {switch.name: switch for switch in there}

    def fits(suggestion: Suggestion) -> bool:
        switch = known.get(suggestion.remedy)
        if switch is None or suggestion.value == switch.value:
            return False
        if switch.kind == "choice":
            return suggestion.value in switch.options
        return switch.kind == "toggle" or switch.low <= suggestion.value <= switch.high

    return replace(finding, suggestions=tuple(filter(fits, finding.suggestions)))
