"""A run, driven slice by slice. No threads, no Qt: `for _ in trainer.turns(): ...` trains headless.

Every `next()` on `turns()` does one bounded piece of work (an optimiser step, one validation batch, one sampled
token ...), so whoever drives can answer commands in between.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import torch

from seqviz.core.batch import Batch
from seqviz.core.config import RunConfig
from seqviz.core.events import (
    BaselinesCounted,
    CountsGrown,
    Evaluated,
    Event,
    KnobChanged,
    Notice,
    RunDiverged,
    RunFinished,
    RunStarted,
    StepMetrics,
)
from seqviz.core.lab_commands import BreakpointSetting
from seqviz.core.lab_events import BreakpointsMeasured
from seqviz.training.breakpoints import Halted
from seqviz.training.builder import Experiment, complete, live_keys
from seqviz.training.describing import describe_run
from seqviz.training.divergence import Diverged
from seqviz.training.guard import Guard, make_guard
from seqviz.training.halting import Standing, divergence_words, told
from seqviz.training.learner import GradientLearner, Phase, make_learner
from seqviz.training.ports import RunStore
from seqviz.training.reading import Reading
from seqviz.training.sampling import sample_slices
from seqviz.training.summary import summary_of, tested_figures
from seqviz.training.validation import Validation

EARLY_SAMPLES = (1, 10, 100)
EARLY_VALIDATIONS = (1, 3, 10, 30, 60)
SAVE_EVERY = 20.0  # seconds between writes of the last weights


class Trainer:
    """One run from its experiment. `emit` receives every event; `on_phase` hears each phase of a step."""

    def __init__(
        self,
        experiment: Experiment,
        store: RunStore,
        emit: Callable[[Event], None],
        on_phase: Callable[[Phase], None] | None = None,
    ) -> None:
        self.experiment = experiment
        self.config: RunConfig = experiment.config
        self.task, self.model = experiment.task, experiment.model
        self.store, self.on_phase = store, on_phase
        self._emit = emit
        self.total_steps = self._steps_planned()
        self.learner = make_learner(self.model, self.task, self.config, experiment.device, self.total_steps)
        self.feeder = self.task.feeder(self.config.training.carry_state) if self.learns else None
        if self.feeder is not None and self.task.tokens_per_epoch:  # 0: a stored run whose corpus is gone
            self.feeder.check(self.config.training.batch_size)
        self.validation = Validation(self.learner, self.task, self.config.training)
        self.step = 0
        self.tokens = 0
        self.seconds = 0.0
        self.last_batch: Batch | None = None
        self.last_loss = math.nan
        self.valid_loss: float | None = None  # the last known
        self.valid_sampled: Evaluated | None = None  # the last quick estimate: older than the last step, as a rule
        self.valid_in_full = False  # whether that is of the whole split
        self.status = "ready"
        self.retuned = False  # a knob was turned on the way: its config alone does not tell how it came here
        self.told_of_prompt = ""
        self.guard: Guard | None = None  # while breakpoints are armed
        self.fault: Callable[[str], None] = lambda place: None  # tests raise here
        self.due: tuple[str, ...] = ()  # what the last step asks for and has not been given yet
        self._saved_at = -math.inf  # the first step is kept at once: whatever happens later, the run can be read

    @property
    def learns(self) -> bool:
        return self.model.learns_by == "gradient"

    @property
    def goes_on(self) -> bool:
        """Whether it could make another step from where it stands."""
        return self.status in ("ready", "running", "halted") and self._budget_left() is None

    # starting --------------------------------------------------------------------------------------------------

    def begin(self, names: tuple[str, ...] = ()) -> RunStarted:
        """Announce the run, with its baselines; nothing is trained yet. `names`: the arrays it can show."""
        torch.set_num_threads(self.experiment.threads)
        started = describe_run(self.experiment, self.learner, self.store, self.step, names)
        self.emit(started)
        self.emit(BaselinesCounted(self.task.baselines()))
        for text in self.experiment.notices:
            self.emit(Notice("info", text))
        return started

    def emit(self, event: Event) -> None:
        self.store.record(event)
        self._emit(event)

    def _steps_planned(self) -> int:
        """Steps of the whole run, for schedules; epochs are turned into steps."""
        training = self.config.training
        plans = [training.steps] if training.steps else []
        if training.epochs and self.task.tokens_per_epoch:
            plans.append(math.ceil(training.epochs * self.task.steps_per_epoch(training.batch_size)))
        return min(plans) if plans else 0

    # the loop --------------------------------------------------------------------------------------------------

    def turns(self) -> Iterator[None]:
        """Train until a budget is used up, the corpus is read, or the run diverges."""
        torch.set_num_threads(self.experiment.threads)
        self.status = "running"
        try:
            yield from self._steps()
        except Diverged as error:
            self._report_divergence(error)
            return
        yield from self._finish()

    def _steps(self) -> Iterator[None]:
        reading = None if self.learns else Reading(self.task, self.config.training.batch_size)
        yield from self._give_due()  # a copy of a run may begin between its step and what that asked for
        while self._budget_left() is None:
            standing = None if self.guard is None else Standing(self)
            batch = self._next_batch(reading)
            if batch is None:
                return
            self.status = "running"
            try:
                self._learn(batch, reading)
            except (Halted, Diverged) as stop:
                self._stop_before(stop, batch, standing)
                yield
                continue
            self.due = self._asked_by(self.step)
            yield
            yield from self._give_due()
            if time.monotonic() - self._saved_at > SAVE_EVERY:
                self.save()

    def _stop_before(self, stop: Halted | Diverged, batch: Batch, standing: Standing | None) -> None:
        """A breakpoint stops the run before this step, or leaves a batch out that gave no number twice.

        Raises
        ------
        Diverged
            nobody stops at what is no number, so it ends the run.
        """
        guard, learner = self.guard, self.learner
        self.last_batch = batch
        if guard is None or standing is None or not isinstance(learner, GradientLearner):
            raise stop
        if isinstance(stop, Diverged) and guard.leaves_out(stop):
            learner.drop_state()
            guard.forget_step()
            self.emit(Notice("warning", f"step {stop.step}: a batch that gives no number was left out"))
            return
        halt = guard.of_divergence(learner, stop) if isinstance(stop, Diverged) else stop
        if halt is None:
            raise stop
        standing.put_back(self)
        self.status = "halted"
        self.emit(told(halt, guard, self.step + 1, self.task, batch))

    def _asked_by(self, step: int) -> tuple[str, ...]:
        validate = step % self.config.training.valid_every == 0 or step in EARLY_VALIDATIONS
        sample = step % self.config.sampling.every == 0 or step in EARLY_SAMPLES
        return ("validation",) * validate + ("sample",) * sample

    def _give_due(self) -> Iterator[None]:
        while self.due:
            yield from self._validate() if self.due[0] == "validation" else self.sample()
            self.due = self.due[1:]

    @contextmanager
    def _timed(self) -> Iterator[None]:
        """What is done in here is the run's own work: its seconds."""
        began = time.perf_counter()
        yield
        self.seconds += time.perf_counter() - began

    def _next_batch(self, reading: Reading | None) -> Batch | None:
        self.fault("data")
        if reading is not None:
            return reading.next()
        assert self.feeder is not None
        return self.feeder.next(self.config.training.batch_size, self.experiment.randomness.data)

    def _learn(self, batch: Batch, reading: Reading | None) -> None:
        self.fault("step")
        if self.config.training.seconds:
            self.learner.time_share = self.seconds / self.config.training.seconds
        with self._timed(), self.experiment.randomness:
            result = self.learner.learn(batch, self.on_phase)
            if reading is not None and reading.over and self.model.learns_by == "observe" and self.model.end_of_pass():
                reading.start_pass()
        self.step += 1
        self.tokens += batch.tokens
        self.last_batch, self.last_loss = batch, result.loss
        self.emit(
            StepMetrics(
                self.step,
                self.tokens,
                self.seconds,
                result.loss,
                result.grad_norm,
                result.clip_scale,
                result.learning_rate,
                result.layer_norms,
            )
        )

    def _budget_left(self) -> str | None:
        """Why the run is over, or None."""
        training = self.config.training
        if self.total_steps and self.step >= self.total_steps:
            return f"{self.step} steps done"
        if training.seconds and self.seconds >= training.seconds:
            return f"{training.seconds:g} seconds used"
        return None

    def _validate(self) -> Iterator[None]:
        self.fault("validation")
        growth = {} if self.learns else self._growth()
        found = yield from self.validation.sampled()
        if found is not None:
            self._validated(Evaluated(self.step, found.loss, False, found.metrics, self.task.rule))
        if growth:
            self.emit(CountsGrown(self.step, self.tokens, growth))

    def _growth(self) -> dict[str, float]:
        """Figures of a counting model; what it read but put off counting is counted for them, in the run's own time."""
        with self._timed():
            return dict(self.model.growth())

    def _validated(self, event: Evaluated) -> None:
        self.valid_loss, self.valid_sampled = event.loss, event
        self.learner.validated(event.loss)
        self.emit(event)

    def sample(self) -> Iterator[None]:
        """Write one sample, token by token."""
        self.fault("sampler")
        yield from sample_slices(self)

    # the end ---------------------------------------------------------------------------------------------------

    def _finish(self) -> Iterator[None]:
        found = yield from self.validation.full()
        if found is not None:
            self.emit(Evaluated(self.step, found.loss, True, found.metrics, self.validation.full_rule))
            self.valid_loss, self.valid_in_full = found.loss, True
        tested = yield from self.validation.test()
        for text in self.model.notices():
            self.emit(Notice("info", text))
        self.save()
        self.status = "finished"
        reason = self._budget_left() or "the corpus is read"
        self.emit(
            RunFinished(
                self.step, reason, self.summary(found.metrics if found else {}) | tested_figures(tested, self.task.unit)
            )
        )

    def _report_divergence(self, error: Diverged) -> None:
        self.status = "diverged"
        self.save()
        words = f"not a number in {error.tensor}"
        if self.last_batch is not None:
            words = divergence_words(self.task, self.last_batch, error.place)
        self.emit(RunDiverged(error.step, error.tensor, words))

    def save(self) -> None:
        self.fault("checkpoint")
        self._saved_at = time.monotonic()
        self.store.save_weights(self.step, self.model.state_arrays())

    def summary(self, metrics: dict[str, float]) -> dict[str, Any]:
        """What `train --json` prints."""
        return summary_of(self, metrics)

    # breakpoints -----------------------------------------------------------------------------------------------

    def stop_at(
        self, settings: Iterable[BreakpointSetting], tell: Callable[[BreakpointsMeasured], None] = lambda event: None
    ) -> tuple[str, ...]:
        """Halt at these conditions from now on, and at no others; the titles of those that this run cannot serve.

        Raises
        ------
        ValueError
            one line: a setting that cannot be; nothing is changed then.
        """
        if not isinstance(self.learner, GradientLearner):
            return ()
        settings = tuple(settings)
        near = [setting for setting in settings if setting.distance < self.task.context_length]
        far = [f"{setting.name} at distance {setting.distance}" for setting in settings if setting not in near]
        guard, unserved = make_guard(self.learner, near, tell)
        unserved = (*unserved, *far)
        before, self.guard = self.guard, guard
        if before is not None:
            self.learner.onlookers.remove(before)
        if guard is not None:
            if before is not None:
                guard.take_over(before)
            self.learner.onlookers.insert(0, guard)  # it may stop a step: nobody else has heard of that one yet
        return unserved

    # live knobs ------------------------------------------------------------------------------------------------

    def set_knob(self, key: str, value: Any) -> None:
        """Change a live knob between two steps; it is recorded and marked.

        Raises
        ------
        ValueError
            when the value is not allowed; nothing is changed then.
        """
        changed = complete(self.config.replaced({key: value}))
        if key not in live_keys(type(self.model)):
            raise ValueError(f"{key}: cannot change while the run goes on; reset it with the new value")
        if key == "training.batch_size" and self.feeder is not None:
            self.feeder.check(value)
        old = self.config.value(key)
        self.config = self.experiment.config = changed
        self.retuned = self.retuned or self.step > 0
        self.learner.set_knob(key, value)
        self.emit(KnobChanged(self.step, key, old, value))
